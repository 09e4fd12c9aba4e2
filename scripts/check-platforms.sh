#!/usr/bin/env bash
# One receipt everywhere: trains every kind of method for a moment with each compiler, instruction set and number of
# threads at hand, and for each other processor or system whose tools are installed (Debian's cross-compilers and
# qemu-user, mingw-w64 and wine, emscripten and node), and compares the hashes of weights and scores. A run of each such target is then
# checked here, and one of this machine there: files written on one load on the other.
#   make platforms                            all
#   scripts/check-platforms.sh s390x wasm32   this machine's own compiler, and those that are named
#
# The reference is what g++ built for this machine computes on one thread. Exit status 1 if a receipt differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${JOBS:-2}
folder=build-platforms

small=(--data strokes --limit 100 --epochs 1 --batch-size 50 --no-map)
pretrained=("${small[@]}" --ae-epochs 1 --ae-batch-size 50)
trainings=(
  "deep-svdd ${pretrained[*]} --normal 3"
  "deep-svdd ${pretrained[*]} --normal 3 --objective soft-boundary --recipe theano"
  "multi-radius ${pretrained[*]} --normal 3,0,1"
  "multi-sphere ${pretrained[*]} --normal 0,1 --spheres 5 --network mlp --widths 24,12"
  "dasvdd ${small[*]} --normal 3"
  "deep-svdd ${pretrained[*]} --normal 3 --network mlp --widths 24,12"
)

receipts() {  # of all trainings by the command, with the options "$@"; the runs stay in $folder/runs/$runs
  local i=0 training
  rm -rf "$folder/runs/$runs"
  mkdir -p "$folder/runs/$runs"
  for training in "${trainings[@]}"; do
    local out=$folder/runs/$runs/$i
    # shellcheck disable=SC2086  # the words of a training are options
    "${command[@]}" train --method $training --quiet --out "$out" "$@" >/dev/null
    sed -n 's/^  "\(weights\|scores\)_sha256": "\([0-9a-f]*\)".*/'"$i"' \1 \2/p' "$out/results.json"
    i=$((i + 1))
  done
}

status=0
compare() {  # NAME, then options of svdd train
  local name=$1 seconds=$SECONDS runs=${runs:-others}
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

asked=("$@")
is_asked() {  # NAME: whether it is to be compared
  [ ${#asked[@]} = 0 ] || [[ " ${asked[*]} " == *" $1 "* ]]
}

# cross NAME TARGET COMPILER PACKAGES OPTIONS COMMAND...: another target, whose programs COMMAND runs.
cross() {
  local name=$1 target=$2 compiler=$3 packages=$4 options=$5
  shift 5
  is_asked "$name" || return 0
  if ! command -v "$compiler" >/dev/null || ! command -v "$1" >/dev/null; then
    echo "$name is left out: it needs $packages"
    return
  fi
  # shellcheck disable=SC2086  # the options are words
  if ! build "$name" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/cross.cmake" -DSVDD_CROSS="$target" -DSVDD_WITH_ZLIB=OFF \
    -DSVDD_WITH_C=OFF $options "-DSVDD_JSON_INCLUDE=$headers" "-DSVDD_STB_INCLUDE=$headers" \
    "-DSVDD_CLI11_INCLUDE=$headers"; then
    status=1
    return
  fi
  local program=$folder/$name/svdd native=("${command[@]}") last=$((${#trainings[@]} - 1)) runs=$name
  for other in "$program.js" "$program.exe"; do
    [ -e "$program" ] || program=$other
  done
  command=("$@" "$program")
  compare "$name" --threads 1
  "${native[@]}" verify "$folder/runs/$name/$last" >/dev/null || { echo "    its files are not sound here"; status=1; }
  "${command[@]}" verify "$folder/runs/native/$last" --threads 1 >/dev/null ||
    { echo "    this machine's files are not sound there"; status=1; }
  command=("${native[@]}")
}

mkdir -p "$folder/runs"
build gcc -DCMAKE_CXX_COMPILER=g++
command=("$folder/gcc/svdd")
seconds=$SECONDS
runs=native
expected=$(receipts --threads 1)
unset runs
[ "$(echo "$expected" | wc -l)" = $((2 * ${#trainings[@]})) ] || { echo "receipts are missing: $expected" >&2; exit 1; }
printf '%-28s %s\n' "g++, 1 thread" "${#trainings[@]} trainings ($((SECONDS - seconds)) s)"
if is_asked x86-64; then
  compare "g++, 2 threads" --threads 2
  compare "g++, 3 threads" --threads 3
  for simd in avx512 avx2 portable; do
    if "${command[@]}" --version | grep -q "available:.*$simd"; then
      compare "g++, $simd" --simd "$simd" --threads 2
    fi
  done
fi

if ! is_asked clang++; then
  :
elif ! command -v clang++ >/dev/null; then
  echo "clang++ is not installed: left out"
elif build clang -DCMAKE_CXX_COMPILER=clang++; then
  command=("$folder/clang/svdd")
  compare "clang++, 2 threads" --threads 2
  compare "clang++, portable" --simd portable --threads 2
  command=("$folder/gcc/svdd")
else
  status=1
fi

# The header-only packages, in a folder without this machine's other headers.
headers=$PWD/$folder/headers
mkdir -p "$headers"
for name in nlohmann stb CLI; do
  for from in /usr/include /usr/local/include; do
    [ ! -d "$from/$name" ] || ln -sfn "$from/$name" "$headers/$name"
  done
done

linux() {  # NAME TARGET EMULATOR [OPTIONS]: by Debian's compiler and qemu-user
  cross "$1" "$2" "$2-g++" "g++-$2 and qemu-user" "${4:-}" "$3"
}
linux AArch64 aarch64-linux-gnu qemu-aarch64
linux s390x s390x-linux-gnu qemu-s390x
here=qemu-i386
[ "$(uname -m)" != x86_64 ] || here=env  # which runs such programs itself
linux i686 i686-linux-gnu "$here"
linux riscv64 riscv64-linux-gnu qemu-riscv64
linux armhf arm-linux-gnueabihf qemu-arm
linux ppc64le powerpc64le-linux-gnu qemu-ppc64le
# Debian's wine64 is nothing that a shell finds; its package wine is, and makes a second world of 32 bits.
wine=$(command -v wine64 || command -v wine || echo /usr/lib/wine/wine64)
export WINEDEBUG=${WINEDEBUG:--all} LC_ALL=C.UTF-8
cross Windows x86_64-w64-mingw32 x86_64-w64-mingw32-g++-posix "g++-mingw-w64-x86-64-posix and wine64" "" "$wine"
# Node from 18 on fetches files by their addresses alone, which emscripten 3.1.6 does not know.
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs}  # where Debian has acorn, whoever node is from
cross wasm32 wasm32 em++ "emscripten, node-acorn and nodejs" -DSVDD_WITH_THREADS=OFF node --no-experimental-fetch
exit $status
