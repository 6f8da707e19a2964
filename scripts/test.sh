#!/bin/bash
# usage: scripts/test.sh PACKAGE...   (make test calls it, with PostgreSQL beside it)
# Runs the tests of the packages, those with the race detector first, and ends with the
# seconds of each package, the longest first. docs/decisions/0030-tests.md says why so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CI=true # what is missing fails, instead of being skipped
go=${GO:-go}
timeout=${TIMEOUT:-20m}

# The race detector triples the time of what it watches. These do without it:
#   gatehouse, strictyaml, geo, guard, budget   functions without goroutines
#   site, web/ui, web/portal, web/console       read and render in one goroutine; what many
#                                               share of them is shared in web's tests
#   archtest                                    reads the source
#   journeys, cmd/gatehouse                     drive the server from outside; nobody there
#                                               shares memory with it
plain=" gatehouse gatehouse/internal/strictyaml gatehouse/internal/geo gatehouse/internal/guard gatehouse/internal/testkit/budget
 gatehouse/internal/site gatehouse/internal/web/ui gatehouse/internal/web/portal gatehouse/internal/web/console
 gatehouse/internal/archtest gatehouse/internal/journeys gatehouse/cmd/gatehouse "

# SQLite is C that a program has translated. It shares no memory of ours between goroutines,
# and to watch it takes longer than everything else.
unwatched=-gcflags=modernc.org/...=-race=false

mapfile -t packages < <("$go" list "$@")
[ ${#packages[@]} -gt 0 ] || { echo "no package matches: $*" >&2; exit 2; }
raced=() rest=()
for package in "${packages[@]}"; do
	if [[ $plain == *[[:space:]]$package[[:space:]]* ]]; then rest+=("$package"); else raced+=("$package"); fi
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Both parts run, whatever becomes of the first: one run shows everything that fails. The
# guards can be taken out in these programs, and in no others: see internal/guard.
status=0
tested() { # arguments of go test
	"$go" test -tags guards -timeout "$timeout" "$@" 2>&1 | tee -a "$log" || status=1
}
[ ${#raced[@]} = 0 ] || tested -race "$unwatched" "${raced[@]}"
[ ${#rest[@]} = 0 ] || tested "${rest[@]}"

echo
echo "Seconds of each package, the longest first:"
awk '($1 == "ok" || $1 == "FAIL") && $3 ~ /^[0-9.]+s$/ { printf "%9.1f  %s%s\n", $3, $2, $1 == "FAIL" ? "  FAILED" : "" }' "$log" | sort -rn
[ "$status" = 0 ] || echo "Some tests failed; they are above." >&2
exit "$status"
