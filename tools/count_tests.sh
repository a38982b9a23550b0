#!/bin/sh
# count_tests.sh NAME JUNIT SKIPPED - counts the tests in what ctest --output-junit wrote: each cmocka test by
# itself, each script and fuzzer as one. Prints "passed failed skipped"; adds a line "NAME program: test (why)"
# to the file SKIPPED for each one that was skipped. A program that died counts as a failure.
set -eu
[ -s "$2" ] || { echo "0 1 0"; exit 0; }
awk -v name="$1" -v skipped_list="$3" '
    function unescape(text) {
        gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text)
        gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
        return text
    }
    function skip(what, why) {
        skipped++
        sub(/^skipped: */, "", why)
        printf "  %s %s%s\n", name, what, why == "" ? "" : " (" unescape(why) ")" >>skipped_list
    }
    /<testcase / {
        split($0, field, "\""); program = field[2]
        ran = 0; inner_failed = 0; running = ""; said = ""; skips = 0
        status = $0; sub(/.* status="/, "", status); sub(/".*/, "", status)
    }
    /<skipped message="SKIP_RETURN_CODE/ { skips = 1 }
    { sub(/^.*<system-out>/, ""); }
    /^\[ RUN      \] /    { running = substr($0, 14); said = ""; next }
    running != "" && /^\[       OK \] /  { passed++; ran++; running = ""; next }
    running != "" && /^\[  FAILED  \] /  { failed++; ran++; inner_failed++; running = ""; next }
    running != "" && /^\[  SKIPPED \] /  { skip(program ": " running, said); ran++; running = ""; next }
    /^[^\t<[]/ { line = $0; sub(/<\/system-out>.*/, "", line); if (line != "") said = line }
    /<\/testcase>/ {
        if (skips) skip(program, said)
        else if (status != "run" && !inner_failed) failed++
        else if (!ran) passed++
    }
    END { print passed + 0, failed + 0, skipped + 0 }' "$2"
