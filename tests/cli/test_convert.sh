#!/bin/sh
# Nets out of the program and back again, in every format that this build has; what is refused.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 1
run 0 train recipe.yaml -q --out run
run 0 eval run --json
cp out measured
run 0 list formats
grep -v 'comes without' out | sed 's/^[^ ]* *\(\.[a-z0-9]*\),.*/\1/' >endings
grep 'comes without' out | sed 's/^[^ ]* *\(\.[a-z0-9]*\),.*/\1/' >lacking
has endings '^\.safetensors$'

# same_net FILE OPTION...: FILE, read back, measures as before.
same_net() {
  run 0 convert "$1" back.rw --force --recipe recipe.yaml
  has out '^back\.rw: 620 weights in 4 arrays$'
  run 0 eval back.rw --json
  what="$1, read back"
  same out <measured
}
while read -r ending; do
  layouts="keras torch"
  [ "$ending" != .h5 ] || layouts=keras
  for layout in $layouts; do
    file=$layout$ending
    run 0 convert run $file --layout $layout
    has out "^$file: 620 weights in 4 arrays\$"
    empty err
    same_net $file
  done
  run 0 convert run/best.rw own$ending
  same_net own$ending
  run 0 inspect back.rw
  has out "^origin +[a-z0-9_]+ own$ending\$"
  has out '^method +dense'
  # A file is not written over unless one says so.
  cksum own$ending >before
  run 1 convert run own$ending
  refused "'own$ending' is there already.*--force"
  cksum own$ending >after
  same after <before
  run 0 convert run own$ending -f
  # Half a file, and one that is none.
  for part in 0 1 20 200 $(($(size own$ending) / 2)) $(($(size own$ending) - 1)); do
    head -c $part own$ending >half$ending
    run 1 convert half$ending none.rw --recipe recipe.yaml
    refused "half$ending"
  done
  run 1 convert missing$ending none.rw --recipe recipe.yaml
  refused "missing$ending"
  [ ! -e none.rw ] || fail "none.rw was written"
done <endings
while read -r ending; do
  run 1 convert run none$ending
  refused 'this build comes without'
  : >some$ending
  run 1 convert some$ending none.rw --recipe recipe.yaml
  refused 'this build comes without'
done <lacking

# An archive that unpacks to a thousand times its size.
if grep -q npz endings && command -v python3 >python; then
  python3 - <<'END' || fail "bomb.npz"
import zipfile
with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    with archive.open("conv2d_1.kernel.npy", "w") as entry:
        for _ in range(512):
            entry.write(bytes(1 << 20))
END
  run 1 convert bomb.npz none.rw --recipe recipe.yaml
  refused "'bomb.npz': entry 'conv2d_1.kernel.npy' unpacks to 536870912 bytes"
fi

# What does not fit is named, with what was found and what was expected.
does_not_fit() {
  pattern=$1
  shift
  run 1 convert own.safetensors none.rw --recipe recipe.yaml "$@"
  refused "$pattern"
}
does_not_fit "'conv2d_1'.*'weight' is 4x1x3x3, expected 5x1x3x3 for 'conv2d_1'" \
  --set 'net=conv2d filters=5 kernel=3; relu; flatten; dense units=4'
does_not_fit "has 1 dense layer, the recipe has 2" \
  --set 'net=conv2d filters=4 kernel=3; relu; flatten; dense units=4; dense units=4'
does_not_fit "has no gamma|has 0 batchnorm layers, the recipe has 1" \
  --set 'net=conv2d filters=4 kernel=3; batchnorm; relu; flatten; dense units=4'
does_not_fit "'dense_1' has 'bias', which 'dense_1' of the recipe has not" \
  --set 'net=conv2d filters=4 kernel=3; relu; flatten; dense units=4 bias=no'

# A normalisation that looks at images says so when there are none.
does_not_fit "normalise=standardise looks at the training images .--data.*nowhere" \
  --set normalise=standardise --data nowhere
run 0 convert own.safetensors mean.rw --recipe recipe.yaml --set normalise=mean --data data
run 0 eval mean.rw
run 0 train recipe.yaml -q --set normalise=mean --out means
if grep -q npz endings; then
  run 0 convert means mean.npz
  run 1 convert mean.npz none.rw --recipe recipe.yaml --set normalise=scale
  refused "'mean.npz': 'input.mean', index 0: is [0-9.]+, expected 0 .normalise=scale"
fi

# A name that is not UTF-8 is no obstacle.
name=$(printf 'mod\350le.safetensors')
cp own.safetensors "$name"
run 0 convert "$name" odd.rw --recipe recipe.yaml
run 0 inspect odd.rw
has out 'mod.le.safetensors'

# Wrong usage.
run 2 convert own.safetensors
has err "needs OUT"
run 2 convert own.safetensors new.rw
has err 'recipe is needed'
run 2 convert run new.rw
has err 'has to be a .rw file'
run 2 convert own.safetensors other.safetensors
has err 'has to be a .rw file'
run 2 convert run new.safetensors --recipe recipe.yaml
has err 'recipe is of no use'
run 2 convert own.safetensors new.rw --recipe recipe.yaml --layout torch
has err 'layout is of no use'
run 2 convert run new.safetensors --layout theirs
has err 'keras.torch'
run 2 convert run new.pt
refused "'new.pt'.*known: .*\.safetensors"
run 1 convert run nowhere/new.safetensors
refused 'nowhere/new.safetensors'
mkdir folder.safetensors
run 1 convert run folder.safetensors --force
refused 'no ordinary file'
cp run/best.rw renamed.safetensors
run 1 convert renamed.safetensors none.rw --recipe recipe.yaml
refused 'a rewire net already'
finish
