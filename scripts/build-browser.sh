#!/usr/bin/env bash
# Builds the page of tools/browser into build/browser, or the folder that is named: the engine and Deep SVDD as WebAssembly,
# for any static server. It needs Debian's emscripten and node-acorn; nothing else of this checkout needs either.
#   make browser
#   scripts/build-browser.sh [FOLDER]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
page=$(realpath -m "${1:-build/browser}")
build=build-browser

if ! command -v em++ >/dev/null; then
  echo "make browser needs emscripten: apt-get install --no-install-recommends emscripten node-acorn" >&2
  exit 1
fi

# Where Debian has acorn, which emscripten asks node for: Debian's node looks there, others do not.
export NODE_PATH=/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}

# The header-only packages, in a folder without this machine's other headers.
headers=$PWD/$build/headers
mkdir -p "$headers"
for name in nlohmann stb; do
  for from in /usr/include /usr/local/include; do
    [ ! -d "$from/$name" ] || ln -sfn "$from/$name" "$headers/$name"
  done
done

cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/cross.cmake" -DSVDD_CROSS=browser \
  -DSVDD_WITH_THREADS=OFF -DSVDD_WITH_OPENBLAS=OFF -DSVDD_WITH_ZLIB=OFF -DSVDD_WITH_CUDA=OFF -DSVDD_WITH_C=OFF \
  -DSVDD_WITH_TOOL=OFF -DSVDD_WITH_TESTS=OFF -DSVDD_X86=OFF -DSVDD_X86_OF_32_BITS=OFF \
  "-DSVDD_JSON_INCLUDE=$headers" "-DSVDD_STB_INCLUDE=$headers" "-DSVDD_PAGE=$page"
cmake --build "$build" --parallel "${JOBS:-2}" --target browser

shown=${page#"$PWD"/}
echo "$shown: $(cat "$page"/* | wc -c) bytes, $(for file in "$page"/*; do gzip -9c "$file"; done | wc -c) as a server compresses them"
echo "Look at it with: python3 -m http.server --directory $shown 8000, at http://localhost:8000"
