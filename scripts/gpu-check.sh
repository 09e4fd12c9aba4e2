#!/usr/bin/env bash
# All that only a machine with an NVIDIA GPU can show, in under eight minutes, closed by one table:
#   scripts/gpu-check.sh [BUILD_FOLDER]                     default: build-cuda
# builds with CUDA; runs every CUDA test on the card (parity with the reference backend, golden values, determinism);
# MNIST's class 3 on the GPU and on the CPU, whose receipts must agree; the benchmarks beside PyTorch, eager and as a
# CUDA graph; ten digits side by side; in the time that is left, compute-sanitizer over the kernels.
#
# Works offline on a bare machine with g++, CMake and nvcc: OpenBLAS and zlib are not needed. What is not installed comes
# from folders named in variables:
#   HEADERS   folder with nlohmann/, stb/ and CLI/           GTEST_SRC  GoogleTest's sources
#   SVDD_DATA folder with mnist/, unpacked or .gz
#   JOBS      compilations at once (default: all processors)
#   BUDGET    seconds for all of it (default: 480)
# Exit status 0 only if every check passed; the logs stay in BUILD_FOLDER/gpu-check.
set -uo pipefail
for folder in HEADERS GTEST_SRC SVDD_DATA; do
  [ -z "${!folder:-}" ] || export "$folder=$(realpath "${!folder}")"
done
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

build=${1:-build-cuda}
jobs=${JOBS:-$(nproc)}
mkdir -p "$build/gpu-check"
log=$(realpath "$build/gpu-check")
export PATH=$PATH:/usr/local/cuda/bin:/usr/local/cuda/compute-sanitizer
rows=() failed=0
begun=$SECONDS

# check NAME COMMAND...: runs it into a log of its own and notes how it ended and how long it took.
check() {
  local name=$1 start=$SECONDS status=0 ended=ok
  shift
  echo "== $name" >&2
  "$@" >"$log/$name.log" 2>&1 || status=$?
  if [ $status != 0 ]; then
    ended=FAILED failed=1
    [ $status = 124 ] && echo "stopped after $((SECONDS - start)) seconds" >>"$log/$name.log"
    tail -n 15 "$log/$name.log" >&2
  fi
  rows+=("$(printf '%-18s %-6s %4d s  %s' "$name" $ended $((SECONDS - start)) "$(summary_of "$name")")")
  echo "${rows[-1]}" >&2
}

# The line of a log that says most.
summary_of() {
  case $1 in
    tests) grep -E '^\[  (PASSED|FAILED|SKIPPED) +\]|tests? ran' "$log/$1.log" | tail -n 3 | tr -s '\n ' ' ' ;;
    sanitizer-*) grep -hoE 'ERROR SUMMARY: .*|RACECHECK SUMMARY: .*|stopped after .*' "$log/$1.log" | tail -n 1 ;;
    receipt | digits) tail -n 1 "$log/$1.log" ;;
  esac
}

configure() {
  local options=(-DSVDD_WITH_OPENBLAS=OFF -DSVDD_WITH_CUDA=ON)
  [ -n "${HEADERS:-}" ] && options+=(-DSVDD_JSON_INCLUDE="$HEADERS" -DSVDD_STB_INCLUDE="$HEADERS" -DSVDD_CLI11_INCLUDE="$HEADERS")
  [ -n "${GTEST_SRC:-}" ] && options+=(-DSVDD_GTEST_SOURCE="$GTEST_SRC")
  cmake -S . -B "$build" "${options[@]}"
}

compile() { cmake --build "$build" --parallel "$jobs" --target svdd tests_engine_cuda; }

# MNIST's files as a build without zlib reads them.
unpack() {
  local file
  mkdir -p "$log/data/mnist"
  for file in "$SVDD_DATA"/mnist/*-ubyte; do [ ! -e "$file" ] || cp "$file" "$log/data/mnist/" || return 1; done
  for file in "$SVDD_DATA"/mnist/*-ubyte.gz; do
    [ ! -e "$file" ] || gunzip -c "$file" >"$log/data/mnist/$(basename "$file" .gz)" || return 1
  done
  export SVDD_DATA=$log/data
}

# A skipped test is a failure here: this script is for machines that have a card. (One is about OpenBLAS.)
on_the_card() {
  timeout 150 "$build/tests_engine_cuda" --gtest_filter='-*OpenBlas*' || return
  ! grep -q '^\[  SKIPPED \]' "$log/tests.log"
}

# Calls of the operations whose names match, under a tool of compute-sanitizer.
sanitize() {  # TOOL SECONDS NAME...
  local tool=$1 seconds=$2 filter
  shift 2
  filter=$(printf ':Ops/*/%s' "$@")
  timeout "$seconds" compute-sanitizer --tool "$tool" --error-exitcode 1 "$build/tests_engine_cuda" --gtest_filter="${filter:1}"
}
left() { local seconds=$((${BUDGET:-480} - (SECONDS - begun))); echo $((seconds > 20 ? seconds : 20)); }

