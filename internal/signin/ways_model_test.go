package signin_test

// A second model, of the ways to prove who one is: one account, two browsers, an app, a passkey,
// a phone, recovery codes, codes by email where there is no factor yet, setting one up as a step of
// the sign-in, and fresh proof before factors change. What model_test.go is about (trust, recoveries
// of passwords, locks) is left out, so that all of it can be explored.
//
//	ways_model_test.go     the state, and what can be done
//	ways_rules_test.go     the outcome of each act
//	ways_notes_test.go     the invariants, from what was done and replied alone
//	ways_explore_test.go   every state that can be reached, and walks over all kinds of transitions
//	ways_play_test.go      the walks on the real services

import "fmt"

// wayState is everything that decides the next reply.
type wayState struct {
	need            need
	app, key, phone bool
	spent           bool // what the app shows now was used
	recovery        bool // the recovery code that is tried here has not been used
	mails, texts    int8 // codes that may still be sent
	tabs            [2]wayTab
}

// need is what the company requires.
type need int8

const (
	needNothing need = iota
	needFactor
	needPasskey
	needs
)

// wayTab is what a browser has open: a session, or a sign-in in progress.
type wayTab struct {
	session bool
	proof   strength // that is fresh in the session
	signIn  bool
	by      proofBy // of two-factor, in the sign-in
	entered int8    // entries that were judged
	sent    bool    // a code was sent for the sign-in
}

// strength is that of a proof before a change that matters.
type strength int8

const (
	stale strength = iota
	byThePassword
	byThePhone
	byTheFactor
)

// proofBy is how two-factor was proved.
type proofBy int8

const (
	unproved proofBy = iota
	byMail
	byText
	byApp
	byRecovery
	byKey
)

var strengths = map[proofBy]strength{unproved: byThePassword, byMail: byThePassword, byText: byThePhone, byApp: byTheFactor, byRecovery: byTheFactor, byKey: byTheFactor}

func (m wayState) factor() bool { return m.app || m.key || m.phone }

// met: the user has what the company requires.
func (m wayState) met() bool {
	return m.need == needNothing || m.key || m.need == needFactor && m.app
}

// accepts: where there is what the company requires, nothing weaker counts; a recovery code stands
// in for what was lost.
func (m wayState) accepts(by proofBy) bool {
	return m.need == needNothing || !m.met() || by == byKey || by == byRecovery || by == byApp && m.need == needFactor
}

// wanted is the strength of proof that a change of factors needs.
func (m wayState) wanted() strength {
	switch {
	case m.app || m.key:
		return byTheFactor
	case m.phone:
		return byThePhone
	}
	return byThePassword
}

// wayVerb is a kind of act.
type wayVerb int8

const (
	wayPassword wayVerb = iota
	wayKeyAlone         // a passkey in place of the password
	waySendText
	wayEnterMail
	wayEnterText
	wayEnterApp
	wayEnterRecovery
	wayEnterKey
	wayEnterWrong
	waySetUpApp // as a step of the sign-in
	waySetUpKey
	wayLater
	waySignOut
	wayProveByPassword
	wayProveByApp
	wayProveByRecovery
	wayProveByKey
	wayAddApp
	wayAddKey
	wayRemoveApp
	wayRemoveKey

	wayReset // from here on they are not of a browser
	wayRequire
	wayMinutes
	wayQuarter // after which no proof is fresh

	wayVerbs
)

var wayVerbNames = [wayVerbs]string{
	"right password", "passkey alone", "send a text message", "enter the mailed code", "enter the code of the message", "enter the app's code",
	"enter the recovery code", "answer with the passkey", "enter a wrong code", "set up an app", "set up a passkey", "later", "sign out",
	"prove by password", "prove by app", "prove by recovery code", "prove by passkey", "add an app", "add a passkey", "remove the app", "remove the passkey",
	"support resets", "the company requires something else", "two minutes pass", "a quarter of an hour passes",
}

type wayAct struct {
	verb wayVerb
	tab  int8
}

func (a wayAct) String() string {
	if a.verb >= wayReset {
		return wayVerbNames[a.verb]
	}
	return fmt.Sprintf("%c: %s", 'A'+rune(a.tab), wayVerbNames[a.verb])
}

var wayActs = func() (all []wayAct) {
	for v := range wayVerbs {
		all = append(all, wayAct{v, 0})
		if v < wayReset {
			all = append(all, wayAct{v, 1})
		}
	}
	return all
}()

// The replies that the first model does not have.
const (
	toSetUp    reply = "a factor is to be set up"
	usedUp     reply = "used before"
	notThatWay reply = "not in this way"
	proveFirst reply = "prove it first"
	mustStay   reply = "the factor must stay"
)
