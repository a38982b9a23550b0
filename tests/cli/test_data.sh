#!/bin/sh
# What is in a data set, and one clear sentence for each way of being wrong.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data

run 0 data info data
same out <<'END'
data: idx format, 8 x 8 x 1, 4 classes
read from data

                  train    test
images              600     200
pixel mean       0.4335  0.4334
pixel deviation  0.2404  0.2401
class 0             150      50
class 1             150      50
class 2             150      50
class 3             150      50
END
empty err

run 0 data info data --split test --json
json out name format path shape classes class_names splits
has out '"splits": \{"test": \{"count": 200, "mean": 0\.[0-9]+, "deviation": 0\.[0-9]+, "per_class": \[50, 50, 50, 50\]\}\}'
run 0 data info data --split test --show 2
has out '^image 0, class 0$'
has out '^image 1, class 1$'
lines out 31

# A name is looked up in REWIRE_DATA, then in the cache.
mkdir -p shelf "$DIR/cache/rewire"
tiny_data shelf/mine
mv data/train* "$DIR/cache/rewire" 2>log && mkdir cache/rewire/other && mv cache/rewire/train* data/t10k* cache/rewire/other
REWIRE_DATA="$DIR/nowhere:$DIR/shelf" run 0 data info mine --json
has out "\"path\": \"$DIR/shelf/mine\""
run 0 data info other --json
has out "\"path\": \"$DIR/cache/rewire/other\""

# Digits that are drawn: the same ones every time.
run 0 data info glyphs --split test
cp out first
has out '^glyphs: glyphs format, 28 x 28 x 1, 10 classes$'
has out '^drawn by the program$'
has out '^images +10000$'
run 0 data info glyphs --split test
same out <first

run 0 data info 'glyphs count=40' --json
has out '"train": {"count": 40, '
run 2 data info 'glyphs cuont=40'
refused "did you mean 'count'"

run 1 data info nowhere
refused "nowhere"
run 1 data info ./nowhere
refused "nowhere"
run 1 data info mnsit
refused "did you mean 'mnist'"
run 1 data info mnist
refused "rewire data fetch mnist"

# broken FILE PATTERN: a fresh set in 'broken' whose FILE the caller's command has spoiled.
fresh() {
  rm -rf broken
  cp -r shelf/mine broken
}
broken() {
  run 1 data info broken
  refused "$1"
  run 1 train recipe.yaml --data broken --out run --quiet
  refused "$1"
  [ ! -e run ] || fail "$what: left a folder"
}
tiny_recipe recipe.yaml 1
for file in train-images-idx3-ubyte t10k-labels-idx1-ubyte; do
  fresh
  : >"broken/$file"
  broken "$file"
  for bytes in 1 3 4 7 8 15 207; do
    fresh
    head -c "$bytes" "shelf/mine/$file" >"broken/$file"
    broken "$file"
  done
  fresh
  echo 'some text that is no image' >"broken/$file"
  broken "$file"
  fresh
  rm "broken/$file"
  broken "$(echo "$file" | sed 's/-.*//')"
  fresh
  printf x >>"broken/$file"
  broken "$file"
done
fresh
printf '\000\000\010\003\177\377\377\377\177\377\377\377\177\377\377\377' >broken/train-images-idx3-ubyte
broken train-images-idx3-ubyte
fresh
cp broken/t10k-labels-idx1-ubyte broken/train-labels-idx1-ubyte
broken 'train-.*(600.*200|200.*600)'
mkdir empty
run 1 data info empty
refused "empty"
run 1 data info recipe.yaml
refused "recipe.yaml"
run 2 data fetch glyphs
refused glyphs
run 2 data fetch mnsit
refused "did you mean 'mnist'"
finish
