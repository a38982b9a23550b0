#!/bin/sh
# Net files: what eval, verify and inspect say of a good one, and of every kind of bad one.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 2
run 0 train recipe.yaml -q --out run
net=run/best.rw

run 0 eval run --json
json out accuracy loss count correct top5 ece per_class confusion
has out '"count": 200'
cp out whole
run 0 eval $net --data data --split test --batch 7 --json
has out '"count": 200'
run 0 eval $net --data data --split train --json
has out '"count": 600'
run 1 eval $net --data nowhere
refused nowhere

run 0 verify run
sed 's/[0-9a-f]\{16\}/C/; s/[0-9.]* bits/B bits/' out >shown
same shown <<'END'
verified: every weight is the one that seed and wiring say
weights          612 in 8 groups
learned          B bits per weight
trained freely   8 numbers
statistics       0 numbers
fixed checksum   C
END
run 0 verify $net --json
json out verified weights trained_freely groups statistics bits_per_weight fixed_checksum
has out '"verified": true, "weights": 612, "trained_freely": 8, "groups": 8, "statistics": 0'

run 0 inspect run
has out '^seed     3$'
has out '^method   permute .*period=3'
has out '^data     data$'
has out '^layer  .*weights$'
has out '^conv2d filters=4 kernel=3.* 6 x 6 x 4 '
has out '^site  .*init$'
has out '^wiring +[0-9]+ bytes for 612 weights; as float32 2448$'
has out '^trained freely  32 bytes for 8 numbers$'
has out '^  name: tiny$'
run 0 inspect $net --json
json out seed method input classes notes layers sites weights wiring_bytes float32_bytes trained_freely

# bad PATTERN: bad.rw is refused by all three.
bad() {
  cksum bad.rw >before
  for command in verify inspect; do
    run 1 $command bad.rw
    refused "$1"
  done
  run 1 eval bad.rw --data data
  refused "$1"
  run 1 verify bad.rw --json
  json out verified error weights trained_freely groups
  has out '"verified": false'
  cksum bad.rw >after
  same after <before
}
: >bad.rw
bad bad.rw
bytes=$(size $net)
for part in 1 7 8 9 100 $((bytes / 2)) $((bytes - 1)); do
  head -c "$part" $net >bad.rw
  bad bad.rw
done
cp $net bad.rw && printf x >>bad.rw
bad bad.rw
echo 'some text that is no net, long enough for a header' >bad.rw
bad bad.rw
printf '\377\377\377\377\377\377\377\177{}' >bad.rw
bad bad.rw
# A safetensors file of another program: valid, but not ours.
printf '\100\000\000\000\000\000\000\000{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}          \000\000\200\077' >bad.rw
bad bad.rw
# A resume file is not a damaged net: it says what it is, or works; it never crashes.
"$REWIRE" verify run/resume.rw >out 2>err
[ $? -le 1 ] || fail "verify of resume.rw"
rm bad.rw
for command in verify inspect eval; do
  run 1 $command missing.rw
  refused missing.rw
  run 1 $command /dev/null
  refused /dev/null
done
mkdir folder
run 1 verify folder
refused 'folder/best.rw'
run 1 verify missing.rw --against recipe --json
has out '^\{"verified": false, "error": "cannot open .missing.rw'

# In ordinary training nothing is wired, so nothing was verified.
run 0 train recipe.yaml -q --method dense --json --out dense
has out '"verified": false\}$'
run 1 verify dense
refused "'dense/best.rw': nothing in it is wired: all [0-9]+ numbers were trained freely"
run 1 verify dense --json
has out '^\{"verified": false, "error": "nothing in it is wired'
run 0 train recipe.yaml -q --method dense --out dense2
has out '^next: rewire eval dense2/best.rw$'

# One bit, anywhere in the weights: verify fails and says where. The header says which bytes are whose.
header=$(od -An -tu4 -N4 $net | tr -d ' ')
at=$((header + 8))
step=$(((bytes - at) / 30 + 1))
while [ "$at" -lt "$bytes" ]; do
  cp $net bad.rw
  flip bad.rw "$at"
  run 1 verify bad.rw
  refused "bad.rw.*(conv2d|dense|input)"
  at=$((at + step))
done
# In a wiring: layer, group and index.
head -c $((header + 8)) $net | tail -c +9 | tr '{' '\n' | grep U8 |
  sed 's/.*"data_offsets":\[\([0-9]*\),.*/\1/' >wirings
lines wirings 2
while read -r start; do
  cp $net bad.rw
  flip bad.rw $((header + 8 + start))
  run 1 verify bad.rw
  refused "(conv2d|dense)[a-z0-9_.]*.*group [0-9]+.*index [0-9]+"
done <wirings
finish
