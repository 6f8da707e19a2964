package signin_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// cookie is the browser in which passkeys are used here.
const cookie = "a browser's cookie"

// own is the service of My account.
func (s *stage) own() *account.Service {
	return &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}
}

// device is a device with a passkey that no account has yet.
func (s *stage) device() *testkit.Device { return testkit.NewDevice(s.t, s.uk().Origin) }

// withPasskey adds a user who has created a passkey on a device.
func (s *stage) withPasskey(name string, d *testkit.Device) gatehouse.User {
	s.t.Helper()
	u := s.addUser(name, nil)
	in, here := s.here(u)
	_, err := s.create(in, here, d, false)
	s.must(err)
	_, err = s.SignIn.SignOut(ctx, s.uk(), in.Caller, in.Session, "")
	s.must(err)
	return s.User(u)
}

// here opens a session of a user who needs no code.
func (s *stage) here(u gatehouse.User) (signin.In, gatehouse.Session) {
	s.t.Helper()
	in := s.open(u, first, "")
	ses := s.session(in)
	in.Caller = ses.Caller(in.Caller)
	return in, ses.Session
}

func (s *stage) create(in signin.In, here gatehouse.Session, d *testkit.Device, unseen bool) (signin.NewPasskey, error) {
	s.t.Helper()
	begin := func() (string, error) { return s.own().BeginPasskey(ctx, s.uk(), in, here) }
	if unseen {
		begin = func() (string, error) { return s.own().OfferOfPasskey(ctx, s.uk(), in, here) }
	}
	options, err := begin()
	s.must(err)
	return s.own().CreatePasskey(ctx, s.uk(), in, here, d.Create(options), unseen)
}

func (s *stage) options() string { return s.SignIn.SignInOptions(s.uk(), cookie) }

// use signs in with a response.
func (s *stage) use(answer string) (signin.Outcome, error) {
	return s.SignIn.Passkey(ctx, s.uk(), signin.PasskeyRequest{Answer: answer, Browser: cookie, Caller: visitor(s.uk())})
}

// refusedWith expects one of the errors that strangers get.
func (s *stage) refusedWith(what, answer, reason string) {
	s.t.Helper()
	out, err := s.use(answer)
	if gatehouse.KindOf(err) != gatehouse.Unauthenticated || reasonOf(err) != reason || out.Session != "" || out.SignIn != "" {
		s.t.Errorf("%s: %+v, %v, want %s", what, out, err, reason)
	}
}

// A passkey that has verified its user is both factors: no code is required, and the session says
// what was proved. The other steps follow as usual.
func TestAPasskeySignsIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		u := s.withPasskey("msantos", d)
		out, err := s.use(d.Answer(s.options()))
		if err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("%+v, %v", out, err)
		}
		ses := s.session(signin.In{Session: out.Session})
		if !slices.Equal(ses.Assurance.Methods, []gatehouse.Method{gatehouse.MethodVerifiedPasskey}) || !slices.Contains(ses.Assurance.AMR(), "user") {
			t.Errorf("%+v", ses.Assurance)
		}
		if n := s.codeMails(u); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}
		events, err := s.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 1)
		s.must(err)
		if e := events[0]; e.Kind != gatehouse.EventPasskey || !e.SignedIn() {
			t.Errorf("%+v", e)
		}
		s.write(func(q store.Queries) error { return q.AcceptTerms(ctx, u.SiteID, u.ID, "2001-01") })
		out, err = s.use(d.Answer(s.options()))
		if err != nil || out.Step != gatehouse.StepTerms || out.Session != "" {
			t.Errorf("new terms: %+v, %v", out, err)
		}
	})
}