train() {  # DEVICE OPTION...
  local folder=$log/mnist-3-$1
  rm -rf "$folder"
  timeout 150 "$build/svdd" train --data mnist --normal 3 --device "$@" --quiet --out "$folder"
}

field() { sed -nE "s/^ *\"$2\": \"?([^\",]*)\"?,?$/\1/p" "$log/$1/results.json"; }  # FOLDER NAME

same() { "$build/svdd" verify "$log/$1" "$log/$2"; }  # FOLDER FOLDER: equal, or where they part
seconds_of() { echo "$(field "$1" pretrain_seconds) + $(field "$1" train_seconds)"; }

# The full recipe on the GPU and, begun before, on the CPU.
receipt() {
  wait "$on_cpu" || { cat "$log/train-cpu.log"; return 1; }
  train cuda || return
  same mnist-3-cuda mnist-3-cpu || { echo "the bits differ"; return 1; }
  echo "same bits; AUC $(field mnist-3-cuda auc); seconds: GPU $(seconds_of mnist-3-cuda), CPU $(seconds_of mnist-3-cpu)"
}

# Ten runs share the GPU; the one that ran alone before must not notice.
digits() {
  local start=$SECONDS
  rm -rf "$log/digits"
  timeout 200 "$build/svdd" reproduce deep-svdd-mnist --methods one-class --seeds "${SEEDS:-1}" --device cuda \
    --jobs "${RUNS_AT_ONCE:-10}" --out "$log/digits" || return
  same mnist-3-cuda digits/runs/one-class/3/seed-1 || { echo "the bits differ from those of the run alone"; return 1; }
  echo "the table of ${SEEDS:-1} seed(s) took $((SECONDS - start)) seconds"
}

bench() { timeout 120 "$build/svdd" bench "$@" --device cuda --repeat 5 --output "$log/bench-$1-${3:-plain}.json"; }

nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || { echo "This machine shows no NVIDIA GPU." >&2; exit 1; }
check configure configure
check compile compile
if [ $failed = 0 ]; then
  [ ! -d "${SVDD_DATA:-}/mnist" ] || check unpack unpack
  on_cpu=
  if "$build/svdd" data info mnist >/dev/null 2>&1; then
    # Beside the tests, which are not about time.
    train cpu --threads $(($(nproc) > 2 ? $(nproc) - 2 : 1)) >"$log/train-cpu.log" 2>&1 &
    on_cpu=$!
  else
    echo "MNIST was not found (SVDD_DATA): no receipt of a whole run, no table." >&2
  fi
  check tests on_the_card
  [ -z "$on_cpu" ] || check receipt receipt
  check kernels bench kernels
  if python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
    check steps-torch bench steps --compare torch
    check steps-torch-graph bench steps --compare torch-graph
  else
    check steps bench steps
  fi
  check steps-tf32 bench steps --only CIFAR-10 --tf32
  [ -z "$on_cpu" ] || check digits digits
  # Races are looked for in shared memory, which these alone use.
  check sanitizer-race sanitize racecheck $(($(left) / 2)) upload_and_download gather take conv2d_weight_gradient \
    'dense*' nearest_point nearest_candidates root_quantile
  check sanitizer-memory sanitize memcheck "$(left)" '*:*TensorCores*'
fi

echo
printf '%s\n' "${rows[@]}"
for steps in "$log"/kernels.log "$log"/steps*.log; do
  [ -e "$steps" ] && { echo; echo "$(basename "$steps" .log):"; sed -n '2,$p' "$steps"; }
done
echo
echo "in all $((SECONDS - begun)) s; $([ $failed = 0 ] && echo "every check passed" || echo "CHECKS FAILED")"
exit $failed
