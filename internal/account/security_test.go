package account_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// choose saves choices in a session.
func (f *flat) choose(u gatehouse.User, here gatehouse.Session, form account.SecurityForm) error {
	return f.own.SaveSecurity(f.t.Context(), f.site, signin.In{Caller: f.caller(u)}, here, form)
}

// trust makes the device of a session trusted from now on.
func (f *flat) trust(u gatehouse.User, here gatehouse.Session) {
	f.t.Helper()
	f.write(func(q store.Queries) error {
		return q.TrustDevice(f.t.Context(), u.SiteID, u.ID, here.DeviceID, f.Clock.Now())
	})
}

func (f *flat) trusted(u gatehouse.User) int {
	f.t.Helper()
	sec, err := f.own.Security(f.t.Context(), f.site, f.caller(u))
	if err != nil {
		f.t.Fatal(err)
	}
	return sec.Trusted
}

func TestOwnTwoFactorIsTurnedOnAndOff(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, other := f.signedIn(f.mira, "here"), f.signedIn(f.mira, "other")
		f.trust(f.mira, here)
		if f.trusted(f.mira) != 1 {
			t.Error("the trusted browsers are not counted")
		}
		for _, step := range []struct{ own, detail, mail string }{{"on", "yes", "was turned on"}, {"off", "no", "was turned off"}} {
			if err := f.choose(f.mira, here, account.SecurityForm{Own: step.own}); err != nil {
				t.Fatal(err)
			}
			if f.User(f.mira).OwnTwoFactor != (step.own == "on") || f.trusted(f.mira) != 0 {
				t.Errorf("%s: %+v", step.own, f.User(f.mira))
			}
			if e := f.newest(); e.Kind != gatehouse.EventOwnTwoFactor || e.Detail["on"] != step.detail || e.ActorID != f.mira.ID {
				t.Errorf("%+v", e)
			}
			if m := f.Mail.Wait(t, f.mira.Email); !strings.Contains(m.Subject, step.mail) || !strings.Contains(m.Text, "192.0.2.7") {
				t.Errorf("%s: %s", m.Subject, m.Text)
			}
			f.wantOpen(f.mira, "2 sessions, 2 browsers")
			f.trust(f.mira, other)
			f.Clock.Add(time.Minute)
		}
		if err := f.choose(f.mira, here, account.SecurityForm{Own: "off"}); err != nil || f.trusted(f.mira) != 1 {
			t.Errorf("to choose what is chosen changes something: %v", err)
		}
		if n := len(f.Mail.Unread(f.mira.Email)); n != 0 {
			t.Errorf("%d mails about nothing", n)
		}
	})
}

func TestOwnTwoFactorNeedsAnAddressThatWorks(t *testing.T) {
	f := onceFlat(t)
	for field, change := range map[string]func(*gatehouse.User){
		"two-factor-no-address":  func(u *gatehouse.User) { u.Email = "" },
		"two-factor-bad-address": func(u *gatehouse.User) { u.Email = "not an address" },
		"two-factor-bouncing":    func(u *gatehouse.User) { u.Bounce.At = f.Clock.Now() },
		"two-factor-unconfirmed": func(u *gatehouse.User) { u.EmailConfirmed = false },
	} {
		u := f.user("meridian-uk", field, change)
		here := f.signedIn(u, "here")
		err := f.choose(u, here, account.SecurityForm{Own: "on", Automatic: "off"})
		if got := fieldsOf(err); got != "own_two_factor "+field || f.User(u).OwnTwoFactor || f.User(u).CodesOnRequest {
			t.Errorf("%s (%v)", got, err)
		}
		if sec, err := f.own.Security(t.Context(), f.site, f.caller(u)); err != nil || "two-factor-"+string(sec.Before) != field {
			t.Errorf("%+v, %v", sec.Before, err)
		}
		f.write(func(q store.Queries) error { return q.SetOwnTwoFactor(t.Context(), u.SiteID, u.ID, true) })
		if err := f.choose(u, here, account.SecurityForm{Own: "on"}); err != nil { // which it is
			t.Errorf("%s: as it is: %v", field, err)
		}
		if err := f.choose(u, here, account.SecurityForm{Own: "off"}); err != nil || f.User(u).OwnTwoFactor {
			t.Errorf("%s: off: %v", field, err)
		}
	}
}

