#!/usr/bin/env bash
# One floor and its tests under a sanitizer, in minutes where `make sanitize` and `make tsan`, all floors and all tests, take an
# hour:
#   scripts/sanitize-floor.sh engine|datasets|svdd|tools|threads
# The first four by the address sanitizer and the parts of the undefined-behaviour sanitizer that compile quickly; threads:
# what starts threads in engine and svdd by the thread sanitizer. Left out of each is what runs for long and enters no code that
# the rest does not. Closes as scripts/run-tests.sh does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
floor=${1:?name a floor}
build=build-sanitize-$floor
undefined=bounds,signed-integer-overflow,shift,integer-divide-by-zero,float-cast-overflow,enum,bool
options=(-DSVDD_SANITIZE=address,$undefined -DSVDD_SANITIZE_LEVEL=-O1)
case $floor in
engine)
  targets=(tests_engine)
  tests=(-R '^engine/' -E 'ParityOfTraining|LargeImages|/CudaConvolution|FusedMultiplyAdd')
  ;;
datasets)
  targets=(tests_datasets)
  tests=(-R '^datasets/')
  options+=(-DSVDD_WITH_TOOL=OFF -DSVDD_X86=OFF)  # no kernel is in it
  ;;
svdd)
  targets=(tests_svdd)
  tests=(-R '^svdd/' -E 'CostEstimate|SameBitsOnEvery|ThousandsOf|StepTrace|OfAFit|OfLongRows|OneReceipt|BitsOfTheTexts|MnistZeros|AnotherBackend|BeatsOne|PretrainingStore|ScoreGradient|EachRunIsTheOne|Golden')
  ;;
tools)  # strangers' words and files; at -O0, because the command takes longer to compile than to test
  targets=(tests_tools)
  tests=(-R '^tools/' -E 'Ledger|Reproduce|Stopping|InOneFile|Book|Browser|Memory|Export|Benchmark|SavedBy01|Comparison|EveryKindOfRun|SizeNetworkAndEpochs|ASampleIsDrawn|ManyThreadsTake')
  options=(-DSVDD_SANITIZE=address -DSVDD_SANITIZE_LEVEL=-O0)
  ;;
threads)
  targets=(tests_engine tests_svdd)
  tests=(-R 'ThreadPool|Threads|SideBySide|OneMachine|Parity.EqualBits/(conv2d|dense|batch_norm)|ParityOfTraining.OneClass|Tsne|Finch|KMeans|NearestN|Stop')
  options=(-DSVDD_SANITIZE=thread -DSVDD_SANITIZE_LEVEL=-O1)
  ;;
*)
  echo "there is no floor '$floor': engine, datasets, svdd, tools or threads" >&2
  exit 2
  ;;
esac
cmake -S . -B "$build" -DSVDD_WITH_CUDA=OFF "${options[@]}"
cmake --build "$build" --parallel "$jobs" --target "${targets[@]}"
scripts/run-tests.sh "$build" --parallel "$jobs" "${tests[@]}"
