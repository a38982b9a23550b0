#!/bin/sh
# Wrong usage: exit code 2, nothing on stdout, one sentence that names the slip and the nearest right
# name, and where to find help.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"

# wrong COMMAND SENTENCE ARGUMENT...
wrong() {
  help=$1
  sentence=$2
  shift 2
  run 2 "$@"
  empty out
  same err <<END
rewire: $sentence
see 'rewire $help--help'
END
}

wrong '' "there is no command 'trian'; did you mean 'train'?" trian
wrong '' "there is no command 'frobnicate'; known: train, resume, sweep, eval, verify, inspect, list, convert, data, bench, help" \
  frobnicate
wrong '' "there is no command ''; known: train, resume, sweep, eval, verify, inspect, list, convert, data, bench, help" ''
wrong '' "there is no command '--verion'; known: train, resume, sweep, eval, verify, inspect, list, convert, data, bench, help" \
  --verion
wrong '' "there is no command 'evl'; did you mean 'eval'?" help evl
wrong '' "'help' has no use for 'now'" help eval now
wrong '' "'data' needs a second word; known: fetch, info" data
wrong '' "there is no command 'data fech'; did you mean 'fetch'?" data fech

for command in train resume sweep eval verify inspect 'data fetch' 'data info' 'bench step'; do
  run 0 help $command
  word=$(sed -n "s/^Usage: rewire $command \\([^ ]*\\) .*/\\1/p" out)
  wrong "$command " "'$command' needs $word" $command
  wrong "$command " "'$command' has no use for 'two'" $command one two
  wrong "$command " "'$command' has no option '--hepl'; did you mean '--help'?" $command x --hepl
done
wrong 'list ' "'list' has no use for 'c'" list a b c

wrong 'train ' "'train' has no option '--epoch'; did you mean '--epochs'?" train f1 --epoch 3
wrong 'train ' "'train' has no option '--epoch'; did you mean '--epochs'?" train f1 --epoch=3
wrong 'train ' "'train' has no option '--bacth'; did you mean '--batch'?" train --bacth=3 f1
wrong 'verify ' "'verify' has no option '--x'; known: --against, --json, --help" verify a --x
wrong 'verify ' "'verify' has no option '-x'; known: --against, --json, --help" verify a -x
wrong 'train ' "--epochs needs a value: N" train f1 --epochs
wrong 'train ' "--out needs a value: RUN" train f1 --out --json
wrong 'train ' "--out needs a value: RUN" train f1 -o
wrong 'train ' "--out needs a value, found an empty one" train f1 --out=
wrong 'train ' "--json takes no value, found '1'" train f1 --json=1
wrong 'train ' "--json takes no value, found ''" train f1 --json=
wrong 'train ' "--quiet takes no value, found 'x'" train f1 -qx
wrong 'train ' "--epochs is 'x', expected a whole number from 1 to 100000" train f1 --epochs x
wrong 'train ' "--epochs is '0', expected a whole number from 1 to 100000" train f1 --epochs 0
wrong 'train ' "--epochs is '3.5', expected a whole number from 1 to 100000" train f1 --epochs 3.5
wrong 'train ' "--epochs is '1 ', expected a whole number from 1 to 100000" train f1 --epochs '1 '
wrong 'train ' "--epochs is ' 1', expected a whole number from 1 to 100000" train f1 --epochs ' 1'
wrong 'train ' "--epochs is '', expected a whole number from 1 to 100000" train f1 --epochs ''
wrong 'train ' "--batch is '-1', expected a whole number from 1 to 65536" train f1 --batch -1
wrong 'train ' "--seed is '99999999999999999999', expected a whole number from 0 to 9007199254740992" \
  train f1 --seed 99999999999999999999
wrong 'train ' "--seed is '-1', expected a whole number from 0 to 9007199254740992" train f1 --seed=-1
wrong 'train ' "--threads is '2000', expected a whole number from 0 to 1024" train f1 -j2000
wrong 'train ' "--checkpoint-seconds is 'nan', expected a number from 0.001 to 86400" \
  train f1 --checkpoint-seconds nan
wrong 'train ' "--checkpoint-seconds is '0', expected a number from 0.001 to 86400" \
  train f1 --checkpoint-seconds 0
wrong 'eval ' "--split is 'validation', expected test|train" eval x --split validation
wrong 'data info ' "--split is 'tes', expected train|test" data info x --split tes
wrong 'data info ' "--show is '-3', expected a whole number from 0 to 1000" data info x --show -3
wrong 'list ' "there is no 'method' among the kinds; did you mean 'methods'?" list method
wrong 'list ' "there is no 'permut' among the methods; did you mean 'permute'?" list methods permut

# The recipe is opened first, its keys are the library's business.
wrong 'train ' "--set is 'x', expected KEY=VALUE" train f1 --set x
wrong 'train ' "--set is '=x', expected KEY=VALUE" train f1 --set =x
for args in "--set epohcs=3" "--set epochs=x" "--set net.period=x"; do
  run 2 train f1 $args
  empty out
  has err '^rewire: .'
done
run 2 train f1 --set epohcs=3
has err "epohcs.*did you mean 'epochs'"

# Control characters in an argument do not reach the terminal.
run 2 "$(printf 'tr\033[31m\nain')"
has err "there is no command 'tr\\?\\[31m\\?ain'"
[ ! -e runs ] || fail "wrong usage left a folder"
finish
