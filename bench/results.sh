#!/bin/sh
# results.sh - trains recipes to the end, proves them, and adds a row each to docs/results.csv.
#
#     SEEDS="1 2 3" bench/results.sh f1 f2 f1-keep f2-keep
#     SEEDS=1 bench/results.sh conv7
#     bench/results.sh conv2 -- --set validation=1000 --dtype bf16
#
# The epoch is selected on validation images; test_accuracy is that epoch's, read once from the
# saved file. best_on_test is the highest test accuracy of any epoch, the kind of figure the LaPerm
# paper reports; it never selects anything. Run folders stay in runs/results/.
set -eu
cd "$(dirname "$0")/.."
results=docs/results.csv
commit=$(git describe --always --abbrev=12)
git diff --quiet HEAD -- . ":!$results" || commit=$commit-dirty
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
threads=${THREADS:-$(nproc)}

field() { # field KEY: its value in the JSON object on standard input; nothing where it has none
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^,\"}]*\).*/\1/p" | head -n 1
}

row() { # row RECIPE SEED RUN COMMAND
    json=$(tr -d '\n' <"$3/result.json")
    selection=validation
    case $json in *validation_accuracy*) ;; *) selection=last ;; esac
    printf '%s,%s,%s,"%s",%s,' "$1" "$2" "$commit" "$(printf '%s' "$4" | sed 's/"/""/g')" $selection
    for key in epochs selected_epoch validation_accuracy test_accuracy best_on_test best_on_test_epoch seconds; do
        value=$(printf '%s' "$json" | field $key)
        case $key in *accuracy | best_on_test) [ -z "$value" ] || value=$(printf '%.4f' "$value") ;; esac
        printf '%s,' "$value"
    done
    printf '%s,"%s"\n' "$threads" "$cpu"
}

quoted() { # each argument as a shell would need it
    for word in "$@"; do
        case $word in
        '' | *[!a-zA-Z0-9=._-]*) printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
}

[ $# != 0 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2; }
recipes=
while [ $# != 0 ] && [ "$1" != -- ]; do
    recipes="$recipes $1"
    shift
done
[ $# = 0 ] || shift # the rest are options of train
[ -x build/rewire ] || ./dev build
[ -e $results ] || echo "recipe,seed,commit,command,selection,epochs,selected_epoch,validation_accuracy,test_accuracy,best_on_test,best_on_test_epoch,seconds,threads,cpu" >$results
for recipe in $recipes; do
    for seed in ${SEEDS:-1}; do
        run=runs/results/$recipe-seed$seed$(printf '%s' "$*" | tr -c 'a-zA-Z0-9=.' -)-$commit
        if [ -e "$run/row" ]; then
            echo "$run: has its row already" >&2
            continue
        elif [ -e "$run/recipe.yaml" ]; then # it was stopped
            build/rewire resume "$run" --threads "$threads"
        else
            build/rewire train "$recipe" "$@" --seed "$seed" --threads "$threads" --out "$run"
        fi
        grep -q '^method: dense' "$run/recipe.yaml" || build/rewire verify "$run/best.rw"
        row "$recipe" "$seed" "$run" "rewire train $recipe$(quoted "$@") --seed $seed --threads $threads" >"$run/row.new"
        cat "$run/row.new" >>$results
        mv "$run/row.new" "$run/row"
    done
done
