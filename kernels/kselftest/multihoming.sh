#!/bin/sh
# Runs miflab's labs on the kernel that is booted. KTAP on standard output; the exit code is 0 where nothing is unexpected,
# 1 where a decision is, and 4 (KSFT_SKIP) where miflab, or what it needs of this machine or kernel, is missing.
# Arguments, from KSELFTEST_MULTIHOMING_SH_ARGS: names of labs, and options of miflab run. Without any: all labs.
miflab=$(command -v "${MIFLAB:-miflab}") || {
  echo "1..0 # SKIP there is no miflab: MIFLAB=/path/to/miflab.js, or a miflab in the PATH"
  exit 4
}
# The labs lie beside the folder of the program.
cd "$(dirname "$(readlink -f "$miflab")")/.." || exit 1
"$miflab" run --reporter ktap --output "${MIFLAB_RESULTS:-${TMPDIR:-/tmp}/miflab-results}" "$@"
code=$?
# Inconclusive: a failure, which kselftest knows one of.
[ "$code" -ne 3 ] || code=1
exit "$code"
