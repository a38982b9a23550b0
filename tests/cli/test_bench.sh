#!/bin/sh
# rewire bench step: it measures without data, leaves nothing behind, and says what it cannot do.
# shellcheck disable=SC1091,SC2154 # lib.sh is found when run
. "$SOURCE/tests/cli/lib.sh"

cat >tiny.yaml <<'RECIPE'
name: tiny
data: mnist
validation: 5000
normalise: mean
augment: [rotate degrees=10, shift fraction=0.1]
net: [conv2d filters=4 kernel=5 stride=4, relu, flatten, dense units=10]
method: permute period=3
optimizer: adam lr=1e-3
batch: 10
epochs: 1
seed: 3
RECIPE

spread() {
  for what in "$@"; do echo "${what}_ms ${what}_ms_p10 ${what}_ms_p90"; done
}

# value FILE KEY: of a number in a JSON object
value() {
  sed -n "s/.*\"$2\": \([^,}]*\).*/\1/p" "$1"
}

# is FILE KEY VALUE
is() {
  [ "$(value "$1" "$2")" = "$3" ] || fail "$what: $2 is $(value "$1" "$2"), expected $3"
}

# positive FILE KEY...
positive() {
  file=$1
  shift
  for key in "$@"; do
    value "$file" "$key" | awk '{ exit !($1 > 0) }' || fail "$what: $key is '$(value "$file" "$key")'"
  done
}

keys="recipe mode dtype images_per_second
  $(spread step gradient optimizer sync sync_far wait loader)
  batch threads steps sync_after period weights peak_bytes library_bytes activation_bytes
  images_per_second_with_sync gflop_per_image gflops kernels"

# mnist is not here: its name is enough. FLOP of an image: 6 x 6 places x 4 filters x 25 products,
# forward and for the kernel (pixels want no gradient): 2 x 2 x 3600; dense 3 x 2 x 144 x 10.
ls -A >before
run 0 bench step tiny.yaml --steps 10 --warmup 2 --json
empty err
# shellcheck disable=SC2086 # words
json out $keys
positive out images_per_second step_ms gradient_ms optimizer_ms sync_ms sync_far_ms loader_ms \
  peak_bytes library_bytes activation_bytes gflops images_per_second_with_sync
is out wait_ms null
is out batch 10
is out steps 10
is out threads 1
is out period 3
is out sync_after 2
is out weights 1554
value out gflop_per_image | awk '{ exit !($1 > 2.3039e-5 && $1 < 2.3041e-5) }' ||
  fail "$what: GFLOP of an image: $(value out gflop_per_image)"

# Options change the recipe; a net that learns as usual has nothing to synchronise.
run 0 bench step tiny.yaml --batch 7 --set method=dense --steps 3 --threads 2 --json
is out batch 7
is out threads 2
is out sync_ms null
is out period 0

run 0 bench step tiny.yaml --inference --batch 300 --steps 3 --json
is out mode '"inference"'
is out batch 300
is out optimizer_ms null
positive out images_per_second step_ms peak_bytes

run 0 bench step tiny.yaml --steps 3 --profile --json
# shellcheck disable=SC2086 # words
json out $keys profile
has out '"layer": "conv2d_1", "op": "conv2d", "kernel": "[a-z0-9]*", "forward_ms": [0-9]'

run 0 bench step tiny.yaml --steps 3 --profile
has out '^images per second +[0-9]+ \('
has out '^synchronisation +[0-9.]+ ms'
has out '^conv2d_1 +conv2d '
has out '^\(optimizer\) '

# With data the steps wait for the loader. 600 images of 8x8.
tiny_data data
tiny_recipe small.yaml 1
run 0 bench step small.yaml --data data --steps 70 --warmup 1 --json
positive out wait_ms step_ms

run 1 bench step tiny.yaml --data nowhere
refused "no data set and no folder 'nowhere'"
run 1 bench step tiny.yaml --set net=relu\ nonsense=1
refused "nonsense"
run 2 bench step tiny.yaml --inference --data data
run 2 bench step tiny.yaml --steps 0
rm -rf data small.yaml
ls -A >after
grep -Ev '^(out|err|before|after|python|log|byte)$' before >a
grep -Ev '^(out|err|before|after|python|log|byte|a)$' after >b
what="bench step"
same b <a
finish
