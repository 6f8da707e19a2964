package signin_test

import (
	"context"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// boundSession is a session and the device that it is tied to.
type boundSession struct {
	s     *stage
	user  gatehouse.User
	token string
	key   *testkit.BoundKey
	// cookie is the bound cookie, and id the binding.
	cookie, id string
}

// unbound signs a user in; the session is not bound.
func (s *stage) unbound(name string) *boundSession {
	s.t.Helper()
	u := s.addUser(name, nil)
	out, err := s.SignIn.Password(context.Background(), s.uk(), signin.PasswordRequest{Username: name, Password: first, Caller: visitor(s.uk())})
	if err != nil || out.Step != gatehouse.StepDone {
		s.t.Fatal(out.Step, err)
	}
	return &boundSession{s: s, user: u, token: out.Session, key: testkit.NewBoundKey(s.t)}
}

// bound signs a user in, and ties the session to a device.
func (s *stage) bound(name string) *boundSession {
	s.t.Helper()
	b := s.unbound(name)
	if err := b.bind(b.key.Registration(s.SignIn.BindChallenge(s.uk(), b.token))); err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (b *boundSession) bind(proof string) error {
	got, err := b.s.SignIn.Bind(context.Background(), b.s.uk(), visitor(b.s.uk()), b.token, proof)
	if err == nil {
		b.cookie, b.id = got.Value, got.ID
	}
	return err
}

// refresh sends a proof; empty: none.
func (b *boundSession) refresh(proof string) (signin.Refreshed, error) {
	return b.s.SignIn.Refresh(context.Background(), b.s.uk(), signin.Refresh{ID: b.id, Proof: proof, Session: b.token, Caller: visitor(b.s.uk())})
}

// renew asks for a challenge and signs it; it returns the proof.
func (b *boundSession) renew() string {
	b.s.t.Helper()
	out, err := b.refresh("")
	if err != nil || out.Proved {
		b.s.t.Fatal(out, err)
	}
	proof := b.key.Proof(out.Challenge)
	if out, err = b.refresh(proof); err != nil || !out.Proved {
		b.s.t.Fatalf("not renewed: %+v %v", out, err)
	}
	b.cookie = out.Value
	return proof
}

// opens reports whether a request with this bound cookie opens the session.
func (b *boundSession) opens(cookie string) bool {
	b.s.t.Helper()
	_, err := b.s.SignIn.Admit(context.Background(), b.s.uk(), b.token, cookie)
	if err != nil && gatehouse.KindOf(err) != gatehouse.Unauthenticated {
		b.s.t.Fatal(err)
	}
	return err == nil
}

// robBound is what a thief of a bound session's cookies tries, once the bound one has ended: to use
// the session, and to renew the cookie with a proof that was used. It fails the test if that works.
func (s *stage) robBound(name string) {
	s.t.Helper()
	b := s.bound(name)
	copied := b.cookie
	s.Clock.Add(9 * time.Minute)
	proof := b.renew()
	s.Clock.Add(11 * time.Minute)
	if b.opens(copied) || b.opens("") {
		s.t.Fatal("a session opens without its bound cookie")
	}
	if out, err := b.refresh(proof); err != nil || out.Proved {
		s.t.Fatalf("a used proof renews: %+v %v", out, err)
	}
}

func TestAThiefOfABoundSession(t *testing.T) {
	onStage(t, func(_ *testing.T, s *stage) { s.robBound("msantos") })
}

// Only the browser that was offered it binds a session, soon after the sign-in, and once.
func TestWhoMayBindASession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b, other := s.unbound("msantos"), s.unbound("tbeck")
		challenge := s.SignIn.BindChallenge(s.uk(), b.token)
		for what, proof := range map[string]string{
			"nothing":                        "",
			"no proof":                       "x",
			"another challenge (D09)":        b.key.Registration("challenge"),
			"another user's challenge (D12)": b.key.Registration(s.SignIn.BindChallenge(s.uk(), other.token)),
			"another site's challenge":       b.key.Registration(s.SignIn.BindChallenge(s.press(), b.token)),
			"a proof without a key (D06)":    b.key.Proof(challenge),
		} {
			if err := b.bind(proof); gatehouse.KindOf(err) != gatehouse.Invalid {
				t.Errorf("%s: %v", what, err)
			}
		}
		if !b.opens("") {
			t.Error("a failed binding ends the session")
		}
		good := b.key.Registration(challenge)
		if err := b.bind(good); err != nil || b.cookie == "" {
			t.Fatal(err)
		}
		for what, proof := range map[string]string{"the same proof again": good, "another key": testkit.NewBoundKey(t).Registration(challenge)} {
			if err := b.bind(proof); gatehouse.KindOf(err) != gatehouse.Conflict {
				t.Errorf("%s: %v", what, err)
			}
		}
		s.Clock.Add(gatehouse.BindWithin)
		if err := other.bind(other.key.Registration(s.SignIn.BindChallenge(s.uk(), other.token))); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("D28: too late: %v", err)
		}
		s.Clock.Add(20 * time.Minute)
		if b.opens("") || !other.opens("") {
			t.Error("D27: it is not the one that never was bound that goes on as before")
		}
		if got := s.eventsOf(b.user, gatehouse.EventSessionBound); got != 1 {
			t.Errorf("%d events of a binding", got)
		}
		if got := s.eventsOf(b.user, gatehouse.EventDeviceRefused); got != 6 {
			t.Errorf("%d events of wrong proofs", got)
		}
	})
}

