#!/bin/sh
# Evaluation: what is printed, the file of predictions, and every figure measured again by a program
# that knows nothing of ours.
# shellcheck disable=SC1091,SC2086,SC2154 # lib.sh is found when run; lists of words are meant
. "$SOURCE/tests/cli/lib.sh"
tiny_data data
tiny_recipe recipe.yaml 1
run 0 train recipe.yaml -q --out four
sed 's/units=4/units=10/; s/lr=1e-2/lr=1e-3/' recipe.yaml >ten.yaml
run 0 train ten.yaml -q --data 'glyphs count=600' --out ten

run 0 eval ten
sed 's/[0-9][0-9.]*%/P/; s/([0-9]* of/(N of/; s/[0-9]\.[0-9]*$/X/' out >shown
same shown <<'END'
accuracy  P (N of 600)
top-5     P
loss      X
ECE       X
END

# Four classes: no top-5. Tables on request; their numbers add up to the images.
run 0 eval four --per-class --confusion
[ "$(grep -c top-5 out)" -eq 0 ] || fail "top-5 of four classes"
has out '^class  images  right  accuracy$'
has out '^3 +50 +[0-9]+ +[0-9.]+%$'
has out '^is . taken for +0 +1 +2 +3$'
sed -n '/^class/,/^$/p' out | awk 'NR > 1 && NF { images += $2; right += $3 } END { print images, right }' >sums
sed -n '/^is/,$p' out | awk 'NR > 1 { for (k = 2; k <= 5; k++) all += $k; right += $NR } END { print all, right }' >again
what="sums of the tables"
same again <sums
has sums '^200 '
has out "^accuracy .*($(cut -d' ' -f2 sums) of 200)"

run 0 eval four --json
json out accuracy loss count correct top5 ece per_class confusion
has out '"top5": null'
has out '"per_class": \[\{"class": 0, "name": null, "count": 50, "correct": [0-9]+, "accuracy": [0-9.]+\}'

# The file of predictions.
run 0 eval ten --json --predictions predictions.csv

lines predictions.csv 601
[ "$(head -n 1 predictions.csv)" = "index,label,predicted,confidence,logit_0,logit_1,logit_2,\
logit_3,logit_4,logit_5,logit_6,logit_7,logit_8,logit_9" ] || fail "header of predictions.csv"
has predictions.csv '^599,[0-9],[0-9],0\.[0-9]+(,-?[0-9.e-]+){10}$'
mv predictions.csv first.csv
echo old >predictions.csv
run 0 eval ten --predictions predictions.csv
what="predictions, once more"
same predictions.csv <first.csv
ls predictions.csv* >left
lines left 1
run 0 eval four --predictions four.csv --split train
lines four.csv 601
ln -s linked.csv link.csv
run 0 eval four --predictions link.csv
lines linked.csv 201
run 0 eval four --predictions /dev/null
[ -c /dev/null ] || fail "/dev/null was replaced"

# What cannot be written is said before anything is printed, and leaves nothing.
run 1 eval four --predictions nowhere/predictions.csv
refused "nowhere/predictions.csv.*No such file"
mkdir folder
run 1 eval four --predictions folder
refused "'folder'"
if [ -e /dev/full ]; then
  run 1 eval four --predictions /dev/full
  refused "/dev/full.*No space left"
fi
run 2 eval four --bins 0
has err 'bins'
run 2 eval four --perclass
has err "did you mean '--per-class'"

# Measured again.
if ! python3 -c 'import json' 2>log; then
  [ $failures -eq 0 ] && echo "skipped: no python3 to measure again" && exit 77
  finish
fi
# measured RUN BINS
measured() {
  run 0 eval "$1" --json --bins "$2" --predictions predictions.csv
  what="tools/reference/report.py on $1 with $2 bins"
  python3 "$SOURCE/tools/reference/report.py" predictions.csv "$2" >again || fail "$what"
  python3 - out again <<'END' || fail "$what: $(cat out again)"
import json, sys
ours, theirs = (json.load(open(name)) for name in sys.argv[1:])
for key, value in theirs.items():
    same = ours[key] == value if not isinstance(value, float) else abs(ours[key] - value) < 1e-9
    if not same:
        sys.exit("%s: %s, expected %s" % (key, ours[key], value))
rows = ours["confusion"]
for k, row in enumerate(ours["per_class"]):
    if row["class"] != k or row["count"] != sum(rows[k]) or row["correct"] != rows[k][k]:
        sys.exit("per_class %d: %s" % (k, row))
END
}
for bins in 1 2 15 100; do
  measured ten $bins
  measured four $bins
done
# A changed file does not pass.
sed '2s/,[0-9],0\./,11,0./' predictions.csv >wrong.csv
python3 "$SOURCE/tools/reference/report.py" wrong.csv >log 2>&1 && fail "a wrong prediction passed"
finish
