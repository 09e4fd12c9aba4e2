#!/usr/bin/env bash
# A first look at the program, in about a minute: Deep SVDD learns the digit 3 and is asked about the others.
# Takes MNIST where it is found (`make run` has SVDD_DATA point beside the checkout), else the digits the program draws.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if build/svdd data info mnist >/dev/null 2>&1; then
  data=mnist
  echo "Data: MNIST." >&2
else
  data=strokes
  echo "Data: the built-in strokes (MNIST was not found; 'build/svdd data info mnist' says where it was looked for)." >&2
fi

set -x
build/svdd train --method deep-svdd --data "$data" --normal 3 --out runs/first
