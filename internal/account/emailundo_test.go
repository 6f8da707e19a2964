package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// setPassword is what a new password, a recovery and a reset have in common.
func (f *flat) setPassword(u gatehouse.User) {
	f.t.Helper()
	w := gatehouse.Password{Hash: "new", Origin: gatehouse.PasswordChosen, SetAt: f.Clock.Now()}
	f.write(func(q store.Queries) error { return q.SetPassword(f.t.Context(), u.SiteID, u.ID, w) })
}

func (f *flat) lock(u gatehouse.User, why gatehouse.LockReason) {
	f.t.Helper()
	f.write(func(q store.Queries) error {
		_, err := q.LockUser(f.t.Context(), u.SiteID, u.ID, why, f.Clock.Now())
		return err
	})
}

// A thief's request does not survive the owner's throwing out the thief.
func TestA05_ANewPasswordVoidsAChangeThatWaits(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.ask(u, "evil@elsewhere.example")
		token := f.token("evil@elsewhere.example", confirmPath)
		f.Clock.Add(time.Minute)
		f.setPassword(u)
		if p, err := f.own.Profile(t.Context(), f.site, f.caller(u)); err != nil || p.Waiting != nil {
			t.Errorf("the profile shows %+v, %v", p.Waiting, err)
		}
		wantCode(t, "sending it again", f.own.SendConfirmation(t.Context(), f.site, f.caller(u)), gatehouse.Conflict, account.ReasonNothingToConfirm)
		if _, err := f.own.ConfirmLink(t.Context(), f.site, token); gatehouse.KindOf(err) != gatehouse.Gone {
			t.Errorf("the link: %v", err)
		}
		wantCode(t, "confirming", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, u.Email)
		// Requested again, with the new password, it can be confirmed.
		f.Clock.Add(time.Minute)
		f.ask(u, "evil@elsewhere.example")
		if err := f.confirm(f.token("evil@elsewhere.example", confirmPath)); err != nil {
			t.Error(err)
		}
	})
}

// Requested, withdrawn, and requested again to the same address: the first mail undoes it.
func TestA05_TheFirstMailLeadsBackAfterAskingTwice(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	f.ask(u, "evil@elsewhere.example")
	first := f.token(u.Email, undoPath)
	f.token("evil@elsewhere.example", confirmPath)
	if err := f.own.SendConfirmation(t.Context(), f.site, f.caller(u)); err != nil {
		t.Fatal(err)
	}
	if err := f.confirm(f.token("evil@elsewhere.example", confirmPath)); err != nil {
		t.Fatal(err)
	}
	f.move(u, "evil2@elsewhere.example")
	if restored, err := f.undo(first); err != nil || !restored {
		t.Errorf("restored %v, %v", restored, err)
	}
	f.wantEmail(u, u.Email)
}

// subject waits for a mail to an address with these words in its subject. Mails arrive in any
// order, so it takes and returns earlier ones that were not asked for.
func (f *flat) subject(to, words string, earlier ...testkit.Mail) (testkit.Mail, []testkit.Mail) {
	f.t.Helper()
	for i, m := range earlier {
		if strings.Contains(m.Subject, words) {
			return m, slices.Delete(earlier, i, i+1)
		}
	}
	for {
		m := f.Mail.Wait(f.t, to)
		if strings.Contains(m.Subject, words) {
			return m, earlier
		}
		earlier = append(earlier, m)
	}
}

// Anyone who changed the address knew the password, or has set it, and may have chosen the challenge
// question.
func TestA05_TakingBackLeavesNoPasswordToTheThief(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for siteID, name := range map[string]string{"meridian-uk": "priya", "inkwell": "ink@northgate.example"} {
			u, evil := f.user(siteID, name, nil), "evil."+siteID+"@elsewhere.example"
			undo := f.move(u, evil)
			f.Clock.Add(time.Minute)
			f.setPassword(u)
			f.lock(u, gatehouse.LockedByAttempts)
			f.signedIn(u, "Thief's")
			if _, err := f.undo(undo); err != nil {
				t.Fatal(err)
			}
			told, others := f.subject(u.Email, "has its email address back")
			now := f.User(u)
			if now.Password.Hash == "new" || !now.Password.Temporary() {
				t.Errorf("%s: %+v", siteID, now.Password)
			}
			f.wantOpen(u, "0 sessions, 0 browsers")
			if siteID == "inkwell" { // a recovery only needs the address
				if now.Password.Hash != "" || !strings.Contains(told.Text, "/forgot-password") {
					t.Errorf("%+v, %s", now.Password, told.Text)
				}
			} else {
				m, _ := f.subject(u.Email, "temporary password", others...)
				if !strings.Contains(told.Text, "from our other email") || now.Locked() || !f.fits(now, m.Text) {
					t.Errorf("locked %v, %s\n%s", now.Locked(), told.Text, m.Text)
				}
			}
			lost, _ := f.subject(evil, "no longer the address")
			if strings.Contains(lost.Text, "/forgot-password") || strings.Contains(lost.Text, "/sign-in") || strings.Contains(lost.Text, u.Email) {
				t.Errorf("the address that loses is told: %s", lost.Text)
			}
		}
	})
}

// fits reports whether a text contains the user's password on a separate line.
func (f *flat) fits(u gatehouse.User, text string) bool {
	f.t.Helper()
	for _, line := range strings.Fields(text) {
		if strings.Count(line, "-") != 4 {
			continue
		}
		v, err := f.Hasher.Verify(f.t.Context(), u.Password.Hash, line)
		if err != nil {
			f.t.Fatal(err)
		}
		return v.Match
	}
	return false
}

// Undoing a change does not end an administrator's lock, and no password is sent.
func TestA05_TakingBackUnlocksNothingAnAdministratorLocked(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	undo := f.move(u, "evil@elsewhere.example")
	f.lock(u, gatehouse.LockedByAdministrator)
	if _, err := f.undo(undo); err != nil {
		t.Fatal(err)
	}
	if now := f.User(u); !now.Locked() || now.Password.Hash != "" {
		t.Errorf("%+v", now)
	}
	f.subject(u.Email, "has its email address back")
	f.links(u.Email, undoPath) // all mail has gone out
	for _, m := range f.Mail.Unread(u.Email) {
		if strings.Contains(m.Subject, "password") || strings.Contains(m.Subject, "unlocked") {
			t.Errorf("%q", m.Subject)
		}
	}
}
