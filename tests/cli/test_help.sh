#!/bin/sh
# Help and version: exact text where it is short, and the same rules for every command.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"

run 0 --version
same out <<END
rewire $(sed -n 's/#define RW_VERSION "\(.*\)"/\1/p' "$SOURCE/include/rewire/rewire.h")
END
empty err

run 0 --help
same out <<'END'
rewire - train neural networks whose weight values never change

Every weight keeps the value it was drawn with; training only decides how the values are
wired. A saved network is a seed and a wiring, and 'rewire verify' proves it.

Usage: rewire COMMAND [ARGUMENT]... [OPTION]...

Commands:
  train        train a recipe into a run folder
  resume       continue a run that was stopped or killed
  sweep        train a recipe over a grid of keys and seeds
  eval         measure a saved net on a data set
  verify       check every weight of a saved net against its seed
  inspect      show what a saved net is made of
  list         show what there is: methods, layers, recipes, data sets ...
  convert      nets of Keras, PyTorch and NumPy, in and out
  data fetch   download a known data set
  data info    show what is in a data set
  bench step   measure how fast a recipe trains here
  help         this text, or 'rewire help COMMAND'

Start here:
  rewire train demo              learn digits that the program draws itself
  rewire verify runs/demo-seed1  check every weight against the seed
  rewire list recipes            what else there is to train
  rewire data fetch mnist        get a real data set

Data sets are looked up in the folders of $REWIRE_DATA and then in the user's cache.
Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 failed,
2 wrong usage.
END
cp out help

for args in "help" "-h"; do
  run 0 $args
  same out <help
done

# Nothing typed: the same text, but as wrong usage.
run 2
same err <help
empty out

run 0 help resume
same out <<'END'
Usage: rewire resume RUN [OPTION]...

Continues a run from its latest checkpoint, with as many threads as before unless
--threads says otherwise. Then the files it ends with are, byte for byte, those of
a run that was never stopped. In its recipe.yaml more epochs may be asked for, also
of a run that had ended.

Options:
  -j, --threads N             threads; 0: OMP_NUM_THREADS, or one per core (default 0)
      --checkpoint-seconds N  seconds between checkpoints (default 60)
  -q, --quiet                 no progress
      --json                  results as one JSON object
  -h, --help                  this text

Examples:
  rewire resume runs/conv7-seed1
END

commands="train resume sweep eval verify inspect list convert data_fetch data_info bench_step"
for command in $commands; do
  words=$(echo "$command" | tr _ ' ')
  run 0 help $words
  cp out help
  has out "^Usage: rewire $words "
  has out '^  rewire '
  awk 'length > 92' out >wide
  empty wide
  run 0 $words --help
  same out <help
  run 0 $words -h
  same out <help
done

run 0 help data
has out '^Usage: rewire data fetch '
has out '^Usage: rewire data info '
cp out help
run 0 data --help
same out <help

# The man page and the completion know every command and every option, and no others.
for command in $commands; do
  words=$(echo "$command" | tr _ ' ')
  run 0 help $words
  sed -n 's/^  ....\(--[a-z-]*\).*/\1/p' out | sort >options
  sed -n "/^\\.SS \"rewire $words /,/^\\.S[HS] \"\\{0,1\\}[rE]/p" "$SOURCE/docs/rewire.1" |
    sed 's/\\-/-/g' >manual
  what="docs/rewire.1, $words"
  [ -s manual ] || fail "$what: not described"
  while read -r option; do
    [ "$option" = --help ] || has manual "(^|[^-a-z])$option([^-a-z]|\$)"
  done <options
  grep -oE '(^|[^-a-z])--[a-z]+(-[a-z]+)*' manual | sed 's/^[^-]*//' | sort -u >named
  what="docs/rewire.1, $words, options that there are"
  grep -vxFf options named | grep -vxE -- '--help' >strange
  empty strange
  if command -v bash >found; then
    bash -c '. "$1"; _rewire_options "$2"' - "$SOURCE/cli/completion.bash" "$words" |
      tr ' ' '\n' | sort >completed
    what="cli/completion.bash, $words"
    same completed <options
  fi
done
command -v bash >found || left_out "the completion (no bash)"

if command -v groff >found; then
  what="groff docs/rewire.1"
  groff -man -ww -Tutf8 -z "$SOURCE/docs/rewire.1" 2>warnings
  empty warnings
else
  left_out "the layout of the manual page (no groff)"
fi

finish
