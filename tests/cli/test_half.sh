#!/bin/sh
# Activations in bfloat16: training, evaluating and measuring with them, and what cannot be meant.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 4
(cat recipe.yaml && echo 'dtype: bf16') >half.yaml

run 0 train recipe.yaml -q --dtype bf16 --out half
has half/recipe.yaml '^dtype: bf16$'
run 0 train half.yaml -q --out same
same_run half same
run 0 train recipe.yaml -q --set dtype=bf16 --out same2
same_run half same2
run 0 train recipe.yaml -q --out wide
cmp -s half/last.rw wide/last.rw && fail "bf16 trains like f32"
run 0 verify half

# It learns, and the net remembers; whoever says otherwise gets the other.
run 0 eval half --json
has out '"accuracy": (0\.9|1)'
cp out default
run 0 eval half --json --dtype bf16
same out <default
run 0 eval half --json --dtype f32
has out '"accuracy": (0\.9|1)'
cmp -s out default && fail "eval --dtype f32 gives what bf16 gives"
run 0 eval wide --json
cp out default
run 0 eval wide --json --dtype f32
same out <default
run 0 train half.yaml -q --dtype f32 --out wide2
run 0 eval wide2 --json
same out <default
run 0 eval wide --json --dtype bf16
has out '"accuracy": (0\.9|1)'
cmp -s out default && fail "eval --dtype bf16 gives what f32 gives"

# Killed somewhere and continued: the same bytes. The recipe comes after the first checkpoint.
"$REWIRE" train half.yaml -q --out killed --epochs 100 --checkpoint-seconds 0.001 >out 2>err &
pid=$!
tries=0
while [ ! -s killed/recipe.yaml ] && [ $tries -lt 1200 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
kill -9 $pid 2>log
wait $pid 2>log
[ ! -e killed/result.json ] || fail "the run had ended before it was killed"
run 0 resume killed -q
run 0 train half.yaml -q --out whole --epochs 100
same_run whole killed

run 0 bench step recipe.yaml --dtype bf16 --steps 2 --json
has out '"dtype": "bf16"'
run 0 bench step half.yaml --steps 2 --json
has out '"dtype": "bf16"'
run 0 bench step half.yaml --dtype f32 --inference --steps 2 --json
has out '"dtype": "f32"'
run 0 bench step recipe.yaml --inference --dtype bf16 --steps 2 --json
has out '"dtype": "bf16"'
run 0 list keys
has out '^ *dtype '

# No other type.
for command in 'train recipe.yaml' 'eval half' 'bench step recipe.yaml'; do
  run 2 $command --dtype f16
  empty out
  has err "^rewire: .*dtype.*'f16'.*(f32\\|bf16|f32 or bf16|f32, bf16)"
done
run 2 train recipe.yaml --set dtype=bf15 --out x
refused "dtype.*'bf15'.*f32\\|bf16"
sed '/^seed/d; s/^dtype.*/dtype: half/' half.yaml >bad.yaml
run 1 train bad.yaml -q --out x
refused "bad.yaml.*line 10.*dtype.*'half'.*f32\\|bf16"
[ ! -e x ] || fail "a training that cannot begin left a folder"
finish