// eventsOf counts a user's events of a kind.
func (s *stage) eventsOf(u gatehouse.User, kind gatehouse.EventKind) int {
	s.t.Helper()
	all, err := s.Store.Read().EventPageOfUser(context.Background(), u.SiteID, u.ID, store.EventPage{Kinds: []gatehouse.EventKind{kind}, Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(all)
}

// What does not come from the device with the key renews nothing.
func TestWhatRenewsABoundSession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b, other := s.bound("msantos"), s.bound("tbeck")
		refused := func(what, proof string) {
			t.Helper()
			if out, err := b.refresh(proof); err != nil || out.Proved || out.Challenge == "" || out.ID != b.id {
				t.Errorf("%s: %+v %v", what, out, err)
			}
		}
		ask := func(b *boundSession) string {
			t.Helper()
			out, err := b.refresh("")
			if err != nil || out.Proved {
				t.Fatalf("D16: %+v %v", out, err)
			}
			return out.Challenge
		}
		refused("another binding's challenge", b.key.Proof(ask(other)))
		refused("a made-up challenge", b.key.Proof("1.abc"))
		refused("a registration (D18)", b.key.Registration(ask(b)))
		refused("another session's key (D19)", other.key.Proof(ask(b)))
		used := b.renew()
		refused("a used proof", used)
		// Of two unanswered challenges both are good, once; an older one is not (D20).
		var made []string
		for range 3 {
			s.Clock.Add(2 * time.Minute)
			made = append(made, ask(b))
		}
		refused("the oldest of three challenges", b.key.Proof(made[0]))
		for _, challenge := range made[1:] {
			if out, err := b.refresh(b.key.Proof(challenge)); err != nil || !out.Proved {
				t.Fatalf("%+v %v", out, err)
			}
			refused("a challenge twice", b.key.Proof(challenge))
		}
		late := ask(b)
		s.Clock.Add(15 * time.Minute)
		refused("a challenge that has expired", b.key.Proof(late))
		if b.renew(); !b.opens(b.cookie) {
			t.Error("the owner cannot go on")
		}
		// Another session's cookie gets the answer of a binding that never was, and leaves a trace.
		was := s.eventsOf(b.user, gatehouse.EventDeviceRefused)
		if _, err := s.SignIn.Refresh(t.Context(), s.uk(), signin.Refresh{ID: b.id, Session: other.token, Caller: visitor(s.uk())}); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("another session: %v", err)
		}
		if got := s.eventsOf(b.user, gatehouse.EventDeviceRefused); got != was+1 {
			t.Errorf("another session leaves %d events", got-was)
		}
		for what, r := range map[string]signin.Refresh{"D22: unknown": {ID: "unknown"}, "D24: none": {}, "without the cookie, at another site": {ID: b.id}} {
			st := s.uk()
			if r.ID == b.id {
				st = s.press()
			}
			if _, err := s.SignIn.Refresh(t.Context(), st, r); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// A proof is good without the session's cookie, which browsers leave out if another site's page has
// led them here. It gives the bound cookie to somebody who has the key, and opens nothing alone.
func TestAProofWithoutTheSessionsCookie(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b := s.bound("msantos")
		s.Clock.Add(11 * time.Minute)
		token := b.token
		b.token = ""
		b.renew()
		if b.token = token; !b.opens(b.cookie) {
			t.Error("the cookie does not open the session")
		}
	})
}

