#!/bin/sh
# Ctrl-C: a checkpoint, a message that says how to continue, exit code 1; and the continued run ends in
# the same bytes as one that was never stopped.
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 120

run 0 train recipe.yaml -q --out whole

# stopped RUN EPOCHS SIGNAL COMMAND...: sends the signal once so many epochs are done.
stopped() {
  history=$1/history.csv
  epochs=$2 # beyond those that are there
  [ ! -s "$history" ] || epochs=$((epochs + $(wc -l <"$history") - 1))
  signal=$3
  shift 3
  what="rewire $* with SIG$signal"
  "$REWIRE" "$@" >out 2>err &
  pid=$!
  while kill -0 $pid 2>log; do
    [ -s "$history" ] && [ "$(wc -l <"$history")" -gt "$epochs" ] && break
    sleep 0.01
  done
  kill -"$signal" $pid
  kill -"$signal" $pid 2>log # as timeout(1) does, once more to the group
  wait $pid
  code=$?
}

for signal in INT TERM HUP; do
  stopped "$signal" 3 "$signal" train recipe.yaml --out "$signal"
  [ $code -eq 1 ] || fail "$what: exit code $code"
  empty out
  has err "^rewire: stopped; checkpoint saved. Continue with: rewire resume $signal\$"
  stopped "$signal" 9 "$signal" resume "$signal"
  [ $code -eq 1 ] || fail "$what: exit code $code"
  run 0 resume "$signal" -q
  empty err
  has out "^next: rewire verify $signal/best.rw\$"
  same_run whole "$signal"
  only_results "$signal"
  cut -d, -f1-2 "$signal/history.csv" >history
  cut -d, -f1-2 whole/history.csv >expected_history
  what="history after SIG$signal"
  same history <expected_history
done

# A run that is finished stays as it is.
run 0 resume whole --json
json out run epochs selected_epoch validation_accuracy test_accuracy test_loss best_on_test \
  best_on_test_epoch best_between best_between_epoch seconds verified
has out '"epochs": 120'

# One process at a time works on a run.
"$REWIRE" train recipe.yaml -q --epochs 4000 --out taken >out 2>err &
pid=$!
while kill -0 $pid 2>log && [ ! -s taken/recipe.yaml ]; do sleep 0.01; done
kill -STOP $pid
cksum taken/* >before
run 1 resume taken
refused "'taken': another process is working on this run"
cksum taken/* >after
same after <before
kill -KILL $pid
wait $pid 2>log

# Folders that are no runs.
run 1 resume nowhere
has err "^rewire: .*'?nowhere"
mkdir folder
run 1 resume folder
has err '^rewire: .*folder'
cp -r whole broken
for bytes in 0 1 7 8 200 5000; do
  head -c $bytes whole/resume.rw >broken/resume.rw
  cksum broken/* >before
  run 1 resume broken -q
  refused 'broken/resume.rw'
  cksum broken/* >after
  same after <before
done
cp whole/best.rw broken/resume.rw
run 1 resume broken -q
refused 'broken/resume.rw'
cp whole/resume.rw broken/
echo 'nothing: of use' >broken/recipe.yaml
run 1 resume broken -q
refused 'broken/recipe.yaml'
cp whole/recipe.yaml broken/
sed -i 's/,1$/,0/' broken/history.csv
run 1 resume broken -q
refused "'broken': history.csv selects none of its first 120 epochs"

# More epochs may be asked for afterwards, and then nothing is said of a result until they are
# there. What the checkpoint is made of may not change.
cp -r whole long
sed -i 's/^epochs: 120/epochs: 12000/' long/recipe.yaml
stopped long 10 INT resume long
[ ! -e long/result.json ] || fail "the result of 120 epochs beside a checkpoint that is further"
cp -r whole more
sed -i 's/^epochs: 120/epochs: 122/' more/recipe.yaml
run 0 resume more
has err "^rewire: more/recipe.yaml: 'epochs' is 122 now, it was 120$"
has more/result.json '"epochs": 122, '
run 0 train recipe.yaml -q --epochs 122 --out at-once
cmp -s at-once/last.rw more/last.rw || fail "at-once/last.rw and more/last.rw differ"
for edit in 's/^seed: 3/seed: 4/' 's/period=3/period=4/' 's/^validation: 100/validation: 50/' \
  's/lr=1e-2/lr=1e-3/' 's/filters=4/filters=5/' '/^batch/d' '$a prune: 0.1'; do
  cp -r whole edited
  sed -i "$edit" edited/recipe.yaml
  run 1 resume edited -q
  refused "edited/recipe.yaml, .*key '.*': was .* when the run began; train anew"
  rm -r edited
done

# The net that was saved as the best is not of the epoch that is selected.
cp -r whole other
cp at-once/last.rw other/best.rw
rm other/result.json
run 1 resume other -q
refused "'other/best.rw': is the net of epoch 122, but the history selects [0-9]+; last.rw is good"

# An edit within a list is blamed on its line.
cp -r whole edited
sed -i 's/^- flatten/- flatten name=flat/' edited/recipe.yaml
line=$(grep -n 'name=flat' edited/recipe.yaml | cut -d : -f 1)
run 1 resume edited -q
refused "edited/recipe.yaml, line $line, key 'net': was flatten when the run began"
rm -r edited

# Where the data lies and what is looked at may change.
cp -r whole moved
cp -r data elsewhere
sed -i 's/^data: data/data: elsewhere/; s/^epochs: 120/epochs: 121/; $a track_test: yes' moved/recipe.yaml
run 0 resume moved -q
has moved/history.csv '^121,.*,[0-9.]+,[0-9.]+,,[01]$'
finish
