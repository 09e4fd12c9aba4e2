#!/usr/bin/env bash
# One receipt everywhere: trains every kind of method for a moment with each compiler, instruction set and number of
# threads at hand, and for AArch64 under qemu-user where Debian's g++-aarch64-linux-gnu and qemu-user are installed,
# and compares the hashes of weights and scores.  make platforms
#
# The reference is what g++ built for this machine computes on one thread. Exit status 1 if a receipt differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${JOBS:-2}
folder=build-platforms

small=(--data strokes --limit 100 --epochs 1 --batch-size 50)
pretrained=("${small[@]}" --ae-epochs 1 --ae-batch-size 50)
trainings=(
  "deep-svdd ${pretrained[*]} --normal 3"
  "deep-svdd ${pretrained[*]} --normal 3 --objective soft-boundary --recipe theano"
  "multi-radius ${pretrained[*]} --normal 3,0,1"
  "multi-sphere ${pretrained[*]} --normal 0,1 --spheres 5 --network mlp --widths 24,12"
  "dasvdd ${small[*]} --normal 3"
  "deep-svdd ${pretrained[*]} --normal 3 --network mlp --widths 24,12"
)

receipts() {  # of all trainings by the command "$@"
  local i=0 training
  for training in "${trainings[@]}"; do
    local out=$folder/run
    rm -rf "$out"
    # shellcheck disable=SC2086  # the words of a training are options
    "${command[@]}" train --method $training --quiet --out "$out" "$@" >/dev/null
    sed -n 's/^  "\(weights\|scores\)_sha256": "\([0-9a-f]*\)".*/'"$i"' \1 \2/p' "$out/results.json"
    i=$((i + 1))
  done
}

status=0
compare() {  # NAME, then options of svdd train
  local name=$1 seconds=$SECONDS
  shift
  local found
  if ! found=$(receipts "$@"); then
    printf '%-28s %s\n' "$name" "did not run"
    status=1
  elif [ "$found" = "$expected" ]; then
    printf '%-28s %s\n' "$name" "the same ($((SECONDS - seconds)) s)"
  else
    printf '%-28s %s\n' "$name" "DIFFERENT:"
    diff <(echo "$expected") <(echo "$found") | sed -n 's/^> /    training and hash: /p'
    status=1
  fi
}

build() {  # FOLDER, then options of cmake
  local in=$folder/$1
  shift
  { cmake -S . -B "$in" -DSVDD_WITH_TESTS=OFF -DSVDD_WITH_CUDA=OFF -DSVDD_WITH_OPENBLAS=OFF "$@" &&
    cmake --build "$in" --parallel "$jobs" --target svdd; } >"$in.log" 2>&1 ||
    { echo "$in: the build failed; its last lines:" >&2; tail -5 "$in.log" >&2; return 1; }
}

mkdir -p "$folder"
build gcc -DCMAKE_CXX_COMPILER=g++
command=("$folder/gcc/svdd")
seconds=$SECONDS
expected=$(receipts --threads 1)
[ "$(echo "$expected" | wc -l)" = $((2 * ${#trainings[@]})) ] || { echo "receipts are missing: $expected" >&2; exit 1; }
printf '%-28s %s\n' "g++, 1 thread" "${#trainings[@]} trainings ($((SECONDS - seconds)) s)"
compare "g++, 2 threads" --threads 2
compare "g++, 3 threads" --threads 3
for simd in avx512 avx2 portable; do
  if "${command[@]}" --version | grep -q "available:.*$simd"; then
    compare "g++, $simd" --simd "$simd" --threads 2
  fi
done

if command -v clang++ >/dev/null; then
  if build clang -DCMAKE_CXX_COMPILER=clang++; then
    command=("$folder/clang/svdd")
    compare "clang++, 2 threads" --threads 2
    compare "clang++, portable" --simd portable --threads 2
  else
    status=1
  fi
else
  echo "clang++ is not installed: left out"
fi

cross=aarch64-linux-gnu
if command -v $cross-g++ >/dev/null && command -v qemu-aarch64 >/dev/null; then
  # The header-only packages, in a folder without this machine's other headers.
  headers=$folder/headers
  mkdir -p "$headers"
  for name in nlohmann stb CLI; do
    for from in /usr/include /usr/local/include; do
      [ ! -d "$from/$name" ] || ln -sfn "$from/$name" "$headers/$name"
    done
  done
  at=$PWD/$headers
  if build aarch64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_CXX_COMPILER=$cross-g++ \
    -DSVDD_WITH_ZLIB=OFF -DSVDD_X86=OFF -DCMAKE_EXE_LINKER_FLAGS=-static \
    "-DSVDD_JSON_INCLUDE=$at" "-DSVDD_STB_INCLUDE=$at" "-DSVDD_CLI11_INCLUDE=$at"; then
    command=(qemu-aarch64 "$folder/aarch64/svdd")
    compare "AArch64 under qemu, 1 thread" --threads 1
  else
    status=1
  fi
else
  echo "AArch64 is left out: it needs g++-$cross and qemu-user"
fi
exit $status
