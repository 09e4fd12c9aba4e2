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

# The tests of a program that a pattern leaves, as many parts side by side as there are processors. One process for many tests:
# an instrumented one takes as long to start as most of them to run.
run_parts() {  # PROGRAM PATTERN
  local part pids=() logs=() failed=0
  for ((part = 0; part < jobs; ++part)); do
    logs+=("$(mktemp)")
    GTEST_TOTAL_SHARDS=$jobs GTEST_SHARD_INDEX=$part "$1" --gtest_filter="$2" --gtest_brief=1 >"${logs[part]}" 2>&1 &
    pids+=($!)
  done
  for ((part = 0; part < jobs; ++part)); do
    wait "${pids[part]}" || failed=1
    tail -n 200 "${logs[part]}"
  done
  cat "${logs[@]}" | sed -nE 's/^\[  (PASSED|FAILED|SKIPPED) +\] ([0-9]+) tests?[.,].*/\1 \2/p' |
    awk '{ n[$1] += $2 } END { printf "%d passed, %d failed, %d skipped\n", n["PASSED"], n["FAILED"], n["SKIPPED"] }'
  rm -f "${logs[@]}"
  return $failed
}

undefined=bounds,signed-integer-overflow,shift,integer-divide-by-zero,float-cast-overflow,enum,bool
check() {  # FLOOR
  # Compiled at -O0, the kernels at -O1: of most floors that takes longer than running them.
  local build=build-sanitize-address sanitizers=address,$undefined programs=("tests_$1") options=() pattern
  case $1 in
  engine) pattern='-*ParityOfTraining*:*LargeImages*:*/CudaConvolution*:*FusedMultiplyAdd*' ;;
  datasets)  # it needs no kernels, which take longer to compile than the rest of it
    build=build-sanitize-datasets options=(-DSVDD_X86=OFF) pattern='*'
    ;;
  svdd)  # one training of each method is in CapturedTraining
    pattern='-CostEstimate*:*SameBitsOnEvery*:*ThousandsOf*:StepTrace*:*OfAFit*:*OfLongRows*:*OneReceipt*:*BitsOfTheTexts*:*MnistZeros*:*AnotherBackend*:*BeatsOne*:PretrainingStore*:ScoreGradient*:*EachRunIsTheOne*:*Golden*:MultiSphere.*:MultiRadius.*:*LearnsToTell*:*IsTheSlope*:ModeOf*:DeepSvddReceipt*:*WhenTheWeightsAreRandomised*'
    ;;
  tools)  # strangers' words and files; a command starts slowly here, so what starts many is left to other floors
    pattern='-*Ledger*:*Reproduce*:*Stopping*:*InOneFile*:*Book*:*Browser*:*Memory*:*Export*:*Benchmark*:*SavedBy01*:*Comparison*:*EveryKindOfRun*:*SizeNetworkAndEpochs*:*ASampleIsDrawn*:*ManyThreadsTake*:Resume.*:Verify.*:Cli.Threads*:Limits.*:Calibrated.*:Counts.*:SaidOfRuns.*:DamagedRun.NoCommand*:OwnData.Dasvdd*'
    ;;
  threads)
    build=build-sanitize-thread sanitizers=thread programs=(tests_engine tests_svdd)
    pattern='*ThreadPool*:ThreadsToStart*:*InTwoThreads*:SideBySide.*:*OneMachine*:*Parity.EqualBits/conv2d*:*Parity.EqualBits/dense*:*Parity.EqualBits/batch_norm*:*IsTheSameOnAnyMachine*:*NothingDependsOnThreads*:KMeans.Equals*:Finch.EqualsThePlainLoops*:Stopping.*'
    ;;
  *)
    echo "there is no floor '$1': engine, datasets, svdd, tools or threads" >&2
    return 2
    ;;
  esac
  cmake -S . -B "$build" -DSVDD_WITH_CUDA=OFF -DSVDD_SANITIZE=$sanitizers -DSVDD_SANITIZE_LEVEL=-O0 "${options[@]}"
  cmake --build "$build" --parallel "$jobs" --target "${programs[@]}"
  local program failed=0
  for program in "${programs[@]}"; do run_parts "$build/$program" "$pattern" || failed=1; done
  return $failed
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
    timeout "$left" scripts/sanitize-floors.sh --check "$floor" 2>&1 | tee -a "$log" || status=$?
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
