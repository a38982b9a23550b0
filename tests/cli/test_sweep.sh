#!/bin/sh
# Sweeps: a grid, what comes of it, going on after a kill, adding to it, and what is wrong with one
# before it begins.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 2

# A grid of two keys and two seeds.
run 0 sweep recipe.yaml --over method.period=3,50 --over 'optimizer=adam lr=1e-2;sgd lr=0.1' \
  --seeds 2 --out grid
has err '^rewire: checking the grid$'
has err '^rewire: cell 1/8  method.period=3 optimizer=adam lr=1e-2 seed=1$'
has err '^rewire: cell 8/8  method.period=50 optimizer=sgd lr=0.1 seed=2  ETA [0-9]+:[0-9][0-9]$'
[ "$(grep -c '^epoch 2/2 ' err)" -eq 8 ] || fail "eight cells of two epochs each"
has out '^method.period  optimizer     seeds  validation +sd +test +sd  best on test  sd$'
has out '^50             sgd lr=0.1        2 +[0-9.]+% +[0-9.]+% +[0-9.]+% +[0-9.]+% +-  +-$'
has out '^8 of 8 cells done; files in grid: results.csv, and a run for every cell$'
lines out 6
cp out shown
[ "$(head -n 1 grid/results.csv)" = "method.period,optimizer,seed,status,selected_epoch,\
validation_accuracy,test_accuracy,best_on_test,best_on_test_epoch,best_between,best_between_epoch,seconds,verified,folder,error" ] ||
  fail "header of results.csv"
lines grid/results.csv 9
has grid/results.csv '^3,adam lr=1e-2,1,done,[12],[0-9.]+,[0-9.]+,,,,,[0-9.]+,yes,"method.period=3,optimizer=adam_lr=1e-2,seed=1-[0-9a-f]{8}",$'
for folder in grid/*/; do
  only_results "$folder"
  run 0 verify "$folder"
done

# A cell is what train makes of the same keys.
run 0 train recipe.yaml -q --set method.period=50 --set 'optimizer=sgd lr=0.1' --seed 2 --out alone
same_run alone "$(echo grid/method.period=50,optimizer=sgd*seed=2-*)"

# The same again trains nothing and says the same.
cksum grid/*/* grid/results.csv grid/sweep.json >before
run 0 sweep recipe.yaml --over method.period=3,50 --over 'optimizer=adam lr=1e-2;sgd lr=0.1' \
  --seeds 2 --out grid