// Wrong proofs in a row end the session, which the owner sees.
func TestWrongProofsEndABoundSession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b, thief := s.bound("msantos"), testkit.NewBoundKey(t)
		for i := range gatehouse.MostWrongProofs {
			out, err := b.refresh(thief.Proof("x"))
			if err != nil || out.Proved || out.Over != (i == gatehouse.MostWrongProofs-1) {
				t.Fatalf("%d: %+v %v", i, out, err)
			}
		}
		if b.opens(b.cookie) || s.alive(s.uk(), b.token) {
			t.Error("the session goes on")
		}
		if _, err := b.refresh(""); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("the binding goes on: %v", err)
		}
		if n, ended := s.eventsOf(b.user, gatehouse.EventDeviceRefused), s.eventsOf(b.user, gatehouse.EventSignOut); n != gatehouse.MostWrongProofs || ended != 1 {
			t.Errorf("%d and %d events", n, ended)
		}
	})
}

// A new password replaces the session's token (ASVS 7.2.4), and not its binding: neither the old
// token nor the new one alone opens it.
func TestABindingOutlivesAnotherToken(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b := s.bound("msantos")
		s.Clock.Add(time.Minute)
		old := *b
		out, err := s.SignIn.ChangePassword(t.Context(), s.uk(), signin.In{Session: b.token, Caller: visitor(s.uk())},
			signin.NewPassword{Old: first, New: "Entirely-Different-77", Repeat: "Entirely-Different-77"})
		if err != nil {
			t.Fatal(err)
		}
		if b.token = out.Session; old.opens(b.cookie) || b.opens("") || !b.opens(b.cookie) {
			t.Error("it is not the new token together with the bound cookie that opens the session")
		}
		if err := b.bind(testkit.NewBoundKey(t).Registration(s.SignIn.BindChallenge(s.uk(), b.token))); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("the new token binds again: %v", err)
		}
		if _, err := old.refresh(""); err != nil { // it was under way while the token was replaced
			t.Errorf("the old token loses the binding: %v", err)
		}
		b.renew()
	})
}

// Renewing is no use of the session: its limits stay what they are (D29), and so do a lock and a
// password that was issued.
func TestRenewingExtendsNothingElse(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		idle := s.bound("idle")
		for range 3 {
			s.Clock.Add(9 * time.Minute)
			idle.renew()
		}
		s.Clock.Add(s.uk().Policy.Session.Idle - 27*time.Minute)
		if _, err := idle.refresh(""); gatehouse.KindOf(err) != gatehouse.NotFound || idle.opens(idle.cookie) {
			t.Errorf("an idle session is renewed: %v", err)
		}
		locked := s.bound("locked")
		err := s.Store.Write(t.Context(), func(q store.Queries) error { return endLocked(t.Context(), q, locked.user) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := locked.refresh(locked.key.Proof("x")); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a session that a lock has ended is renewed: %v", err)
		}
		// A thief's requests do not keep a session alive that its owner has left.
		left := s.bound("left")
		s.Clock.Add(11 * time.Minute)
		for range 5 {
			s.Clock.Add(4 * time.Minute)
			if left.opens("") {
				t.Fatal("it opens without the bound cookie")
			}
		}
		if left.opens(left.cookie) || s.alive(s.uk(), left.token) {
			t.Error("refused requests keep the session alive")
		}
	})
}
