# lib.sh - shared by the tests of the program. After ". lib.sh PROGRAM" $REWIRE is the program,
# and the test stands in an empty folder that is removed at its end.
# shellcheck shell=sh

REWIRE=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
cd "$DIR" || exit 1
unset REWIRE_DATA COLUMNS
export HOME="$DIR" XDG_CACHE_HOME="$DIR/cache" OMP_NUM_THREADS=1 LC_ALL=C
failures=0

fail() {
  echo "FAIL: $*" >&2
  failures=$((failures + 1))
}

# left_out WHAT: a part that cannot be tested here. The test counts as skipped then, unless it failed.
not_tried=
left_out() {
  not_tried="${not_tried:+$not_tried, }$1"
}

# The last line of a test.
finish() {
  if [ "$failures" -gt 0 ]; then
    echo "$failures failures" >&2
    exit 1
  fi
  [ -z "$not_tried" ] || {
    echo "skipped: $not_tried"
    exit 77
  }
  exit 0
}

# run CODE ARGUMENT...: runs the program; its output is in the files out and err.
run() {
  wanted=$1
  shift
  what="rewire $*"
  "$REWIRE" "$@" >out 2>err </dev/null
  code=$?
  [ $code -eq "$wanted" ] || {
    fail "$what: exit code $code, expected $wanted"
    cat out err >&2
  }
}

# same FILE: exactly the text on standard input.
same() {
  cat >expected
  cmp -s expected "$1" && return
  fail "$what: '$1' differs from what is expected:"
  diff expected "$1" >&2
}

# has FILE PATTERN: some line matches the extended regular expression.
has() {
  grep -Eq -- "$2" "$1" && return
  fail "$what: no '$2' in '$1':"
  cat "$1" >&2
}

empty() {
  [ ! -s "$1" ] && return
  fail "$what: '$1' should be empty:"
  cat "$1" >&2
}

# lines FILE N
lines() {
  [ "$(wc -l <"$1")" -eq "$2" ] && return
  fail "$what: '$1' should have $2 lines:"
  cat "$1" >&2
}

# One sentence on stderr, nothing on stdout.
refused() {
  empty out
  lines err 1
  has err '^rewire: .'
  has err "$1"
}

# json FILE KEY...: one valid object with exactly these keys.
json() {
  file=$1
  shift
  lines "$file" 1
  for key in "$@"; do
    grep -q "\"$key\": " "$file" || fail "$what: no key '$key' in $(cat "$file")"
  done
  if ! command -v python3 >python; then
    [ -n "$not_tried" ] || left_out "the keys of JSON (no python3)"
    return
  fi
  python3 - "$file" "$@" <<'END' || fail "$what: not the expected JSON: $(cat "$file")"
import json, sys
keys = list(json.load(open(sys.argv[1])))
sys.exit(0 if keys == sys.argv[2:] else "keys are " + " ".join(keys))
END
}

# flip FILE OFFSET: changes the lowest bit of a byte.
flip() {
  byte=$(od -An -tu1 -j "$2" -N1 "$1" | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\$(printf %03o $((byte ^ 1)))" >byte
  dd if=byte of="$1" bs=1 seek="$2" conv=notrunc 2>log
}

size() {
  wc -c <"$1" | tr -d ' '
}

# images N SEED FILE, labels N FILE: IDX files of 8x8 grey images; class k of 4 has quadrant k bright.
images() {
  awk -v n="$1" -v seed="$2" 'function byte(v) { printf "%c", v }
    function word(v) { byte(0); byte(0); byte(int(v / 256)); byte(v % 256) }
    BEGIN {
      byte(0); byte(0); byte(8); byte(3); word(n); word(8); word(8)
      for (i = 0; i < n; i++) for (y = 0; y < 8; y++) for (x = 0; x < 8; x++) {
        seed = (seed * 1103 + 12345) % 65536
        bright = int(y / 4) * 2 + int(x / 4) == i % 4
        byte((bright ? 60 : 0) + int(seed / 341))
      }
    }' >"$3"
}

labels() {
  awk -v n="$1" 'BEGIN {
    printf "%c%c%c%c%c%c%c%c", 0, 0, 8, 1, 0, 0, int(n / 256), n % 256
    for (i = 0; i < n; i++) printf "%c", i % 4
  }' >"$2"
}

# tiny_data FOLDER: 600 and 200 images.
tiny_data() {
  mkdir -p "$1"
  images 600 1 "$1/train-images-idx3-ubyte"
  labels 600 "$1/train-labels-idx1-ubyte"
  images 200 2 "$1/t10k-images-idx3-ubyte"
  labels 200 "$1/t10k-labels-idx1-ubyte"
}

# tiny_recipe FILE EPOCHS: a small training on the folder 'data'; one epoch takes milliseconds.
tiny_recipe() {
  cat >"$1" <<END
name: tiny
data: data
validation: 100
normalise: scale
net: [conv2d filters=4 kernel=3, relu, flatten, dense units=4]
method: permute period=3
optimizer: adam lr=1e-2
batch: 10
epochs: $2
seed: 3
END
}

# same_run A B: the nets of two run folders are the same, byte for byte.
same_run() {
  for name in best.rw last.rw; do
    cmp -s "$1/$name" "$2/$name" || fail "$1/$name and $2/$name differ"
  done
}

# only_results RUN: nothing but the files that a finished run has.
only_results() {
  ls -A "$1" >listing
  what="files of $1"
  same listing <<END
best.rw
history.csv
history.jsonl
last.rw
recipe.yaml
result.json
resume.rw
END
}