empty err
same out <shown
cksum grid/*/* grid/results.csv grid/sweep.json >after
same after <before

# A value and a seed more: only these are trained; the rest is still in the table.
run 0 sweep recipe.yaml --over method.period=7 --over "optimizer='adam lr=1e-2'" --seeds 5,9 -o grid
[ "$(grep -c '^rewire: cell' err)" -eq 2 ] || fail "two cells more"
has err '^rewire: cell 10/10 '
lines grid/results.csv 11
has out '^7 '
has out '^10 of 10 cells done'

# Another recipe, other keys, another folder.
refuse() {
  pattern=$1
  wanted=$2
  shift 2
  cksum grid/results.csv grid/sweep.json >before
  run "$wanted" sweep "$@"
  empty out
  has err "$pattern"
  cksum grid/results.csv grid/sweep.json >after
  same after <before
}
grid="--over method.period=3,50 --over optimizer=adam --seeds 2 --out grid"
refuse "another recipe: it has 'epochs: 2' where this one has 'epochs: 3'" 1 recipe.yaml $grid --epochs 3
refuse "sweep over method.period, optimizer; give the same keys" 1 recipe.yaml --over method.period=3 -o grid
refuse "sweep over method.period, optimizer" 1 recipe.yaml --seeds 2 -o grid
refuse "'alone': holds other files and no sweep.json" 1 recipe.yaml --seeds 2 -o alone
refuse "'recipe.yaml'" 1 recipe.yaml --seeds 2 -o recipe.yaml

# Everything that is wrong is found before the first run, and leaves nothing.
refuse "did you mean 'method'" 2 recipe.yaml --over metod.period=3,4 -o none
refuse "did you mean 'period'" 2 recipe.yaml --over method.peroid=3,4 -o none
refuse "period has '0'" 2 recipe.yaml --over method.period=3,0 -o none
refuse "did you mean 'permute'" 2 recipe.yaml --over 'method=permute,permutate' -o none
refuse "validation=9999" 2 recipe.yaml --over validation=100,9999 -o none
refuse "nowhere" 1 recipe.yaml --over data=data,nowhere -o none
refuse "value 2 is empty" 2 recipe.yaml --over epochs=1,,2 -o none
refuse "value '3' twice" 2 recipe.yaml --over method.period=3,4,3 -o none
refuse "key 'epochs' twice" 2 recipe.yaml --over epochs=1 --over epochs=2 -o none
refuse "expected KEY=VALUE" 2 recipe.yaml --over epochs -o none
refuse "quote is not closed" 2 recipe.yaml --over "method='permute,dense" -o none
refuse "by --seeds, not by --over" 2 recipe.yaml --over seed=1,2 -o none
refuse "give --over or --seeds" 2 recipe.yaml -o none
refuse "needs --out" 2 recipe.yaml --seeds 2
for seeds in 0 -1 x 1.5 99999 1,x 1,-1 1,,2 2,2 1,01; do
  refuse "seed" 2 recipe.yaml --seeds "$seeds" -o none
done
refuse "more than 10000 cells" 2 recipe.yaml --seeds 10000 --over epochs=1,2 -o none
refuse "longer than 3500 bytes" 2 recipe.yaml --seeds 1 -o "$(printf %04000d 0)"
refuse "did you mean '--over'" 2 recipe.yaml --ovr epochs=1 -o none
refuse "KEY=VALUE" 2 recipe.yaml --seeds 1 --set epochs -o none
refuse "neither a built-in recipe nor a file" 1 recipe.yml --seeds 1 -o none
[ ! -e none ] || fail "a sweep that cannot begin left a folder"

# Without --seeds the recipe's own; JSON.
run 0 sweep recipe.yaml --over method.period=3,50 --set seed=11 --epochs 1 -q --json -o json
empty err
json out sweep 'done' failed points cells
has out '"sweep": "json", "done": 2, "failed": 0, '
has out '\{"values": \{"method.period": "50"\}, "seeds": 1, "validation_accuracy": \{"mean": [0-9.]+, "sd": null\}'
has out '"seed": 11, "status": "done", "selected_epoch": 1, .*"verified": true, "folder": "method.period=3,seed=11", "error": null'
if python3 -c 'import json' 2>log; then
  run 0 sweep recipe.yaml --seeds 3 --epochs 1 -q --json -o seeds
  what="mean and standard deviation"
  python3 - out seeds/results.csv <<'END' || fail "$what"
import csv, json, statistics, sys
sweep = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2], newline="")))
for key in "validation_accuracy", "test_accuracy":
    values = [float(row[key]) for row in rows]
    assert values == [cell[key] for cell in sweep["cells"]], key
    point = sweep["points"][0][key]
    assert abs(point["mean"] - statistics.mean(values)) < 1e-9, key
    assert abs(point["sd"] - statistics.stdev(values)) < 1e-9, key
assert [row["folder"] for row in rows] == ["seed=1", "seed=2", "seed=3"]
END
fi

# A key as a whole and an option of it, in either order: neither is lost.
run 0 sweep recipe.yaml --over method.period=3,50 --over 'method=permute;permute latents=keep' \
  --epochs 1 -q -o both
for folder in both/method.period=3,* both/method.period=50,*; do
  period=${folder#*period=}
  [ "$(grep -c "^method: permute.* period=${period%%,*}" "$folder/recipe.yaml")" -eq 1 ] ||
    fail "$folder: the recipe has $(grep '^method' "$folder/recipe.yaml")"
done
[ "$(grep -l 'latents=keep' both/*/recipe.yaml | wc -l)" -eq 2 ] || fail "both methods"
refuse "set method.period would be lost, as --over sets all of 'method'" 2 recipe.yaml \
  --over 'method=permute;dense' --set method.period=3 -o none

