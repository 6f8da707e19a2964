package signin_test

// A model of the sign-in: one account, two browsers, codes, trust, the switch, recoveries,
// strangers who guess, a colleague who shares the browser, and time.
// It is written from the requirements and docs/architecture.md, not from the code, and is
// small enough to be explored completely. docs/decisions/0016-model-of-sign-in.md says
// what it leaves out, and how to run more of it.
//
//	model_test.go           the state, and what can be done
//	model_rules_test.go     the outcome of each act
//	model_notes_test.go     the invariants, from what was done and replied alone
//	model_explore_test.go   every state that can be reached
//	model_walks_test.go     walks over all kinds of transitions
//	model_replay_test.go    an account and two browsers on the real services
//	model_acts_test.go      each act there
//	model_services_test.go  the walks there
//	guards_test.go          the same, with one guard of the code taken out

import "fmt"

// browserState is one of the two browsers, with the one tab that is open in it.
type browserState struct {
	known   bool // it has finished a sign-in, and was not forgotten since
	trusted int8 // 0: no; 1: yes; 2: yes, and half of its time is over
	session bool
	signIn  signInState
}

// signInState is a sign-in in progress.
type signInState struct {
	there  bool
	origin passwordState // of the password that began it
	proved bool          // the code was right, or trust replaced it
	lent   bool          // trust did
	trust  bool          // with it: do not challenge me on this device
	wrong  int8          // wrong codes
	good   int8          // codes that were sent and have not expired
	late   bool          // there is an expired one
}

// passwordState is the origin of the present password.
type passwordState int8

const (
	initialPassword passwordState = iota
	recoveryPassword
	ownPassword
)

type accountState int8

const (
	open            accountState = iota
	lockedByGuesses              // a recovery ends that
	lockedByOperator
	deactivated
)

func (a accountState) locked() bool { return a == lockedByGuesses || a == lockedByOperator }

// mayRecover: a recovery can be completed.
func (a accountState) mayRecover() bool { return a == open || a == lockedByGuesses }

// recoveryState is the last recovery of a forgotten password.
type recoveryState int8

const (
	noRecovery recoveryState = iota
	byQuestion
	byLink
)

// modelState is everything that decides the next reply.
type modelState struct {
	password passwordState
	tooLate  bool // a temporary password that has expired
	usedIn   int8 // the browser in which a temporary password has opened a sign-in; 0: none, else 1 or 2
	finished bool // a sign-in was finished, ever
	company  bool // Enhanced Security is on
	own      bool // the user wants codes
	terms    bool // there are new terms, not yet accepted
	account  accountState
	recovery recoveryState
	besieged bool // strangers have guessed so often that strangers are refused
	sent     int8 // codes within the hour
	browsers [2]browserState
}

// The limits. On the real services, so many are used up in advance that these are left.
const (
	modelTries  = 2 // codes that may be entered in a sign-in
	modelAnHour = 2 // codes that are sent within an hour
)

// verb is a kind of act.
type verb int8

const (
	rightPassword verb = iota
	wrongPassword
	lastGuess // the wrong password that is one too many, in the owner's browser
	sendCode
	enterNewest // the last code that was sent
	enterNewestTrusting
	enterOlder      // one that was sent before it
	enterLate       // an expired one
	enterOthers     // a valid one that was sent for the other browser's sign-in
	enterWrong      // one that was sent to nobody
	choose          // a new password where the temporary one must be replaced
	accept          // new terms
	changeOwn       // another password, in a session
	signOut         // of the session, or of the sign-in in progress
	signOutOther    // everywhere else
	removeOther     // the other browser, from the list of devices
	endTrustIn      // an administrator revokes the trust in this browser
	setOwnTwoFactor // the user's own choice of codes, in a session
	colleague       // another user of the company signs in in this browser

	setCompanyTwoFactor
	newTerms
	strangersGuess // wrong passwords in unknown browsers, until one is too many
	forgot         // a recovery by question begins
	answerRight
	answerWrong // which is one too many
	askLink
	followLink
	correctEmail // an administrator corrects the address
	resetPassword
	resetTwoFactor
	lockAccount
	unlockAccount
	deactivate
	activate
	hourPasses // codes expire
	weekPasses // sign-ins, sessions, temporary passwords and half of a trust expire

	verbs
)

var verbNames = [verbs]string{
	"right password", "wrong password", "last guess", "send a code", "enter the newest code", "enter the newest code and trust",
	"enter an older code", "enter a late code", "enter the other browser's code", "enter a wrong code", "choose a password", "accept the terms",
	"change the password", "sign out", "sign out elsewhere", "remove the other browser", "administrator ends trust",
	"own choice", "a colleague signs in", "switch for the company", "new terms", "strangers guess", "begin a recovery", "right answer", "wrong answer",
	"ask for a link", "follow the link", "administrator corrects the address", "administrator resets the password", "administrator resets the second step",
	"operator locks", "administrator unlocks", "administrator deactivates", "administrator activates", "an hour passes", "a week passes",
}

// act is a verb, with its browser if it has one.
type act struct {
	verb    verb
	browser int8
}

func (a act) String() string {
	if a.verb >= setCompanyTwoFactor {
		return verbNames[a.verb]
	}
	return fmt.Sprintf("%c: %s", 'A'+rune(a.browser), verbNames[a.verb])
}

// acts are all possible acts.
var acts = func() (all []act) {
	for v := range verbs {
		all = append(all, act{v, 0})
		if v < setCompanyTwoFactor {
			all = append(all, act{v, 1})
		}
	}
	return all
}()

// reply is the response to an act.
type reply string

const (
	toCode     reply = "a code is due, and was sent"
	toCodeBare reply = "a code is due, and none was sent"
	toPassword reply = "a new password is due"
	toTerms    reply = "the terms are due"
	done       reply = "signed in"
	failed     reply = "sign-in failed"
	expired    reply = "the temporary password is expired"
	used       reply = "the temporary password is used"
	noSignIn   reply = "no sign-in in progress"
	movedOn    reply = "another step is due"
	movedSent  reply = "a code is due by now, and was sent"
	wrongCode  reply = "wrong code"
	lateCode   reply = "late code"
	codesOver  reply = "too many wrong codes"
	sentOne    reply = "sent"
	waitFirst  reply = "sent later"
	fine       reply = "done"
	refusedNow reply = "refused"
	over       reply = "the recovery is over"
	alsoAsked  reply = "the colleague is asked for a code"
	alsoIn     reply = "the colleague is signed in"
)

// dueStep is what a browser's sign-in must do next.
type dueStep int8

const (
	nothing dueStep = iota
	codeDue
	passwordDue
	termsDue
	nothingLeft // not the same: it can be finished by signing in again
)

// start returns the initial states of an account: invited, or active for a long time with a chosen
// password, and Enhanced Security on or off.
func start() (all []modelState) {
	for _, on := range []bool{false, true} {
		all = append(all, modelState{password: initialPassword, company: on}, modelState{password: ownPassword, finished: true, company: on})
	}
	return all
}

// beginning returns which of them it is.
func (m modelState) beginning() string {
	who := "active for long"
	if m.password == initialPassword {
		who = "invited"
	}
	return fmt.Sprintf("%s, Enhanced Security %v", who, map[bool]string{true: "on", false: "off"}[m.company])
}
