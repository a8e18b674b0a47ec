#!/bin/sh
# Run with `./test.sh`; UNSKEW names the program, if it is not on PATH.
set -eu
cd "$(dirname "$0")"
"${UNSKEW:-unskew}" plugin test ./unskew-strategy-{{name}}
