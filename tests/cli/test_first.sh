#!/bin/sh
# What a reader runs first: the example program of the header, and the demo.
# shellcheck disable=SC1091,SC2154 # lib.sh is found when run
. "$SOURCE/tests/cli/lib.sh"

what=example_hello
"$BUILD/example_hello" >out 2>err || fail "$what: exit code $?"
[ "$(grep -c '^epoch' out)" -ge 2 ] || fail "$what: $(cat out)"
has out '^verified: [0-9]+ weights'
empty err
run 0 verify hello.rw
run 0 eval hello.rw --data 'glyphs count=600'

# Shorter than ./dev demo has it.
run 0 train demo -q --epochs 1 --data 'glyphs count=600' --set validation=100 --out demo
run 0 verify demo

# Three threads, however many cores there are: the same bits again, and after a kill.
tiny_data data
tiny_recipe recipe.yaml 30
run 0 train recipe.yaml -q -j 3 --out three
run 0 train recipe.yaml -q -j 3 --out again
same_run three again
"$REWIRE" train recipe.yaml -q -j 3 --out killed --checkpoint-seconds 0.001 >out 2>err &
pid=$!
while kill -0 $pid 2>log && [ ! -s killed/history.csv ]; do sleep 0.01; done
kill -9 $pid 2>log
wait $pid 2>log
[ ! -e killed/result.json ] || fail "the run had ended before it was killed"
cp -r killed other
run 0 resume killed -q # as many as before
same_run three killed
run 0 resume other -j 2
has err '^rewire: the run had 3 threads so far; with 2 it may not end in the same bits$'
finish
