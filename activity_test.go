package gatehouse

import (
	"slices"
	"testing"
)

func TestWhoDidIt(t *testing.T) {
	for _, c := range []struct {
		kind  CallerKind
		actor string
		want  bool
	}{
		{Visitor, "", false}, {SignedIn, "usr_1", false}, {SignedIn, "usr_2", true}, {SignedIn, "", true},
		{Operator, "", true}, {System, "", true}, {"", "", true}, {"client", "usr_1", true},
	} {
		if got := (Event{UserID: "usr_1", ActorKind: c.kind, ActorID: c.actor}).ByOther(); got != c.want {
			t.Errorf("%q %q: by somebody else is %v", c.kind, c.actor, got)
		}
	}
}

// "This wasn't me" is for sign-ins that worked, locks and changes of one's own.
func TestWhatCanBeDisowned(t *testing.T) {
	more := []EventKind{EventSignIn, EventPasskey, EventSignInDone, EventCodeSent, EventCode, EventLocked, EventRecoveryAnswered, EventDeviceRemoved}
	for _, kind := range append(slices.Clone(SignInEvents), ChangeEvents...) {
		e := Event{UserID: "usr_1", Kind: kind, Result: ResultOK, ActorKind: Visitor}
		want := slices.Contains(ChangeEvents, kind) || slices.Contains(more, kind)
		if e.Disownable() != want {
			t.Errorf("%s: %v", kind, e.Disownable())
		}
		e.ActorKind, e.ActorID = SignedIn, "usr_1"
		if e.Disownable() != want {
			t.Errorf("%s by the owner: %v", kind, e.Disownable())
		}
		e.ActorID = "usr_2"
		if e.Disownable() {
			t.Errorf("%s by an administrator", kind)
		}
		e.ActorID, e.Result = "usr_1", ResultWrong
		if e.Disownable() {
			t.Errorf("%s that failed", kind)
		}
	}
}

func TestTermsHash(t *testing.T) {
	if got := TermsHash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" { // FIPS 180-2, B.1
		t.Error(got)
	}
	if TermsHash("abc\n") == TermsHash("abc") {
		t.Error("a line's end makes no difference")
	}
}
