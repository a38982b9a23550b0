#!/bin/sh
# A sweep that is killed or interrupted, anywhere: the same command ends in the same nets as one that
# was never stopped. Only one process works on a sweep.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 6
tiny_recipe longer.yaml 40
grid="--over method.period=3,50 --seeds 2 --checkpoint-seconds 0.001"
sweep="sweep recipe.yaml $grid"
run 0 $sweep -q --out whole

# begin SWEEP: in the background, $pid.
begin() {
  what="a sweep into $1"
  "$REWIRE" $sweep -o "$1" >out 2>err &
  pid=$!
}

# until FILE: waits for a file, or for the end of the sweep.
until_there() {
  while kill -0 $pid 2>log && [ ! -s "$1" ]; do sleep 0.01; done
}

# as_whole SWEEP [WHOLE]: everything is as it would have been.
as_whole() {
  whole=${2:-whole}
  for cell in "$whole"/*/; do
    same_run "$cell" "$1/$(basename "$cell")"
    only_results "$1/$(basename "$cell")"
  done
  cut -d, -f1-6 "$whole/results.csv" >expected_results
  cut -d, -f1-6 "$1/results.csv" >results
  what="results.csv of $1"
  same results <expected_results
}

# unfinished SWEEP: it was really killed, and not done already.
unfinished() {
  done=$(find "$1" -name result.json 2>log | wc -l)
  [ "$done" -lt 4 ] || fail "$1 was done before it was killed"
}

# kill -9 in the first cell, in a later one, and between them.
round=0
for file in method.period=3,seed=1/history.csv method.period=3,seed=2/resume.rw \
  method.period=50,seed=1/history.csv; do
  round=$((round + 1))
  begin killed$round
  until_there killed$round/$file
  kill -9 $pid 2>log
  wait $pid 2>log
  unfinished killed$round
  run 0 $sweep -o killed$round
  as_whole killed$round
done
for delay in 0.03 0.2; do
  begin early$delay
  sleep $delay
  kill -9 $pid 2>log
  wait $pid 2>log
  run 0 $sweep -q -o early$delay
  as_whole early$delay
done

# Ctrl-C: a checkpoint, and a message. However fast the machine, it comes in the second cell: that
# is long, and stands still while another process tries to work on the same sweep.
sweep="sweep longer.yaml $grid"
run 0 $sweep -q --out whole_longer
begin stopped
until_there stopped/method.period=3,seed=2/history.csv
kill -STOP $pid
"$REWIRE" $sweep -o stopped >second_out 2>second_err
[ $? -eq 1 ] || fail "a second sweep in the same folder: exit code is not 1"
has second_err "^rewire: 'stopped': another process is working on this sweep$"
kill -INT $pid
kill -CONT $pid
wait $pid
code=$?
[ $code -eq 1 ] || fail "$what: exit code $code after Ctrl-C"
empty out
has err '^rewire: stopped; checkpoint saved. Continue with the same command$'
has stopped/results.csv '^3,1,done,'
has stopped/results.csv '^3,2,stopped,,'
has stopped/results.csv '^50,2,waiting,,'
run 0 $sweep -o stopped
has err '^rewire: cell 2/4  method.period=3 seed=2 '
as_whole stopped whole_longer
finish