// A passkey's response is believed as far as it proves something, and no further.
func TestAnswersThatProveNothing(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		u := s.withPasskey("msantos", d)
		change := func(key string, value any) func(*testkit.Device) {
			return func(d *testkit.Device) { d.Change = func(data map[string]any) { data[key] = value } }
		}
		others := s.device()
		s.withPasskey("other", others)
		for what, wrong := range map[string]func(*testkit.Device){
			"WA-A02: the handle of another user":  func(d *testkit.Device) { d.Handle = others.Handle },
			"WA-A02: no handle":                   func(d *testkit.Device) { d.Handle = nil },
			"WA-A03: of another kind":             change("type", "webauthn.create"),
			"WA-A05: another host":                func(d *testkit.Device) { d.Origin = "http://evil.localhost:1" },
			"WA-A05: a host that ends like ours":  func(d *testkit.Device) { d.Origin = strings.Replace(d.Origin, "://", "://evil-", 1) },
			"WA-A05: another scheme":              func(d *testkit.Device) { d.Origin = strings.Replace(d.Origin, "http:", "https:", 1) },
			"WA-A05: in a frame of another site":  change("crossOrigin", true),
			"WA-A05: with a page of another site": change("topOrigin", "http://evil.localhost"),
			"WA-A06: of another host's site":      func(d *testkit.Device) { d.RP = "inkwell.localhost" },
			"WA-A07: nobody was there":            func(d *testkit.Device) { d.Flags = testkit.UserVerified },
			"WA-A08: nobody was verified":         func(d *testkit.Device) { d.Flags = testkit.UserPresent },
			"WA-A09: it can be synced by now":     func(d *testkit.Device) { d.Flags |= testkit.Syncable },
			"WA-A09: backed up, and cannot be":    func(d *testkit.Device) { d.Flags |= testkit.BackedUp },
		} {
			bad := *d
			wrong(&bad)
			s.refusedWith(what, bad.Answer(s.options()), signin.ReasonPasskeyFailed)
		}
		stranger := s.device()
		stranger.Handle = d.Handle
		s.refusedWith("a passkey of nobody", stranger.Answer(s.options()), signin.ReasonPasskeyFailed)
		stranger.ID = d.ID
		s.refusedWith("WA-A10: another key", stranger.Answer(s.options()), signin.ReasonPasskeyFailed)
		for _, text := range []string{"", "{}", "null", `{"id":"AA"}`, "\xff", d.Answer(s.options())[:200]} {
			s.refusedWith("WA-R02: "+text, text, signin.ReasonPasskeyFailed)
		}
		if n := len(s.mails(u)); strings.Contains(s.mails(u), "locked") {
			t.Errorf("answers locked something: %d", n)
		}
		out, err := s.use(d.Answer(s.options()))
		if err != nil || out.Session == "" {
			t.Errorf("the right answer: %+v, %v", out, err)
		}
	})
}

// A challenge is valid for one response, in one browser, for one purpose, for ten minutes.
func TestChallengesOfPasskeys(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		s.withPasskey("msantos", d)
		var one, two struct{ Challenge string }
		s.must(json.Unmarshal([]byte(s.options()), &one))
		s.must(json.Unmarshal([]byte(s.options()), &two))
		if one == two || len(one.Challenge) < 43 {
			t.Errorf("WA-C01: %q and %q", one.Challenge, two.Challenge)
		}
		answer := d.Answer(s.options())
		if _, err := s.use(answer); err != nil {
			t.Fatal(err)
		}
		s.refusedWith("WA-A04: the same answer again", answer, signin.ReasonPasskeyLate)
		s.refusedWith("WA-A04: another browser's", d.Answer(s.SignIn.SignInOptions(s.uk(), "another browser")), signin.ReasonPasskeyLate)
		s.refusedWith("WA-A04: another site's", d.Answer(strings.ReplaceAll(s.SignIn.SignInOptions(s.press(), cookie), "inkwell.localhost", "uk.localhost")), signin.ReasonPasskeyLate)
		d.Change = func(data map[string]any) {
			data["challenge"] = s.SignIn.NewChallenge("meridian-uk", signin.ToCreate, cookie)
		}
		s.refusedWith("WA-R04: made for a new passkey", d.Answer(s.options()), signin.ReasonPasskeyLate)
		d.Change = func(data map[string]any) { data["challenge"] = "c29tZXRoaW5n" }
		s.refusedWith("WA-A04: one of its own", d.Answer(s.options()), signin.ReasonPasskeyLate)
		d.Change = nil
		late := d.Answer(s.options())
		s.Clock.Add(10 * time.Minute)
		s.refusedWith("WA-C02, WA-I04: too late", late, signin.ReasonPasskeyLate)
	})
}

// Of 20 clients with the same response at one instant, one gets in.
func TestAnAnswerOpensOneSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		s.withPasskey("msantos", d)
		answer := d.Answer(s.options())
		if opened := openedAtOnce(func(int) (signin.Outcome, error) { return s.use(answer) }); opened != 1 {
			t.Errorf("%d got in", opened)
		}
	})
}

