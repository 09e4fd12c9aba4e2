#!/usr/bin/env bash
# Formats every C++ and CUDA file of the checkout (scripts/check-format.sh --fix), or says which ones differ.
# Each version of clang-format has its own taste; the files follow version 14, Debian 12's. With another, or none, the
# check is left out.
set -euo pipefail

formatter=
for candidate in clang-format-14 clang-format; do
  if [[ "$("$candidate" --version 2>/dev/null)" == *"version 14."* ]]; then formatter=$candidate; break; fi
done

list_sources() {
  git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cc' '*.cu' '*.cuh' 2>/dev/null ||
    find engine datasets svdd tools tests -regex '.*\.\(h\|cc\|cu\|cuh\)' -print0
}
mapfile -d '' sources < <(list_sources | while IFS= read -r -d '' file; do
                            if [ -f "$file" ]; then printf '%s\0' "$file"; fi  # not one deleted but still in the index
                          done)

if [ "${1:-}" = --fix ]; then
  [ -n "$formatter" ] || { echo "clang-format 14 is missing: apt-get install clang-format-14" >&2; exit 1; }
  "$formatter" -i "${sources[@]}"
elif [ -z "$formatter" ]; then
  echo "Formatting not checked: no clang-format 14 here." >&2
elif ! "$formatter" --dry-run -Werror "${sources[@]}"; then
  echo "Some files are not formatted: type 'make format'." >&2
  exit 1
fi

# A section is titled "// ---- title", with nothing behind: rules of dashes were torn apart by formatters before.
if grep -nE '^ *// (-{5,}|-{1,3} *$|.* -{3,}$)' "${sources[@]}"; then
  echo "Section rules in the lines above: write '// ---- title'." >&2
  exit 1
fi
