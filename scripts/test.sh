#!/bin/bash
# usage: scripts/test.sh PACKAGE...   (make test calls it, with PostgreSQL beside it)
# Runs the tests of the packages, with the race detector where it helps, and lint beside them, and ends
# with the seconds of each package, the longest first. docs/decisions/0030-tests.md says why so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CI=true # what is missing fails, instead of being skipped
go=${GO:-go}
timeout=${TIMEOUT:-20m}

# The race detector triples the time of what it watches. These do without it:
#   gatehouse, strictyaml, geo, guard, budget, sheet, incoming, conformance   functions without goroutines
#   site, web/ui, web/portal, web/console, web/operator   read and render in one goroutine; what many
#                                               share of them is shared in web's tests
#   archtest                                    reads the source
#   journeys, cmd/gatehouse                     drive the server from outside; nobody there
#                                               shares memory with it
plain=" gatehouse gatehouse/internal/strictyaml gatehouse/internal/geo gatehouse/internal/guard gatehouse/internal/testkit/budget
 gatehouse/internal/sheet gatehouse/internal/incoming gatehouse/internal/conformance
 gatehouse/internal/site gatehouse/internal/web/ui gatehouse/internal/web/portal gatehouse/internal/web/console gatehouse/internal/web/operator
 gatehouse/internal/archtest gatehouse/internal/journeys gatehouse/cmd/gatehouse "

# SQLite is C that a program has translated: it shares no memory of ours between goroutines,
# and to watch it takes longer than everything else. Nothing of the standard library may be
# left out like this: the linker keeps one copy of a generic type's methods, and if that of
# sync.Map is not watched, what it hands from one goroutine to another looks like a race.
flags=()
for code in modernc.org/... golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b; do
	flags+=("-gcflags=$code=-race=false")
done

# These tests take one step after another, thousands of them, in one goroutine, or ask a server
# one thing after another: they do without the race detector, and the rest of their packages does
# not. What many goroutines share of a mail's sources is watched while senders write mails side by
# side, and a page's while views are rendered side by side in internal/web.
walks='^(TestTheServicesDoWhatTheModelDoes|TestTheServicesDoWhatTheModelOfTheWaysDoes|TestTheModelOfTheWaysHoldsTheInvariants|TestTheInvariantsOfTheWaysNeedEveryRule|TestTheWalksTryEveryKindOfTransition|TestEveryGuardIsNeeded|TestAnOwnerAlwaysHasADoor|TestTheModelHoldsTheInvariants|TestTheInvariantsNeedEveryRule'
walks+='|TestBuiltInList|TestFalsePositives|TestEveryLegacyHashVerifiesAndIsRewritten|TestForeignHashesTakeBytesAsTypedThenComposed|TestWeakHashesAreWrapped'
walks+='|TestDamagedHashesAreRefused|FuzzVerify|TestATemporaryPasswordIsReadHoweverItIsCopied'
walks+='|TestDataStaysData|FuzzData|TestGolden|TestGoldenOfALinkSite|TestTranslated|TestFrenchSpaces|TestEveryLanguageHasTheSameStructure|TestPartsAgree'
walks+='|TestEveryAudience|TestEveryOperatorRole|TestHeaderCensus'
walks+='|TestEndsAsTheTableSays|TestWrongPasswordsAreCountedInWhateverOrder'
walks+='|TestEveryAnswerCarriesTheHeaders|TestOnlyFormsOfOurOwnPagesAreActedOn|TestTextsExist|FuzzForms'
walks+='|TestNoQueryReadsAWholeTable|TestAWholeTableIsSeen|TestErase|TestEveryTableKnowsErasure|TestSQLiteFilesWithOddNames'
walks+='|TestHTMLLoadsNothing|TestSecretStandsOnce|TestNoNameIsALink|TestNoMessageHasALinkInAName|TestReportsInWhateverWrapping'
walks+='|TestAStrangersMessageIsQuoted|TestAdministratorsAreNotSentToThemselves|TestRowsOfOldNamesAreRead|TestKeysThatCollide|TestAccountsOfAnAddressComeInTheOrderOfTheirClaims)$'

