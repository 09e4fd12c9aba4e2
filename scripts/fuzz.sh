#!/usr/bin/env bash
# Fuzzes every reader of strangers' files under the address and undefined-behaviour sanitizers, with clang's libFuzzer:
#   make fuzz                       a minute each
#   SECONDS_EACH=600 make fuzz      longer
#   scripts/fuzz.sh image_file      one of tests/fuzz alone
# The sound files to begin with are made by build/svdd. What was found to be worth keeping stays in build-fuzz/corpus, and is
# where the next time begins. Exit status 1 if a target failed; its input is named, build-fuzz/NAME-crash-*.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=build-fuzz
seconds=${SECONDS_EACH:-60}
svdd=$PWD/build/svdd
command -v clang++ >/dev/null || { echo "make fuzz needs clang++ with its sanitizers: apt-get install clang" >&2; exit 1; }
[ -x "$svdd" ] || { echo "build/svdd is missing: type 'make build'" >&2; exit 1; }

if [ $# -gt 0 ]; then
  names=("$@")
else
  names=()
  for source in tests/fuzz/*_fuzzer.cc; do names+=("$(basename "$source" _fuzzer.cc)"); done
fi

cmake -S . -B $build -DCMAKE_CXX_COMPILER=clang++ -DSVDD_WITH_FUZZERS=ON -DSVDD_WITH_TESTS=OFF -DSVDD_WITH_TOOL=OFF -DSVDD_WITH_C=OFF \
  -DSVDD_SANITIZE=fuzzer-no-link,address,undefined -DSVDD_WITH_CUDA=OFF -DSVDD_WITH_OPENBLAS=OFF
cmake --build $build --parallel "${JOBS:-2}" --target "${names[@]/%/_fuzzer}"

# ---- sound files to begin with

seeds=$PWD/$build/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{image_file,table,array,torch_file,safetensors,model,runs}
{
  printf '0a,b,word,label\n'
  for i in $(seq 60); do printf '%d,%d.5,%s,%d\n' "$i" $((i * 7 % 13)) "$([ $((i % 3)) = 0 ] && echo red || echo blue)" $((i % 20 == 0)); done
} >"$seeds/table/words.csv"
printf '0 1;2,5;3\n4;5,5;?\n' >"$seeds/table/comma.csv"
printf '1sep=;\r\n"a ""b""";c\r\n1;2\r\n' >"$seeds/table/quotes.csv"
tail -c +2 "$seeds/table/words.csv" >"$seeds/runs/t.csv"
for method in knn deep-svdd; do
  "$svdd" train --method $method --data "$seeds/runs/t.csv" --label-column label --out "$seeds/runs/$method" --quiet >/dev/null
  cp "$seeds/runs/$method/model/model.json" "$seeds/model/$method.json"
  cp "$seeds/runs/$method/model/weights.safetensors" "$seeds/safetensors/$method.safetensors"
  "$svdd" export --model "$seeds/runs/$method" --format npz --output "$seeds/array/$method.npz" --quiet
done
"$svdd" train --method deep-svdd --data strokes --normal 3 --limit 60 --epochs 1 --ae-epochs 1 --batch-size 20 --ae-batch-size 20 \
  --out "$seeds/runs/strokes" --quiet >/dev/null
"$svdd" export --model "$seeds/runs/strokes" --format pytorch --output "$seeds/torch_file/strokes.tar" --quiet
unzip -p "$seeds/torch_file/strokes.tar" '*data.pkl' >"$seeds/torch_file/data.pkl" 2>/dev/null || rm -f "$seeds/torch_file/data.pkl"
cp "$seeds/runs/strokes/normals.png" "$seeds/image_file/" 2>/dev/null || true
printf 'P5 3 2 255\nabcdef' >"$seeds/image_file/grey.pgm"
# TIFF and WebP of a few pixels: LZW in tiles, Deflate of 16 bits, fax group 4; lossy, lossless.
base64 -d >"$seeds/image_file/lzw.tif" <<<SUkqALoAAACAAADg4KhwRioYjgfkYmlQtmI0nA7n4CgwJhoQigXjYekQllIsmAzm46nwBgoIhgPiYWjQdkIklArl4ymw5noAggHhYOiQVjIckAjk4qlwxmo4ng/gYGhQNiIUjAbj4ikwplowmg3nY+gQFhIMiATi4ajwhkoolgvmY2nQ9gIEhALh4SiwZjoggC9Xu+X2/X/AYHBYPCYXDYfEYnFYvGY3HY/IZHJZPKZXLZfMZnNZvFQECwAAAQMAAQAAAAUAAAABAQMAAQAAAAQAAAACAQMAAwAAAEQBAAADAQMAAQAAAAUAAAAGAQMAAQAAAAIAAAAVAQMAAQAAAAMAAAAcAQMAAQAAAAEAAABCAQMAAQAAABAAAABDAQMAAQAAABAAAABEAQQAAQAAAAgAAABFAQQAAQAAALIAAAAAAAAACAAIAAgA
base64 -d >"$seeds/image_file/deflate16.tif" <<<SUkqABwAAAB4nGNg5xOVUdYytLB38wUAB94BzwoAAAEDAAEAAAADAAAAAQEDAAEAAAACAAAAAgEDAAEAAAAQAAAAAwEDAAEAAAAIAAAABgEDAAEAAAABAAAAEQEEAAEAAAAIAAAAFQEDAAEAAAABAAAAFgEDAAEAAAAQAAAAFwEEAAEAAAAUAAAAHAEDAAEAAAABAAAAAAAAAA==
base64 -d >"$seeds/image_file/fax4.tif" <<<SUkqAA4AAACCpQAQAQAKAAABAwABAAAACAAAAAEBAwABAAAAAwAAAAIBAwABAAAAAQAAAAMBAwABAAAABAAAAAYBAwABAAAAAAAAABEBBAABAAAACAAAABUBAwABAAAAAQAAABYBAwABAAAAEAAAABcBBAABAAAABQAAABwBAwABAAAAAQAAAAAAAAA=
base64 -d >"$seeds/image_file/lossy.webp" <<<UklGRlIAAABXRUJQVlA4WAoAAAAQAAAABwAABwAAQUxQSAoAAAABB1CeiAhERP8DVlA4ICIAAABQAQCdASoIAAgABgBMJQBOgCgAAP7wiP3z7DFTEKF2AAAA
base64 -d >"$seeds/image_file/lossless.webp" <<<UklGRnIAAABXRUJQVlA4TGUAAAAvB8ABAHAYSbZpR5+tb9uMoB1Gkm3a0Wfz2zYyaIeRZJt29tn4tu2fQPc/BEKIIJZACpkcCihVUEOjhQ56AwxhYgITmJvDHFZWsIKtLWzh4AAHODvDGW5ucIOnJzzh4wMf+PvDHwA=
export SVDD_FUZZ_MODEL=$seeds/runs/knn/model

# ---- the targets, one after the other

failed=()
for name in "${names[@]}"; do
  mkdir -p "$build/corpus/$name"
  echo "== $name, $seconds s" >&2
  UBSAN_OPTIONS=print_stacktrace=1 "$build/${name}_fuzzer" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 \
    -artifact_prefix="$build/$name-" -print_final_stats=0 -verbosity=0 "$build/corpus/$name" "$seeds/$name" >"$build/$name.log" 2>&1 ||
    { failed+=("$name"); tail -n 30 "$build/$name.log" >&2; }
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}; the inputs are in $build" >&2; exit 1; }
echo "no reader failed: ${names[*]}, $seconds s each"
