#!/bin/sh
# Recipes that are wrong: the sentence names file, line and key, the exit code is 1.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe good.yaml 1

# bad PATTERN: trains bad.yaml
bad() {
  run 1 train bad.yaml -q --out run
  refused "$1"
  [ ! -e run ] || fail "$what: left a folder"
}

run 1 train missing.yaml
refused missing.yaml
run 1 train f11
refused "did you mean 'f1'"
mkdir folder
run 1 train ./folder
refused folder
: >bad.yaml
bad 'bad.yaml'
sed 's/^epochs/epohcs/' good.yaml >bad.yaml
bad "bad.yaml.*line 9.*epohcs.*did you mean 'epochs'"
sed 's/^epochs.*/epochs: many/' good.yaml >bad.yaml
bad "bad.yaml.*line 9.*epochs.*many"
sed 's/kernel=3/kernle=3/' good.yaml >bad.yaml
bad "bad.yaml.*line 5.*net.*kernle.*did you mean 'kernel'"
sed 's/conv2d/conv2b/' good.yaml >bad.yaml
bad "bad.yaml.*line 5.*net.*conv2b.*did you mean 'conv2d'"
sed 's/units=4/units=0/' good.yaml >bad.yaml
bad "bad.yaml.*line 5.*net.*units"
sed 's/units=4/units=3/' good.yaml >bad.yaml
bad "bad.yaml.*net.*4 classes.*3 outputs"
sed 's/kernel=3/kernel=9/' good.yaml >bad.yaml
bad "bad.yaml.*line 5.*net"
sed 's/period=3/period=0/' good.yaml >bad.yaml
bad "bad.yaml.*line 6.*method.*period"
(cat good.yaml && echo 'prune: 2') >bad.yaml
bad "bad.yaml.*line 11.*prune.*from 0 to 0.99"
(cat good.yaml && echo 'quirk: rare') >bad.yaml
bad "bad.yaml.*line 11.*quirk.*none\\|raw"
(cat good.yaml && echo 'start: random_prune keep=0.001') >bad.yaml
bad "bad.yaml.*line 11.*start.*kernel, group .*values are 0"
sed 's/^optimizer: adam/optimizer: lookahead inner=lookahead/' good.yaml >bad.yaml
bad "bad.yaml.*line 7.*optimizer.*inside of another"
sed 's/^optimizer: adam/optimizer: adan/' good.yaml >bad.yaml
bad "bad.yaml.*line 7.*optimizer.*did you mean 'adam'"
sed 's/^validation.*/validation: 600/' good.yaml >bad.yaml
bad "bad.yaml.*line 3.*validation"
sed 's/^batch.*/batch: 501/' good.yaml >bad.yaml
bad "bad.yaml.*batch|batch.*501"
sed '/^net/d' good.yaml >bad.yaml
bad "bad.yaml.*net"
sed 's/^net: .*/net: [[relu]]/' good.yaml >bad.yaml
bad "bad.yaml.*line 5"
(cat good.yaml && echo 'seed: 4') >bad.yaml
bad "bad.yaml.*line 11.*seed.*twice"
printf '\211PNG\r\n\032\n\000\000\000' >bad.yaml
bad 'bad.yaml'

# Cut anywhere, it is either still a recipe or refused with one sentence; never anything else.
bytes=$(size good.yaml)
while [ "$bytes" -gt 0 ]; do
  bytes=$((bytes - 9))
  head -c $((bytes > 0 ? bytes : 0)) good.yaml >bad.yaml
  "$REWIRE" train bad.yaml -q --out run >out 2>err
  code=$?
  what="train, recipe cut to $bytes bytes"
  [ $code -eq 0 ] || { [ $code -eq 1 ] && refused bad.yaml; } || fail "$what: exit code $code"
  rm -rf run
done
finish
