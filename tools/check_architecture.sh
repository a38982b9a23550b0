#!/bin/sh
# check_architecture.sh - keeps docs/ARCHITECTURE.md true: who may include whom, which file may use which
# library, what the library never calls, how long files and functions may get. Prints every breach.
set -eu
cd "$(dirname "$0")/.."
found=$(mktemp)
trap 'rm -f "$found"' EXIT

breach() { echo "$1" >>"$found"; }

# Our own folders: what each may include, itself included.
allowed() {
    case $1 in
    core) echo core ;;
    backend) echo backend core ;;
    optim) echo optim core ;;
    method) echo method backend core ;;
    data) echo data core ;;
    net) echo net method backend core ;;
    store) echo store net method core ;;
    train) echo train store net method optim data backend core ;;
    esac
}

# Lines "FILE:LINE:HEADER" of the quoted or angled includes below the given folders.
includes() {
    grep -rnE --include='*.c' --include='*.h' '^[[:space:]]*#[[:space:]]*include' "$@" 2>/dev/null |
        sed -E 's/^([^:]*:[0-9]+):[^"<]*["<]([^">]*)[">].*/\1:\2/'
}

check_direction() {
    for folder in src/*/; do
        name=$(basename "$folder")
        may=$(allowed "$name")
        [ -n "$may" ] || breach "$folder: a folder that tools/check_architecture.sh does not know"
        includes "$folder" | while IFS=: read -r file line header; do
            [ -d "src/${header%%/*}" ] || continue
            case " $may " in
            *" ${header%%/*} "*) ;;
            *) breach "$file:$line: $name may not include $header (allowed: $may)" ;;
            esac
        done
    done
}

check_programs() { # what is built on the public header uses nothing else of ours
    includes cli examples | while IFS=: read -r file line header; do
        case $header in
        rewire/rewire.h) ;;
        rewire/*) breach "$file:$line: there is one public header, rewire/rewire.h" ;;
        */*) [ ! -e "src/$header" ] || breach "$file:$line: $header is internal" ;;
        esac
    done
}

# only HEADER-PATTERN PATH-PATTERN: includes in src/ that match the first stand only in files that match the second.
only() {
    includes src | while IFS=: read -r file line header; do
        if echo "$header" | grep -qE "$1" && ! echo "$file" | grep -qE "$2"; then
            breach "$file:$line: $header belongs to $2 alone"
        fi
    done
}

check_libraries() {
    only '(^|/)dnnl.*\.h$' '^src/backend/onednn/'
    only '^(imm|x86)intrin\.h$|^cpuid\.h$' '^src/backend/x86/'
    only '^yaml\.h$' '^src/train/recipe[a-z_]*\.c$'
    only '^jansson\.h$' '^src/store/safetensors[a-z_]*\.c$'
    only '^zlib\.h$' '^src/(data|store)/'
    only '^(curl|openssl)/' '^src/data/fetch_[a-z_]+\.c$'
    only '^hdf5\.h$' '^src/store/keras_h5_[a-z]+\.c$'
    only '^zip\.h$' '^src/store/npz(_[a-z]+)?\.[ch]$'
    only '^pthread\.h$' '^src/data/'
}

# C without comments and literals, one line for each line.
code() {
    awk '
        { line = $0; out = "" }
        { while (line != "") {
              if (inside) {
                  end = index(line, "*/")
                  if (!end) { line = ""; break }
                  line = substr(line, end + 2); inside = 0
              } else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)+\047/)) {
                  token = substr(line, RSTART, RLENGTH)
                  out = out substr(line, 1, RSTART - 1) " "
                  line = substr(line, RSTART + RLENGTH)
                  if (token == "/*") inside = 1
                  if (token == "//") line = ""
              } else { out = out line; line = "" }
          }
          print out }' "$1"
}

# never FILE NAMES: calls of these functions.
never() {
    code "$1" | grep -nE "(^|[^A-Za-z0-9_])($2)[[:space:]]*\(" | while IFS=: read -r line text; do
        breach "$1:$line: not allowed in the library: $(echo "$text" | sed -E 's/^[[:space:]]+//')"
    done
}

check_calls() {
    find src -name '*.[ch]' | while read -r file; do
        [ "$file" = src/core/child.c ] || never "$file" '_exit' # the end of a child process
        never "$file" 'exit|_Exit|quick_exit|abort|raise|assert|perror'
        never "$file" 'printf|vprintf|fprintf|vfprintf|dprintf|vdprintf|puts|putchar|putc|fputs|fputc'
        never "$file" 'gets|strcpy|strcat|sprintf|vsprintf|strtok|rand|srand|random|system|popen|getwd|tmpnam|setlocale'
        never "$file" 'signal|sigaction'
        case $file in
        src/core/memory.c) ;;
        *) never "$file" 'malloc|calloc|realloc|free|strdup|strndup|aligned_alloc|posix_memalign|getline|asprintf' ;;
        esac
    done
}

check_lengths() {
    find src cli examples tests bench tools include -name '*.[ch]' -o -name '*.sh' -o -name '*.py' |
        while read -r file; do
            limit=600 lines=$(wc -l <"$file")
            case $file in tests/*) limit=800 ;; esac
            [ "$lines" -le $limit ] || breach "$file: $lines lines, at most $limit"
        done
    find src cli examples -name '*.c' | while read -r file; do
        awk -v file="$file" '
            /^{/ { start = NR }
            /^}/ { if (start && NR - start - 1 > 50)
                       printf "%s:%d: a function of %d lines, at most 50\n", file, start, NR - start - 1
                   start = 0 }' "$file" >>"$found"
    done
}

check_words() { # what is unfinished is not in the tree
    grep -rnE --include='*.[ch]' --include='*.sh' --include='*.py' '(^|[^A-Za-z_])(TO''DO|FIX''ME|X''XX)([^A-Za-z_]|$)' \
        src cli examples tests bench tools include |
        while IFS=: read -r file line text; do
            breach "$file:$line: unfinished: $text"
        done
}

check_direction
check_programs
check_libraries
check_calls
check_lengths
check_words

cat "$found"
[ ! -s "$found" ]
