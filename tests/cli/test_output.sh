#!/bin/sh
# Results that cannot be written are a failure; a closed stdout or stderr is none and harms no file.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"

what='a full disk'
if [ -e /dev/full ]; then
  for args in --version --help 'list recipes' 'list methods --json'; do
    "$REWIRE" $args >/dev/full 2>err
    [ $? -eq 1 ] || fail "$what: rewire $args: exit code is not 1"
    has err '^rewire: cannot write the results to standard output: No space left on device$'
  done
fi

what='a closed pipe'
{
  sleep 0.3
  "$REWIRE" --help 2>err
  echo $? >code
} | true
sleep 0.1
while [ ! -s code ]; do sleep 0.1; done
same code <<'END'
1
END
has err '^rewire: cannot write the results to standard output: Broken pipe$'

tiny_data data
tiny_recipe recipe.yaml 2
run 0 train recipe.yaml -q --out plain
what='closed stdout and stderr'
"$REWIRE" train recipe.yaml --out closed >&- 2>&- <&- || fail "$what: exit code $?"
same_run plain closed
for name in closed/*; do
  ! grep -q 'selected epoch\|^epoch 1' "$name" || fail "$what: output landed in $name"
done
"$REWIRE" --version >&- 2>err || fail "$what: exit code $?"
empty err

rm code
what='stderr into a closed pipe'
{
  "$REWIRE" train recipe.yaml --out piped 2>&1 >out
  echo $? >code
} | true
while [ ! -s code ]; do sleep 0.1; done
same code <<END
0
END
same_run plain piped

# On a terminal: one line, as wide as COLUMNS allows, without colour when NO_COLOR says so.
if script -qec true /dev/null </dev/null >found 2>&1; then
  what='a terminal'
  for columns in 30 60 100; do
    TERM=xterm NO_COLOR=1 COLUMNS=$columns script -qec "'$REWIRE' train recipe.yaml --out wide$columns" \
      /dev/null </dev/null >typescript 2>log
    tr '\r' '\n' <typescript | sed "s/$(printf '\033')\\[K//g" | grep '^epoch' >drawn
    [ -s drawn ] || fail "$what: no progress drawn"
    awk -v most="$columns" 'length >= most' drawn >wide
    empty wide
    ! grep -q "$(printf '\033')\\[3" typescript || fail "$what: colour in spite of NO_COLOR"
  done
  has drawn '^epoch 1/2 \[[=> ]*\] +[0-9]+%  loss [0-9.]+  accuracy [0-9.]+% '
else
  left_out "what is drawn on a terminal (no script)"
fi
finish