# In ordinary training there is nothing to verify; looks between decisions have their columns.
run 0 sweep recipe.yaml --over 'method=permute period=3;dense' --set track_between=7 --epochs 1 -q --json -o yard
has out '"method": "dense".*"best_between": [0-9.]+, "best_between_epoch": 1, .*"verified": null'
has yard/results.csv '^dense,3,done,1,[0-9.]+,[0-9.]+,,,[0-9.]+,1,[0-9.]+,,"method=dense,seed=3",$'
has yard/results.csv '^permute period=3,3,done,1,[0-9.]+,[0-9.]+,,,[0-9.]+,1,[0-9.]+,yes,'

# A draw that leaves a group empty is a matter of the cell, and may be allowed.
run 1 sweep recipe.yaml --over 'start=random_prune keep=0.001,as_drawn' --epochs 1 -q -o none1
has none1/results.csv '^random_prune keep=0.001,3,failed,.*dense_1.kernel, group [0-9]+: all 144 values are 0'
has none1/results.csv '^as_drawn,3,done,'
run 0 sweep recipe.yaml --over "start='random_prune keep=0.001; allow_empty'" --epochs 1 -q -o none2
has err '^rewire: warning: dense_1.kernel: [1-4] of 4 groups have nothing but zeros$'

# Seeds have one way of being written.
run 0 sweep recipe.yaml --seeds 007,1 --epochs 1 -q -o zeros
[ -d zeros/seed=7 ] || fail "007 is not 7"
run 0 sweep recipe.yaml --seeds 7,1 --epochs 1 -q -o zeros
lines zeros/results.csv 3
run 0 sweep recipe.yaml --over epochs=1 --set seed=+7 -q -o plus
run 0 sweep recipe.yaml --over epochs=1 --set seed=7 -q -o plus
lines plus/results.csv 2

# A cell that fails does not keep the others from running, and is tried again.
sed 's/kernel=3/kernel=3 l2=1/; s/period=3/period=1000/' recipe.yaml >wild.yaml
wild="wild.yaml --over optimizer.lr=1e-2,1e6,2e-2 --set optimizer=sgd --out wild"
for trained in 3 1; do
  run 1 sweep $wild
  has err "^rewire: optimizer.lr=1e6,seed=3: .*the last good checkpoint is kept"
  has out '^1e6 +0 +- '
  has out '^2 of 3 cells done, 1 failed'
  has wild/results.csv '^1e6,3,failed,,,,,,,,,,"optimizer.lr=1e6,seed=3",.*checkpoint'
  has wild/results.csv '^2e-2,3,done,'
  [ "$(grep -c '^rewire: cell' err)" -eq $trained ] || fail "$what: not $trained cells were run"
done

# A net that was changed is not verified, and its cell has failed.
flip wild/optimizer.lr=1e-2,seed=3/best.rw $(($(size wild/optimizer.lr=1e-2,seed=3/best.rw) - 1))
run 1 sweep $wild -q --json
has out '"done": 1, "failed": 2'
has wild/results.csv '^1e-2,3,failed,.*,no,"optimizer.lr=1e-2,seed=3",.*best.rw'
echo '{}' >wild/optimizer.lr=2e-2,seed=3/result.json
run 1 sweep $wild -q
has err "is not what a finished run leaves"

# The memory was changed by hand.
cp grid/sweep.json good.json
for text in '' '[' '[]' '{}' '{"format": "rewire-sweep-1"}' '7'; do
  echo "$text" >grid/sweep.json
  run 1 sweep recipe.yaml --over method.period=3 --over optimizer=adam -o grid
  refused "grid"
done
sed 's/"3"/3/' good.json >grid/sweep.json
run 1 sweep recipe.yaml --over method.period=3 --over optimizer=adam -o grid
refused 'not a value for every key'
for seed in '../../x' '-1' '' '99999999999999999999'; do
  sed "s|\"seed\": \"1\"|\"seed\": \"$seed\"|" good.json >grid/sweep.json
  run 1 sweep recipe.yaml --over method.period=3 --over optimizer=adam -o grid
  refused 'sweep.json'
done
cp good.json grid/sweep.json
touch grid/sweep.json.tmp-123 grid/results.csv.tmp-123
run 0 sweep recipe.yaml --over method.period=3,50 --over 'optimizer=adam lr=1e-2;sgd lr=0.1' -q \
  --seeds 2 --out grid
ls grid >listing
! grep -q tmp listing || fail "left-overs of a killed sweep"
finish
