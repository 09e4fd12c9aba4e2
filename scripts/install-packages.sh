#!/usr/bin/env bash
# Installs the Debian packages that are missing: scripts/install-packages.sh run|test
#
# Asks nothing. Where it may not install, it prints the line to type; it fails only if the build cannot do without.
# SVDD_PACKAGES=skip leaves the packages alone (everything is already there, in other places).
set -euo pipefail

needed=(g++ cmake make nlohmann-json3-dev libstb-dev libcli11-dev)
wanted=(libopenblas-dev zlib1g-dev)  # the build goes on without these and says what it lacks
case "${1:-}" in
  run) ;;
  test) needed+=(libgtest-dev); wanted+=(libtiff-dev libwebp-dev clang-format) ;;
  *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac
[ "${SVDD_PACKAGES:-}" != skip ] || exit 0

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  # Not Debian: the configuration will name whatever it does not find.
  command -v cmake >/dev/null && exit 0
  echo "cmake is missing. Needed, by their names in Debian: ${needed[*]}; useful: ${wanted[*]}." >&2
  exit 1
fi

# A program in another place (cmake from elsewhere, a compiler named by CXX) is as good as its package.
is_there() {
  case "$1" in
    g++) command -v "${CXX:-g++}" >/dev/null ;;
    cmake | make | clang-format) command -v "$1" >/dev/null ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}
missing() {
  local package
  for package in "$@"; do is_there "$package" || echo "$package"; done
}

mapfile -t missing_needed < <(missing "${needed[@]}")
mapfile -t missing_wanted < <(missing "${wanted[@]}")
missing_all=("${missing_needed[@]}" "${missing_wanted[@]}")
[ ${#missing_all[@]} -gt 0 ] || exit 0

become_root=()
if [ "$(id -u)" != 0 ]; then become_root=(sudo -n); fi

install_all() {
  # The lock's time-out waits for another apt-get instead of failing beside it.
  local apt=("${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -y -q)
  # On a fresh machine apt knows no packages, or only old versions that the archive no longer has.
  "${apt[@]}" install --no-install-recommends "$@" </dev/null ||
    { "${apt[@]}" update </dev/null && "${apt[@]}" install --no-install-recommends "$@" </dev/null; }
}

if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then
  echo "Installing ${missing_all[*]}" >&2
  if install_all "${missing_all[@]}" >&2; then exit 0; fi
  echo "apt-get could not install them." >&2
fi

line="apt-get install ${missing_all[*]}"
[ "$(id -u)" = 0 ] || line="sudo $line"
if [ ${#missing_needed[@]} -gt 0 ]; then
  echo "Missing: ${missing_needed[*]}. Type this, then try again:" >&2
  echo "  $line" >&2
  exit 1
fi
echo "Going on without ${missing_wanted[*]}. To have them: $line" >&2
