#!/bin/bash
# Makes sure that what the tests need is installed. As root on Debian or Ubuntu
# it installs what is missing; otherwise it says what is missing and fails.
set -euo pipefail

missing=() # for people
packages=() # for apt

need() { # name, Debian packages, what follows is true if it is there
  local name=$1 debian=$2
  shift 2
  if ! "$@"; then
    missing+=("$name")
    read -ra more <<<"$debian"
    packages+=("${more[@]}")
  fi
}

any() { # one of these programs is there
  local program
  for program in "$@"; do
    if command -v "$program" >/dev/null; then return 0; fi
  done
  return 1
}

both() { # of these programs are there
  any "$1" && any "$2"
}

postgres() { # initdb and the server, where Debian puts them or on the PATH
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null || any initdb
}

apache() { # with the module, where Debian puts it
  any apache2 && [ -f /usr/lib/apache2/modules/mod_auth_openidc.so ]
}

check() {
  missing=() packages=()
  need 'PostgreSQL (its server programs)' 'postgresql' postgres
  need 'pgbouncer' 'pgbouncer' any pgbouncer
  need 'nginx' 'nginx' any nginx
  need 'Caddy' 'caddy' any caddy
  need 'Apache with mod_auth_openidc' 'apache2-bin libapache2-mod-auth-openidc' apache
  need 'Chromium' 'chromium' any chromium chromium-browser google-chrome google-chrome-stable
  need 'Tidy (it finds faults in HTML)' 'tidy' any tidy
  need 'a C compiler (for the race detector)' 'gcc libc6-dev' any gcc cc clang
  need 'systemd-nspawn and curl (to install a package in)' 'systemd-container curl' both systemd-nspawn curl
  need 'npm (it brings axe-core, openid-client and @simplewebauthn/server)' 'npm nodejs' any npm
}

# axe_core brings the script that examines pages for what is not accessible, at the version
# and with the SHA-256 that internal/testkit/axe-core.lock names, to where testkit looks.
axe_core() {
  local version sum cache file
  read -r version sum <"$(dirname "${BASH_SOURCE[0]}")/../internal/testkit/axe-core.lock"
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-tests
  file=$cache/axe-core-$version.js
  if [ -f "$file" ] && echo "$sum  $file" | sha256sum --check --status; then return; fi
  mkdir -p "$cache"
  dir=$(mktemp -d -p "$cache")
  trap 'rm -rf "$dir"' EXIT
  (cd "$dir" && npm pack --silent "axe-core@$version" && tar -xzf "axe-core-$version.tgz" package/axe.min.js) >&2
  echo "$sum  $dir/package/axe.min.js" | sha256sum --check --status || {
    echo "axe-core $version is not what internal/testkit/axe-core.lock says" >&2
    exit 1
  }
  mv "$dir/package/axe.min.js" "$file"
}

# from_npm brings a library that only tests use, with the versions and hashes of
# internal/testkit/NAME/package-lock.json: somebody else's OpenID client, which the tests drive as it
# is, and somebody else's opinion about passkeys.
from_npm() { # name
  local from to
  from="$(dirname "${BASH_SOURCE[0]}")/../internal/testkit/$1"
  to=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse-tests/$1
  if [ -d "$to/node_modules" ] && cmp -s "$from/package-lock.json" "$to/package-lock.json"; then return; fi
  rm -rf "$to"
  mkdir -p "$to"
  cp "$from/package.json" "$to/"
  cp "$from/package-lock.json" "$to/package-lock.json.new"
  cp "$from/package-lock.json" "$to/package-lock.json"
  (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --silent && mv package-lock.json.new package-lock.json) >&2 || {
    rm -rf "$to"
    echo "$1 could not be fetched as its package-lock.json says" >&2
    exit 1
  }
}

libraries() { axe_core && from_npm openid-client && from_npm simplewebauthn; }

if ! any go; then
  echo 'The tests need Go, at least the version in go.mod: https://go.dev/dl/' >&2
  exit 1
fi

check
# Chromium's headless shell takes a fifth of the processor time of the whole browser, which
# does as well where that cannot be had. The whole one is needed for sessions that are tied to
# their device.
if ! any chromium-headless-shell && [ "$(id -u)" -eq 0 ] && any apt-get; then
  shell=(timeout 120 apt-get install -y -qq --no-install-recommends chromium-headless-shell)
  "${shell[@]}" >/dev/null 2>&1 || { timeout 60 apt-get update -qq && "${shell[@]}"; } >/dev/null 2>&1 || true
fi
if [ ${#missing[@]} -eq 0 ]; then libraries && exit 0; fi

if [ "$(id -u)" -eq 0 ] && any apt-get; then
  echo "Installing: ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}"
  check
  if [ ${#missing[@]} -eq 0 ]; then libraries && exit 0; fi
fi

{
  echo 'The tests need what is not installed here:'
  printf '  - %s\n' "${missing[@]}"
  echo 'On Debian or Ubuntu:'
  echo "  sudo apt-get install --no-install-recommends ${packages[*]}"
  echo 'Elsewhere install them by whatever means there are. A test that needs something missing is'
  echo 'skipped by a plain `go test ./...`; `make test` runs all of them or fails.'
} >&2
exit 1
