#!/usr/bin/env bash
# Floors and their tests under sanitizers, in minutes where `make sanitize` and `make tsan`, all floors and all tests, take an
# hour:
#   scripts/sanitize-floors.sh [--until SECONDS] [engine] [datasets] [svdd] [tools] [threads]
# None named: all. The first four by the address sanitizer and the parts of the undefined-behaviour sanitizer that compile
# quickly; threads: what starts threads in engine and svdd by the thread sanitizer. Left out of each is what runs for long and
# enters no code that the rest does not. What has not ended after SECONDS is left out, and said. Closes as
# scripts/run-tests.sh does, with the sums; exit status 1 where a test failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
until=86400
if [ "${1:-}" = --until ]; then
  until=$2
  shift 2
fi
[ $# -gt 0 ] || set -- engine datasets svdd tools threads

undefined=bounds,signed-integer-overflow,shift,integer-divide-by-zero,float-cast-overflow,enum,bool
check() {  # FLOOR
  # Compiled at -O0, the kernels at -O1: of most floors that takes longer than running them.
  local build=build-sanitize-address sanitizers=address,$undefined targets=("tests_$1") tests
  case $1 in
  engine) tests=(-R '^engine/' -E 'ParityOfTraining|LargeImages|/CudaConvolution|FusedMultiplyAdd') ;;
  datasets) tests=(-R '^datasets/') ;;
  svdd)
    tests=(-R '^svdd/' -E 'CostEstimate|SameBitsOnEvery|ThousandsOf|StepTrace|OfAFit|OfLongRows|OneReceipt|BitsOfTheTexts|MnistZeros|AnotherBackend|BeatsOne|PretrainingStore|ScoreGradient|EachRunIsTheOne|Golden')
    ;;
  tools)  # strangers' words and files
    tests=(-R '^tools/' -E 'Ledger|Reproduce|Stopping|InOneFile|Book|Browser|Memory|Export|Benchmark|SavedBy01|Comparison|EveryKindOfRun|SizeNetworkAndEpochs|ASampleIsDrawn|ManyThreadsTake')
    ;;
  threads)
    build=build-sanitize-thread sanitizers=thread targets=(tests_engine tests_svdd)
    tests=(-R 'ThreadPool|Threads|SideBySide|OneMachine|Parity.EqualBits/(conv2d|dense|batch_norm)|ParityOfTraining.OneClass|Tsne|Finch|KMeans|NearestN|Stop')
    ;;
  *)
    echo "there is no floor '$1': engine, datasets, svdd, tools or threads" >&2
    return 2
    ;;
  esac
  cmake -S . -B "$build" -DSVDD_WITH_CUDA=OFF -DSVDD_SANITIZE=$sanitizers -DSVDD_SANITIZE_LEVEL=-O0
  cmake --build "$build" --parallel "$jobs" --target "${targets[@]}"
  scripts/run-tests.sh "$build" --parallel "$jobs" "${tests[@]}"
}
if [ "${1:-}" = --check ]; then
  check "$2"
  exit
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
for floor in "$@"; do
  status=0
  left=$((until - SECONDS))
  if [ $left -gt 0 ]; then
    echo "== $floor under a sanitizer" | tee -a "$log"
    timeout "$left" "$0" --check "$floor" 2>&1 | tee -a "$log" || status=$?
  else
    status=124
  fi
  if [ $status = 124 ]; then
    echo "Left out after $SECONDS s: $floor under a sanitizer, or the rest of it" | tee -a "$log"
  elif [ $status != 0 ]; then
    failed=1
  fi
done
grep '^Left out' "$log" || true
sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$log" |
  awk '{ passed += $1; failed += $2; skipped += $3 } END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }'
exit $failed
