#!/usr/bin/env bash
# All that only a machine with an NVIDIA GPU can show, in under eight minutes, closed by one table:
#   tools/gpu-check.sh [BUILD_FOLDER]                     default: build-cuda
# builds with CUDA; runs every CUDA test on the card (parity with the reference backend, golden values, determinism);
# compute-sanitizer over the kernels; MNIST's class 3 on the GPU and on the CPU, whose receipts must agree; the
# benchmarks beside PyTorch, eager and as a CUDA graph; ten digits side by side.
#
# Works offline on a bare machine with g++, CMake and nvcc: OpenBLAS and zlib are not needed. What is not installed comes
# from folders named in variables:
#   HEADERS   folder with nlohmann/, stb/ and CLI/           GTEST_SRC  GoogleTest's sources
#   SVDD_DATA folder with mnist/ (unpacked or .gz; .gz needs zlib, so unpack it: gunzip -k mnist/*.gz)
#   JOBS      compilations at once (default: all processors)
# Exit status 0 only if every check passed; the logs stay in BUILD_FOLDER/gpu-check.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:-build-cuda}
jobs=${JOBS:-$(nproc)}
log=$build/gpu-check
mkdir -p "$log"
export PATH=$PATH:/usr/local/cuda/bin
rows=() failed=0
begun=$SECONDS

# check NAME COMMAND...: runs it into a log of its own and notes how it ended and how long it took.
check() {
  local name=$1 start=$SECONDS status=ok
  shift
  echo "== $name" >&2
  "$@" >"$log/$name.log" 2>&1 || status="FAILED (see $log/$name.log)"
  [ "$status" = ok ] || { failed=1; tail -n 15 "$log/$name.log" >&2; }
  rows+=("$(printf '%-28s %-8s %4d s  %s' "$name" "${status%% *}" $((SECONDS - start)) "$(summary_of "$name")")")
}

# The line of a log that says most.
summary_of() {
  case $1 in
    tests) grep -E '^\[  (PASSED|FAILED|SKIPPED)  \]|tests? ran' "$log/$1.log" | tail -n 3 | tr -s ' \n' ' ' ;;
    sanitizer-*) grep -hoE 'ERROR SUMMARY: .*|RACECHECK SUMMARY: .*' "$log/$1.log" | tail -n 1 ;;
    receipt) tail -n 1 "$log/$1.log" ;;
    digits) grep -E 'seconds$' "$log/$1.log" | tail -n 1 ;;
  esac
}

configure() {
  local options=(-DSVDD_WITH_OPENBLAS=OFF -DSVDD_WITH_CUDA=ON)
  [ -n "${HEADERS:-}" ] && options+=(-DSVDD_JSON_INCLUDE="$HEADERS" -DSVDD_STB_INCLUDE="$HEADERS" -DSVDD_CLI11_INCLUDE="$HEADERS")
  [ -n "${GTEST_SRC:-}" ] && options+=(-DSVDD_GTEST_SOURCE="$GTEST_SRC")
  cmake -S . -B "$build" "${options[@]}"
}

compile() { cmake --build "$build" --parallel "$jobs" --target svdd tests_engine_cuda; }

# A skipped test is a failure here: this script is for machines that have a card.
on_the_card() { "$@" | tee /dev/stderr | { ! grep -q '^\[  SKIPPED \]'; }; }

# The kernels of each row of the parity table a few times, under the tool named.
sanitize() {
  compute-sanitizer --tool "$1" --error-exitcode 1 "$build/tests_engine_cuda" --gtest_filter='Ops/*'
}

train() {  # DEVICE
  "$build/svdd" train --data mnist --normal 3 --device "$1" --quiet --out "$log/mnist-3-$1"
}

field() { sed -nE "s/^ *\"$2\": \"?([^\",]*)\"?,?$/\1/p" "$log/mnist-3-$1/results.json"; }

# The full recipe on the GPU and on the CPU: the same weights, the same scores.
receipt() {
  train cuda && train cpu || return 1
  local same=yes
  for what in weights_sha256 scores_sha256; do
    echo "$what: cuda $(field cuda $what), cpu $(field cpu $what)"
    [ "$(field cuda $what)" = "$(field cpu $what)" ] || same=no
  done
  echo "same bits: $same; AUC $(field cuda auc); seconds on the GPU $(field cuda pretrain_seconds) + $(field cuda train_seconds), on the CPU $(field cpu pretrain_seconds) + $(field cpu train_seconds)"
  [ $same = yes ]
}

digits() {
  local start=$SECONDS
  "$build/svdd" reproduce deep-svdd-mnist --methods one-class --seeds "${SEEDS:-1}" --device cuda --jobs "${RUNS_AT_ONCE:-10}" \
    --out "$log/digits" || return 1
  echo "the table of ${SEEDS:-1} seed(s) took $((SECONDS - start)) seconds"
}

bench() { "$build/svdd" bench "$@" --device cuda --repeat 5 --output "$log/bench-$1-${3:-plain}.json"; }

nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || { echo "This machine shows no NVIDIA GPU." >&2; exit 1; }
check configure configure
check compile compile
if [ $failed = 0 ]; then
  check tests on_the_card "$build/tests_engine_cuda" --gtest_brief=0
  check sanitizer-memcheck sanitize memcheck
  check sanitizer-racecheck sanitize racecheck
  check kernels bench kernels
  if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    check steps-torch bench steps --compare torch
    check steps-torch-graph bench steps --compare torch-graph
  else
    check steps bench steps
  fi
  if "$build/svdd" data info mnist >/dev/null 2>&1; then
    check receipt receipt
    check digits digits
  else
    echo "MNIST was not found (SVDD_DATA): no receipt of a whole run, no table." >&2
  fi
fi

echo
printf '%s\n' "${rows[@]}"
for steps in "$log"/kernels.log "$log"/steps*.log; do
  [ -e "$steps" ] && { echo; echo "$(basename "$steps" .log):"; sed -n '2,$p' "$steps"; }
done
echo
echo "in all $((SECONDS - begun)) s; $([ $failed = 0 ] && echo "every check passed" || echo "CHECKS FAILED")"
exit $failed