func TestHowCodesAreSentIsAChoice(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		for _, c := range []struct {
			automatic string
			onRequest bool
		}{{"off", true}, {"", true}, {"on", false}} {
			if err := f.choose(f.mira, here, account.SecurityForm{Automatic: c.automatic}); err != nil || f.User(f.mira).CodesOnRequest != c.onRequest {
				t.Errorf("%q: %+v, %v", c.automatic, f.User(f.mira).CodesOnRequest, err)
			}
		}
		if got := fieldsOf(f.choose(f.mira, here, account.SecurityForm{Own: "maybe", Automatic: "1"})); got != "own_two_factor choice, send_automatically choice" {
			t.Error(got)
		}
	})
}

func TestOwnTwoFactorIsKeptFromOthers(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	here := f.signedIn(u, "here")
	stranger := gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: u.SiteID, UserID: u.ID}
	_, err := f.own.Security(t.Context(), f.site, stranger)
	wantKind(t, "looking", err, gatehouse.Forbidden)
	wantKind(t, "choosing", f.own.SaveSecurity(t.Context(), f.site, signin.In{Caller: stranger}, here, account.SecurityForm{Own: "on"}), gatehouse.Forbidden)
	f.write(func(q store.Queries) error {
		_, err := q.EndSession(t.Context(), u.SiteID, u.ID, here.ID, time.Now())
		return err
	})
	wantKind(t, "after the session", f.choose(u, here, account.SecurityForm{Own: "on"}), gatehouse.Unauthenticated)
	if f.User(u).OwnTwoFactor {
		t.Error("it was turned on all the same")
	}
}

func TestOwnTwoFactorIsNotTurnedWithoutEnd(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	here := f.signedIn(u, "here")
	for i := range 5 {
		if err := f.choose(u, here, account.SecurityForm{Own: []string{"on", "off"}[i%2]}); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, "once more", f.choose(u, here, account.SecurityForm{Own: "off"}), gatehouse.TooMany)
}

func TestEndTrust(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, other := f.signedIn(f.mira, "here"), f.signedIn(f.mira, "other")
		somebody := f.AddUser("meridian-uk", "somebody", "", nil)
		theirs := f.signedIn(somebody, "theirs")
		for _, s := range []gatehouse.Session{here, other} {
			f.trust(f.mira, s)
		}
		f.trust(somebody, theirs)
		end := func(id string) error { return f.own.EndTrust(t.Context(), f.site, f.caller(f.mira), here, id) }
		for _, id := range []string{here.DeviceID, here.DeviceID} { // the second time is no error
			if err := end(id); err != nil || f.trusted(f.mira) != 1 {
				t.Errorf("%v, %d", err, f.trusted(f.mira))
			}
		}
		if got := f.kinds(f.mira); strings.Count(got, "device.untrusted") != 1 {
			t.Error(got)
		}
		d, err := f.own.Devices(t.Context(), f.site, f.caller(f.mira), here)
		if until := d.Trusted[other.DeviceID]; err != nil || len(d.Trusted) != 1 || !until.Equal(f.Clock.Now().Add(f.site.Policy.TrustedDevice)) {
			t.Errorf("%+v, %v", d.Trusted, err)
		}
		for _, id := range []string{theirs.DeviceID, here.ID, "dev_0123456789abcdef0123456789abcdef", "", "\x00"} {
			wantKind(t, id, end(id), gatehouse.NotFound)
		}
		if f.trusted(somebody) != 1 {
			t.Error("somebody else's trust has ended")
		}
	})
}
