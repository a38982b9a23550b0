#!/bin/sh
# What there is: every kind, every name, as a table, as names, one by one, and as JSON.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"

run 0 list
same out <<'END'
methods      how training wires the values
layers       what nets are made of
recipes      experiments that run by name
keys         what a recipe says
datasets     data sets known by name
optimizers   what moves the latents
schedules    the learning rate over time
augments     random views of training images
normalisers  how pixels become inputs
inits        where fixed values come from
starts       what fixed values are made before training
backends     what the arithmetic runs on
formats      files of other programs, see convert
trainer      keys of a training
END
empty err
run 0 list --json
json out kind entries

run 0 list --names
cp out kinds
while read -r kind; do
  run 0 list "$kind" --names
  cp out names
  [ -s names ] || fail "$what: nothing"
  sort -u names >unique
  [ "$(wc -l <unique)" -eq "$(wc -l <names)" ] || fail "$what: a name twice"
  run 0 list "$kind"
  sed 's/ .*//' out >first
  same first <names
  run 0 list "$kind" --json
  json out kind entries
  while read -r name; do
    run 0 list "$kind" "$name"
    has out "^$name - ."
    empty err
  done <names
done <kinds
run 0 list methods permute --json
json out name summary params

for name in f1 f2 f1-keep f2-keep conv7 lenet-300-100; do
  run 0 list recipes --names
  has out "^$name\$"
done
run 0 list keys
has out '^net .*\(needed\)$'
has out '^batch .*\(default: 50\)$'
has out '^prune .*\(default: 0\)$'
has out '^about  *what it is, in sentences$'
run 0 list methods permute
has out '^  period='
run 0 list recipes f1
has out '^method: permute period=250$'
finish
