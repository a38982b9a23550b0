#!/bin/sh
# check_header.sh - rewire.h stands alone, as strict C17 and as C++.
set -eu
header=$(dirname "$0")/../include/rewire/rewire.h
${CC:-cc} -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "$header"
clang++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Wno-pragma-once-outside-header -fsyntax-only -x c++ "$header"
