#!/bin/bash
# usage: scripts/test.sh PACKAGE...   (make test calls it, with PostgreSQL beside it)
# Runs the tests of the packages: the journeys without the race detector, all others with it.
# The journeys drive the server from outside, through a browser, so the detector finds
# nothing there that it does not find in the services' own tests, and triples their time.
# Ends with the time of each package, the longest first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CI=true # what is missing fails, instead of being skipped
go=${GO:-go}
timeout=${TIMEOUT:-40m}

journeys=gatehouse/internal/journeys
mapfile -t packages < <("$go" list "$@")
[ ${#packages[@]} -gt 0 ] || { echo "no package matches: $*" >&2; exit 2; }
raced=() plain=()
for package in "${packages[@]}"; do
	if [ "$package" = "$journeys" ]; then plain+=("$package"); else raced+=("$package"); fi
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Both parts run, whatever becomes of the first: one run shows everything that fails.
status=0
tested() { # arguments of go test
	"$go" test -timeout "$timeout" "$@" 2>&1 | tee -a "$log" || status=1
}
[ ${#raced[@]} = 0 ] || tested -race "${raced[@]}"
[ ${#plain[@]} = 0 ] || tested "${plain[@]}"

echo
echo "Seconds of each package, the longest first:"
awk '($1 == "ok" || $1 == "FAIL") && $3 ~ /^[0-9.]+s$/ { printf "%9.1f  %s%s\n", $3, $2, $1 == "FAIL" ? "  FAILED" : "" }' "$log" | sort -rn
[ "$status" = 0 ] || echo "Some tests failed; they are above." >&2
exit "$status"
