#!/bin/sh
# Keras itself reads what 'convert' writes, and the other way round: equal logits. Needs a Python
# with Keras 2 or 3, named by $PYTHON.
# shellcheck disable=SC1091 # lib.sh is found when run
. "$SOURCE/tests/cli/lib.sh"
python=${PYTHON:-python3}
interop=$SOURCE/tests/interop/keras_logits.py

"$REWIRE" list formats | grep -q '^keras_h5.*not in this build' && {
  echo "skipped: built without libhdf5"
  exit 77
}
"$python" -c 'import keras' >log 2>&1 || {
  echo "skipped: no Python with Keras; PYTHON=... names one"
  exit 77
}

tiny_data data
cat >small.yaml <<END
name: small
data: data
validation: 100
normalise: scale
net:
  - conv2d filters=4 kernel=3 padding=same
  - relu
  - batchnorm
  - maxpool size=2
  - conv2d filters=6 kernel=3
  - batchnorm
  - relu
  - flatten
  - dense units=4
method: permute period=3 skip_bias=yes skip_norm=yes
optimizer: adam lr=1e-2
batch: 10
epochs: 2
seed: 3
END

run 0 train small.yaml --out run -q
run 0 eval run --predictions ours.csv
run 0 convert run ours.h5
"$python" "$interop" check ours.h5 data ours.csv || fail "Keras gives other logits"

"$python" "$interop" make whole.h5 weights.h5 data logits.npy 2>log || { cat log >&2; fail "Keras writes no file"; }
for name in whole weights; do
  [ -e $name.h5 ] || continue
  run 0 convert $name.h5 $name.rw --recipe small.yaml
  run 0 eval $name.rw --predictions $name.csv
  "$python" "$interop" compare logits.npy $name.csv || fail "$name.h5 of Keras gives other logits"
done
finish