# Nor do these, whose steps are fewer: users, thieves and strangers who sign in, recover a password or
# hold a session one at a time, and lists and logs that are read after each change. What several do at
# once is not among them, nor what works through a list by itself. The long form watches them, too.
steps='^(TestAnErasedPersonIsNamedNowhere|TestC13_WindowsOfTheEventLog|TestC13_TheEventLogFindsByEverything|TestKeptListsAreUpToDate|TestC09_ACompanySeesItsActivity|TestALookAlikeIsAnotherMailbox'
steps+='|TestWhatAdministratorsDoHasAnEnd|TestAProposalEnds|TestUsersOfALargeCompany|TestEachFound|TestADemotedAdministratorActsNoMore'
steps+='|TestAThiefOfFactors|TestAThiefOfThePasswordHasOneBudget|TestAThiefOfThePasswordHasOneCountOfAnswers|TestA07StrangersLearnNothingFromARecovery|TestStrangersLearnNothingFromALink'
steps+='|TestStrangersDoNotUseUpTheOwnersAnswers|TestStrangersDoNotUseUpTheOwnersCodes|TestC03AResetLink|TestC03ALinkThatIsOver|TestAUsedLinkProvesTheAddress|TestA07SettingTheQuestion|TestA07WrongAnswersAreCountedAcrossRecoveries'
steps+='|TestWhatEndsARecovery|TestRequestsForMailAreLimited|TestA11NoneOfTheLastFivePasswords|TestGuessingInAnOpenSession|TestAKnownDeviceHasItsOwnBudget|TestAClaimHasNoBudget|TestAClaimTakesNothingFromTheOwnerOfAnAddress'
steps+='|TestAStrangersLockoutDoesNotHinderASession|TestABindingOutlivesAnotherToken|TestRenewingExtendsNothingElse|TestWhatRenewsABoundSession|TestB06CodesThatDoNotWork|TestB06FiveWrongCodesEndTheSignIn'
steps+='|TestFiveWrongCodesTellTheOwner|TestWhoGetsNoTextMessage|TestWrongEntriesOfADayCountAcrossWays|TestAStepAfterSomethingElseHappened|TestARecoveryMakesItsDeviceKnown|TestARecoveryNeverSkipsTwoFactor'
steps+='|TestA08ARecoveryUnlocks|TestA11NewPasswordsMeetTheCompanysRules|TestA10ChangingThePassword|TestB08TrustEndsWithTheCompanysPolicy|TestB09CodesOnRequest|TestB08TrustSettlesOnAFreshValue'
steps+='|TestB07AnEarlierCodeStaysGood|TestCodesAndTheAddress|TestC13ALostCode|TestStrangersCannotTellCompaniesApart|TestWhoMayBindASession|TestC09SessionsEndAtTheCompanysLimits|TestAPasskeyAfterThePassword'
steps+='|TestA07ARecoveryByChallengeQuestion|TestTheSoleUserQuestion|TestAPasskeyOpensNoClosedAccount|TestFactorsAreOnRecordWhenTheyAreGone|TestB06ACodeOpensItsSignIn|TestWrongOldPasswordsEndTheSignIn'
steps+='|TestB05SwitchedOnDuringASignIn|TestARecoveryCodeWorksOnce|TestWrongProofsEndABoundSession|TestStrangersDoNotEndTheOwnersLink|TestFactorsAreStoredSealedOrHashed|TestAFirstSignInStepByStep'
steps+='|TestAnswersThatProveNothing|TestADevicesTokenIsNotTakenFromStrangers|TestAProofWithoutTheSessionsCookie|TestAnAppIsAskedForAtEachSignIn|TestAThiefOfABoundSession)$'
[ -n "${GATEHOUSE_TEST_LONG:-}" ] || walks+="|$steps"
walked=" gatehouse/internal/signin gatehouse/internal/secret gatehouse/internal/mail gatehouse/internal/store gatehouse/internal/web gatehouse/internal/directory "

mapfile -t packages < <("$go" list "$@")
[ ${#packages[@]} -gt 0 ] || { echo "no package matches: $*" >&2; exit 2; }
raced=() rest=() last=() walking=()
for package in "${packages[@]}"; do
	if [[ $package == gatehouse/internal/journeys ]]; then last+=("$package")
	elif [[ $plain == *[[:space:]]$package[[:space:]]* ]]; then rest+=("$package")
	else raced+=("$package"); fi
	[[ $walked != *" $package "* ]] || walking+=("$package")
done

log=$(mktemp) linted=$(mktemp)
trap 'rm -f "$log" "$linted"' EXIT

# The race detector is C, and needs cgo. Everything else does without, as a release is built: so what
# lint, the tests and the programs that they build have in common is compiled once.
export CGO_ENABLED=0

# Lint takes minutes if nothing of it is cached, most of them one core. It says what it found at the
# end, where it is not lost between the tests.
make GO="$go" lint >"$linted" 2>&1 &
lint=$!

# Both parts run side by side, and whatever becomes of the other: one run shows everything
# that fails. The journeys come last: they take longest, and are what can use all cores once
# the other part is done. Tests that say they may run beside others wait a third of the time,
# for a browser, a database or a process; so there are more of them than cores. The guards
# can be taken out in these programs, and in no others: see internal/guard.
cores=$(nproc)
half=$(((cores + 1) / 2))
tested() { # how many tests of a package side by side, and arguments of go test; lint vets them
	"$go" test -vet=off -tags guards -timeout "$timeout" -parallel "$@" 2>&1 | tee -a "$log"
}
watched() {
	local status=0
	[ ${#raced[@]} = 0 ] || CGO_ENABLED=1 tested $((2 * half + 1)) -p "$cores" -race "${flags[@]}" -skip "$walks" "${raced[@]}" || status=1
	# What makes a release has a go.mod of its own.
	[ "$*" != ./... ] || (cd release && tested "$half" .) || status=1
	return $status
}
unwatched() {
	local status=0
	[ ${#walking[@]} = 0 ] || tested $((2 * half + 1)) -p "$cores" -run "$walks" "${walking[@]}" || status=1
	[ ${#rest[@]} = 0 ] || tested $((2 * half + 1)) -p "$cores" "${rest[@]}" || status=1
	[ ${#last[@]} = 0 ] || tested $((2 * cores + 1)) "${last[@]}" || status=1
	return $status
}
status=0
watched "$@" &
watching=$!
unwatched || status=1
wait $watching || status=1
wait $lint || { cat "$linted"; echo "Lint failed; it is above." >&2; status=1; }

echo
echo "Seconds of each package, the longest first:"
awk '($1 == "ok" || $1 == "FAIL") && $3 ~ /^[0-9.]+s$/ { printf "%9.1f  %s%s\n", $3, $2, $1 == "FAIL" ? "  FAILED" : "" }' "$log" | sort -rn
[ "$status" = 0 ] || echo "Some tests failed; they are above." >&2
exit "$status"
