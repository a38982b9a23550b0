#!/bin/sh
# A small training: what it says, what it leaves, and that nothing is ever overwritten.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 4

run 0 train recipe.yaml
has err '^rewire: training tiny into runs/tiny-seed3$'
for epoch in 1 2 3 4; do
  has err "^epoch $epoch/4  loss [0-9.]+  accuracy [0-9.]+%  validation [0-9.]+%  [0-9]+ images/s  [0-9:]+\$"
done
lines err 5
sed 's/[0-9][0-9.]*%/P/; s/ [0-9]*:[0-9]*$/ T/; s/epoch       [0-9]/epoch       E/' out >summary
same summary <<'END'
selected epoch       E of 4, by validation accuracy
validation accuracy  P
test accuracy        P at the selected epoch
training time        T
files in runs/tiny-seed3: best.rw last.rw resume.rw recipe.yaml result.json history.csv history.jsonl
next: rewire verify runs/tiny-seed3/best.rw
END
only_results runs/tiny-seed3
lines runs/tiny-seed3/history.csv 5
lines runs/tiny-seed3/history.jsonl 4

# It learns: the quadrants are easy.
run 0 eval runs/tiny-seed3
has out '^accuracy  (9|100)'
run 0 verify runs/tiny-seed3

# The same again goes elsewhere and gives the same bytes, whatever the progress.
run 0 train recipe.yaml --quiet
empty err
has out '^next: rewire verify runs/tiny-seed3-2/best.rw$'
same_run runs/tiny-seed3 runs/tiny-seed3-2
run 0 train recipe.yaml -q --checkpoint-seconds 0.001 --out 'a run'
has out "^next: rewire verify 'a run/best.rw'\$"
same_run runs/tiny-seed3 'a run'
run 0 resume 'a run'
same_run runs/tiny-seed3 'a run'

# A folder that holds a run is not touched.
cksum runs/tiny-seed3/* >before
run 1 train recipe.yaml -o runs/tiny-seed3 --seed 4
empty out
has err "^rewire: 'runs/tiny-seed3'.* resume"
cksum runs/tiny-seed3/* >after
same after <before
echo precious >file
run 1 train recipe.yaml -q -o file
refused "'file'"
[ "$(cat file)" = precious ] || fail "train overwrote a file"
run 1 train recipe.yaml -q -o file/below
refused "file"

# JSON, and every option that changes the recipe.
run 0 train recipe.yaml --json -q --seed 5 --epochs 2 --batch 20 --method 'permute period=7' \
  --set optimizer.lr=5e-3 --set track_test=yes --set track_between=3 --out json --threads 1
empty err
json out run epochs selected_epoch validation_accuracy test_accuracy test_loss best_on_test \
  best_on_test_epoch best_between best_between_epoch seconds verified
has out '"run": "json", "epochs": 2, '
has out '"verified": true'
for line in 'seed: 5' 'epochs: 2' 'batch: 20' 'method: permute period=7' 'optimizer: adam lr=5e-3' \
  'track_test: yes'; do
  has json/recipe.yaml "^$line\$"
done
run 0 train json/recipe.yaml --quiet --out again --threads 1
has out '^best on test         [0-9.]+% at epoch [12], never used to select$'
has out '^best between         [0-9.]+% on test at epoch [12], decided or not: no result$'
same_run json again

# Digits that the program draws; eval finds them again by the note in the file.
sed 's/units=4/units=10/' recipe.yaml >digits.yaml
run 0 train digits.yaml -q --data 'glyphs count=600' --epochs 2 --out digits
run 0 verify digits
run 0 eval digits --json
has out '"count": 600'

# Without validation images the last epoch is kept.
run 0 train recipe.yaml --json -q --set validation=0 --epochs 2 --out last
has out '"selected_epoch": 2, "validation_accuracy": null'
cmp -s last/best.rw last/last.rw || fail "best.rw is not last.rw without validation"

# A training that comes to nothing.
sed 's/kernel=3/kernel=3 l2=1/' recipe.yaml >wild.yaml
run 1 train wild.yaml -q --method 'permute period=1000' --set 'optimizer=sgd lr=1e6' --out diverged
empty out
has err '^rewire: .*(diverged|not a number|no longer a number|finite|nan|inf)'
has err "^rewire: .*the last good checkpoint is kept"
[ ! -e diverged/last.rw ] || run 0 verify diverged/last.rw
run 2 train recipe.yaml -q --data --out x
run 1 train recipe.yaml -q --data nowhere --out x
refused nowhere
run 2 train recipe.yaml -q --method permutate --out x
has err "did you mean 'permute'"
run 2 train recipe.yaml -q --set method.period=x --out x
refused 'method.*period'
run 2 train recipe.yaml -q --set method.peroid=3 --out x
refused "method.*did you mean 'period'"
[ ! -e x ] || fail "a training that cannot begin left a folder"
# No decision falls within the training.
run 0 train recipe.yaml --epochs 1 --method 'permute period=1000' --out free
has err "^rewire: warning: recipe.yaml: no decision falls within all 50 steps .'permute period=1000'.$"

# Test images that do not fit the net are found before the first step, not after the last one.
mkdir odd
cp data/* odd
labels 400 odd/t10k-labels-idx1-ubyte
printf '\001\220\000\000\000\004' | dd of=odd/t10k-images-idx3-ubyte bs=1 seek=6 conv=notrunc 2>log
run 2 train recipe.yaml --data odd --out odd-run
has err "key 'data': test split: images are 4x8x1, but the net expects 8x8x1"
[ ! -e odd-run ] || fail "a run that cannot end left a folder"
finish
