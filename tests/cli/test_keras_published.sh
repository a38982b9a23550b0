#!/bin/sh
# The published weights of the LaPerm paper: the published accuracy, and verify --against.
# shellcheck disable=SC1091,SC2154 # lib.sh is found when run
data=${REWIRE_DATA-}
. "$SOURCE/tests/cli/lib.sh"
"$REWIRE" list formats | grep -q '^keras_h5.*not in this build' && {
  echo "skipped: built without libhdf5"
  exit 77
}
for name in mnist cifar10 pretrained/F1.h5 pretrained/resnet50.h5; do
  [ -e "$data/$name" ] || {
    echo "skipped: REWIRE_DATA names no folder with $name"
    exit 77
  }
done
export REWIRE_DATA="$data"

run 0 convert "$data/pretrained/F1.h5" f1.rw --recipe f1
run 0 eval f1.rw --data mnist --json
has out '"correct": 8546'
run 0 verify f1.rw --against 'constant value=0.08 keep=4/7'
run 0 verify f1.rw --against recipe
run 1 verify f1.rw --against 'constant value=0.08'
run 1 verify f1.rw --against he_uniform

run 0 convert "$data/pretrained/resnet50.h5" resnet50.rw --recipe resnet50
run 0 verify resnet50.rw --against he_uniform
run 1 verify resnet50.rw --against he_truncated
run 1 verify resnet50.rw --against 'he_uniform keep=0.7'
if grep -q __asan_init "$REWIRE"; then # ten thousand images take minutes
  mkdir some
  head -c $((300 * 3073)) "$data/cifar10/test_batch.bin" >some/test_batch.bin
  run 0 eval resnet50.rw --data some --json
  has out '"correct": 282'
else
  run 0 eval resnet50.rw --data cifar10 --json
  has out '"correct": 9253'
fi

# There and back.
run 0 convert resnet50.rw ours.h5
run 0 convert ours.h5 ours.rw --recipe resnet50
run 0 verify ours.rw --against he_uniform
finish