// A counter that goes back is logged, but refuses nobody; the current sync state of a passkey is
// stored.
func TestCountersRefuseNobody(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		d.Flags |= testkit.Syncable
		u := s.withPasskey("msantos", d)
		for i, count := range []uint32{0, 7, 3} {
			d.Count = count
			d.Flags |= testkit.BackedUp
			if _, err := s.use(d.Answer(s.options())); err != nil {
				t.Errorf("WA-A11: %d: %v", i, err)
			}
		}
		events, err := s.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 1)
		s.must(err)
		if events[0].Detail["counter"] != "back" {
			t.Errorf("WA-A11: %+v", events[0].Detail)
		}
		keys, err := s.Store.Read().Passkeys(ctx, u.SiteID, u.ID)
		s.must(err)
		if k := keys[0]; k.SignCount != 3 || !k.BackedUp || k.KeptWhere() != gatehouse.KeptSynced || k.UsedAt.IsZero() {
			t.Errorf("WA-A12, WA-A09: %+v", k)
		}
	})
}

// A locked or deactivated account stays closed; strangers' wrong passwords do not lock out the
// holder of the key.
func TestAPasskeyOpensNoClosedAccount(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		u := s.withPasskey("msantos", d)
		for range 10 {
			s.enter(u, wrong, "") //nolint:errcheck // they are wrong
		}
		if _, err := s.use(d.Answer(s.options())); err != nil {
			t.Errorf("strangers are locked out, and the owner too: %v", err)
		}
		s.write(func(q store.Queries) error {
			_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByAttempts, s.Clock.Now())
			return err
		})
		s.refusedWith("locked", d.Answer(s.options()), signin.ReasonPasskeyFailed)
	})
}

// After the password, a passkey is another way on the code page: with and without user
// verification, and wrong responses count among the five.
func TestAPasskeyAfterThePassword(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := s.device()
		d.Flags = testkit.UserPresent // made by a key without a PIN
		u := s.withPasskey("msantos", d)
		prove := func(at signin.At, d *testkit.Device) (signin.Outcome, error) {
			state, err := s.SignIn.CodeState(ctx, s.uk(), at)
			s.must(err)
			if !strings.Contains(state.Passkey, `"allowCredentials":[{"type":"public-key","id":"`) || state.Ways[0] != gatehouse.WayPasskey {
				t.Errorf("%q, %q", state.Passkey, state.Ways)
			}
			return s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Way: gatehouse.WayPasskey, Code: d.Answer(state.Passkey)})
		}
		d.Flags |= testkit.UserVerified // by a finder
		s.refusedWith("WA-A12: a PIN that was given to it later", d.Answer(s.options()), signin.ReasonPasskeyAlone)
		d.Flags = testkit.UserPresent
		out, err := prove(s.atCode(u), d)
		if err != nil || out.Session == "" {
			t.Fatalf("%+v, %v", out, err)
		}
		if got := s.session(signin.In{Session: out.Session}).Assurance.Methods; !slices.Equal(got, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodPasskey}) {
			t.Errorf("WA-A08, WA-R09: %q", got)
		}
		others := s.device()
		s.withPasskey("other", others)
		at := s.atCode(u)
		_, err = prove(at, others)
		s.faulty("WA-A01: another user's", err, "code passkey-wrong 4")
		_, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Way: gatehouse.WayPasskey, Code: d.Answer(s.options())})
		s.faulty("of the sign-in page", err, "code passkey-late 3")
		_, err = s.recoveryCode(at, "0000-0000-0000")
		s.faulty("across ways", err, "code recovery-code-wrong 2")
		d.Flags |= testkit.UserVerified // now the owner, with the password
		if out, err := prove(at, d); err != nil || out.Session == "" {
			t.Fatalf("%+v, %v", out, err)
		}
		if out, err := s.use(d.Answer(s.options())); err != nil || out.Session == "" {
			t.Errorf("WA-A12: not good alone: %v", err)
		}
	})
}

