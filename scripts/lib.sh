# shellcheck shell=bash
# What ./run and ./test have in common: install what is missing, and build. Sourced, with `set -euo pipefail`.
# Every step asks first whether it is needed, so that a second run takes seconds. Progress goes to stderr.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/carillon
jobs=${CARILLON_JOBS:-$(nproc)}
export CARILLON_JOBS=$jobs

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Filter: of lines like "[12/340] ..." lets one through in ten seconds; all others are worth reading and pass.
# The whole text goes to LOG.
progress() { # LOG
  local line next=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    case $line in
      *"[0/"* | "ninja: "* | "-- "*) ;;
      *'['[0-9]*/[0-9]*']'*)
        if ((SECONDS >= next)); then
          printf '    %s\n' "$line" | sed -E 's#Building (C|CXX) object .*/##' >&2
          next=$((SECONDS + 10))
        fi
        ;;
      *) printf '%s\n' "$line" >&2 ;;
    esac
  done
}

# Runs COMMAND with its output through `progress`; its exit status is the command's.
shown() { # LOG COMMAND...
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  : >"$log"
  "$@" 2>&1 | progress "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "Debian packages are missing; run this as root, install sudo, or run: apt-get install ${missing[*]}"
  fi
}

apt_updated=
install_packages() { # NAME...
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing from Debian: ${missing[*]}"
  if [ -z "$apt_updated" ]; then as_root apt-get update -q >&2; fi
  apt_updated=yes
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}

# KIND is run or test: what scripts/packages lists for it.
need_packages() { # KIND
  local names
  mapfile -t names < <(awk -v kind="$1" '!/^#/ && NF && ($2 == "" || $2 == kind) { print $1 }' "$top/scripts/packages")
  install_packages "${names[@]}"
}

node_is_new_enough() { # PATH
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# The system's Node.js if it is new enough; else the one that scripts/node pins, kept in the cache. Debian's own is too
# old for what we build with, but brings the npm that fetches the new one and that is used from then on too.
need_node() {
  if command -v npm >/dev/null && node_is_new_enough "$(command -v node)"; then return; fi
  local folder
  folder=$cache/node/$(sha256sum "$top/scripts/node/package-lock.json" | cut -c 1-16)
  if ! node_is_new_enough "$folder/bin/node"; then
    install_packages nodejs npm ca-certificates
    say "Fetching a newer Node.js than Debian's"
    local fetched=$folder.part
    rm -rf "$fetched" "$folder"
    mkdir -p "$fetched/bin"
    cp "$top/scripts/node/package.json" "$top/scripts/node/package-lock.json" "$fetched/"
    (cd "$fetched" && /usr/bin/npm ci --ignore-scripts --no-audit --no-fund >&2)
    (cd "$fetched/bin" && ln -s ../node_modules/node-linux-*/bin/node node)
    # Debian's npm finds its parts only when Debian's own node runs it.
    printf '#!/bin/sh\nexec /usr/bin/node /usr/share/nodejs/npm/bin/npm-cli.js "$@"\n' >"$fetched/bin/npm"
    chmod +x "$fetched/bin/npm"
    mv "$fetched" "$folder"
    node_is_new_enough "$folder/bin/node" || die "the Node.js in $folder does not run on this machine"
  fi
  export PATH=$folder/bin:$PATH
}

need_node_modules() {
  node "$top/scripts/node-modules-fit.mjs" && return
  say "Installing the npm packages of package-lock.json"
  (cd "$top" && npm ci --ignore-scripts --no-audit --no-fund >&2)
}

# Sets and exports CARILLON_WORKER, unless the caller has chosen a worker already.
need_worker() {
  [ -z "${CARILLON_WORKER:-}" ] || return 0
  CARILLON_WORKER=$("$top/scripts/build-worker")
  export CARILLON_WORKER
}

# Configures FOLDER with the given CMake options if they or the project are new to it.
configure() { # FOLDER OPTION...
  local folder=$1
  shift
  local wanted="$top $*"
  if [ -e "$folder/build.ninja" ] && [ "$(cat "$folder/options.txt" 2>/dev/null)" = "$wanted" ]; then return; fi
  mkdir -p "$folder"
  shown "$folder/configure.log" cmake -G Ninja -S "$top" -B "$folder" "$@"
  printf '%s\n' "$wanted" >"$folder/options.txt"
}

# What every build folder is given, in `build_options`.
common_options() {
  build_options=(-DCARILLON_WERROR=ON -DCARILLON_TEST_ROOT=. "-DCARILLON_WORKER_PATH=$CARILLON_WORKER")
}

compile() { # FOLDER TARGET...
  local folder=$1
  shift
  NINJA_STATUS='[%f/%t] ' shown "$folder/build.log" ninja -C "$folder" -j "$jobs" -k 0 "$@"
}

# The program as users get it. ./run and ./test share the folder.
release=$top/build/release
configure_release() {
  common_options
  # -g1: line numbers in a backtrace, without the cost of what only a debugger wants.
  configure "$release" -DCMAKE_BUILD_TYPE=RelWithDebInfo '-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG' \
    -DCMAKE_CXX_COMPILER=g++ -DCMAKE_C_COMPILER=gcc \
    "${build_options[@]}"
}

# Runs the workspace's build script if anything that goes into it has changed since.
build_workspace() { # NAME SOURCE_FOLDER...
  local name=$1 stamp=$top/build/$1.stamp now
  shift
  now=$(cd "$top" && git ls-files -co --exclude-standard -- package-lock.json "$@" | LC_ALL=C sort | xargs -d '\n' sha256sum 2>/dev/null | sha256sum)
  if [ -d "$top/$name/dist" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
  say "Building $name/"
  (cd "$top" && NODE_ENV=production npm run --silent build -w "$name" >&2) || return
  mkdir -p "$top/build"
  printf '%s\n' "$now" >"$stamp"
}

build_web() {
  build_workspace sdk sdk && build_workspace web web sdk
}
