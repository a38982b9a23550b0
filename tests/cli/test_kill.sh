#!/bin/sh
# kill -9 at any moment, also in the middle of a checkpoint: what is left can be continued, and ends in
# the same bytes as a run that was never stopped. No half file stays under a final name, and no other.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 60 # so long that the kills below hit it on a fast disk, too
run 0 train recipe.yaml -q --out whole

# killed SECONDS COMMAND...
killed() {
  after=$1
  shift
  "$REWIRE" "$@" >out 2>err &
  pid=$!
  sleep "$after"
  kill -9 $pid 2>log
  wait $pid 2>log
}

# A checkpoint after every step: nearly every kill hits one.
halves=0
for round in 1 2 3 4 5; do
  rm -rf killed
  killed 0.$((round * 7 % 10))$round train recipe.yaml -q --out killed --checkpoint-seconds 0.001
  for again in 3 1 2; do
    [ -s killed/recipe.yaml ] || break
    [ -e killed/result.json ] || halves=$((halves + 1))
    for name in killed/best.rw killed/last.rw; do
      [ ! -e $name ] || run 0 verify $name
    done
    killed 0.${again}5 resume killed -q --checkpoint-seconds 0.001
  done
  # Killed before its recipe, which follows the first checkpoint, there is no run to continue.
  if [ -s killed/recipe.yaml ]; then
    run 0 resume killed -q
  else
    rm -rf killed
    run 0 train recipe.yaml -q --out killed
  fi
  same_run whole killed
  only_results killed
done
[ $halves -gt 0 ] || fail "every run ended before it could be killed"
finish
