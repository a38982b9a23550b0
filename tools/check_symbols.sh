#!/bin/sh
# check_symbols.sh LIBRARY - the shared library exports exactly the functions that rewire.h declares.
set -eu
library=$1
header=$(dirname "$0")/../include/rewire/rewire.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -D --defined-only "$library" | awk '{ print $NF }' | LC_ALL=C sort >"$work/exported"
tr '\n' ' ' <"$header" | grep -oE 'RW_API [^(;]*\(' | grep -oE 'rw_[a-z0-9_]+\($' | tr -d '(' | LC_ALL=C sort >"$work/declared"

LC_ALL=C comm -23 "$work/exported" "$work/declared" | sed 's/^/exported, but not declared in rewire.h: /' >"$work/found"
LC_ALL=C comm -13 "$work/exported" "$work/declared" | sed 's/^/declared in rewire.h, but not exported: /' >>"$work/found"
cat "$work/found"
[ -s "$work/declared" ] && [ ! -s "$work/found" ]
