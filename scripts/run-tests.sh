#!/usr/bin/env bash
# Runs CTest on a build folder and closes with one plain line, 'N passed, N failed, N skipped':
#   scripts/run-tests.sh BUILD_FOLDER [CTEST_OPTION ...]
# The exit status is CTest's; a run without a single test that passed or failed is a failure too.
set -euo pipefail

build=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

status=0
(cd "$build" && ctest --output-on-failure "$@" </dev/null 2>&1) | tee "$log" || status=$?

# "99% tests passed, 1 tests failed out of 120": what skipped itself is among the 120, what is disabled is not.
read -r failed total < <(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$log" |
                         tail -n 1 | grep . || echo 0 0)
count_ends() { grep -cE "^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*\*\*\*$1" "$log" || true; }
skipped=$(count_ends Skipped)
disabled=$(count_ends 'Not Run \(Disabled\)')
passed=$((total - failed - skipped))

if [ $status -eq 0 ] && [ $((passed + failed)) -eq 0 ]; then
  echo "No test ran in $build." >&2
  status=1
fi
echo
echo "$passed passed, $failed failed, $((skipped + disabled)) skipped"
exit $status