// Invalid new passkeys of this session are refused.
func TestNewPasskeysThatAreNotTaken(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in, here := s.here(u)
		for what, wrong := range map[string]func(*testkit.Device){
			"WA-R03: of another kind":          func(d *testkit.Device) { d.Change = func(data map[string]any) { data["type"] = "webauthn.get" } },
			"WA-R05: another host":             func(d *testkit.Device) { d.Origin = "http://evil.localhost:1" },
			"WA-R06: in a frame":               func(d *testkit.Device) { d.Change = func(data map[string]any) { data["crossOrigin"] = true } },
			"WA-R07: another site":             func(d *testkit.Device) { d.RP = "inkwell.localhost" },
			"WA-R08: nobody was there":         func(d *testkit.Device) { d.Flags = 0 },
			"WA-R10: backed up, and cannot be": func(d *testkit.Device) { d.Flags |= testkit.BackedUp },
			"WA-R13: an ID of 1024 bytes":      func(d *testkit.Device) { d.ID = make([]byte, 1024) },
		} {
			d := s.device()
			wrong(d)
			_, err := s.create(in, here, d, false)
			s.faulty(what, err, "answer passkey-bad")
		}
		d := s.device()
		options, err := s.own().BeginPasskey(ctx, s.uk(), in, here)
		s.must(err)
		for _, part := range []string{`"alg":-7`, `"alg":-257`, `"alg":-8`, `"attestation":"none"`, `"residentKey":"required"`, `"excludeCredentials":[]`, `"id":"uk.localhost"`} {
			if !strings.Contains(options, part) {
				t.Errorf("WA-R01, WA-J01: no %s in %s", part, options)
			}
		}
		answer := d.Create(options)
		made, err := s.own().CreatePasskey(ctx, s.uk(), in, here, answer, false)
		if err != nil || len(made.Codes) != gatehouse.RecoveryCodes || len(d.Handle) != 64 || strings.Contains(string(d.Handle), u.Username) {
			t.Fatalf("WA-U01: %v, %d codes, %d bytes", err, len(made.Codes), len(d.Handle))
		}
		if k := made.Passkey; !slices.Equal(k.Transports, []string{"internal"}) || k.Syncable || !k.Verified || k.CreatedAt.IsZero() {
			t.Errorf("WA-R15, WA-R16: %+v", k)
		}
		_, err = s.own().CreatePasskey(ctx, s.uk(), in, here, answer, false)
		s.faulty("WA-R04: the same answer again", err, "answer passkey-expired")
		_, err = s.create(in, here, d, false)
		s.faulty("WA-R14, WA-S02: the same passkey again", err, "answer passkey-there")
		other, there := s.here(s.addUser("other", nil))
		_, err = s.create(other, there, d, false)
		s.faulty("WA-R14: of another account", err, "answer passkey-there")
		options, err = s.own().BeginPasskey(ctx, s.uk(), in, here)
		s.must(err)
		if !strings.Contains(options, `"excludeCredentials":[{"type":"public-key","id":"`) {
			t.Errorf("WA-S02: %s", options)
		}
	})
}

// A browser that creates passkeys automatically may do so after a sign-in with the password,
// without user interaction; not for a user who has one, or has postponed it.
func TestPasskeysThatBrowsersMakeByThemselves(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in, here := s.here(u)
		s.must(s.own().PutOffPasskeys(ctx, s.uk(), in, here))
		if offers, err := s.own().OffersPasskey(ctx, s.uk(), s.User(u), here); err != nil || offers {
			t.Errorf("put off: %v, %v", offers, err)
		}
		s.Clock.Add(30 * 24 * time.Hour)
		in, here = s.here(u)
		d := s.device()
		d.Flags = 0
		made, err := s.create(in, here, d, true)
		if err != nil || len(made.Codes) != gatehouse.RecoveryCodes {
			t.Fatalf("WA-I05, WA-R08: %v", err)
		}
		if options, err := s.own().OfferOfPasskey(ctx, s.uk(), in, here); err != nil || options != "" {
			t.Errorf("a second one: %q, %v", options, err)
		}
		known, err := s.own().PasskeySignals(ctx, s.uk(), s.User(u))
		if err != nil || !strings.Contains(known, made.Passkey.CredentialID) || !strings.Contains(known, `"userId":"`+made.Passkey.Handle) {
			t.Errorf("WA-G02, WA-G03: %s, %v", known, err)
		}
	})
}
