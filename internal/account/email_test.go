package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// user adds a user to a site, which is the flat's from now on.
func (f *flat) user(siteID, username string, change func(*gatehouse.User)) gatehouse.User {
	f.t.Helper()
	f.site = f.Sites.ByID(siteID)
	return f.AddUser(siteID, username, "", change)
}

// form is the profile as its page shows it, with another address.
func form(u gatehouse.User, email string) account.ProfileForm {
	return account.ProfileForm{FirstName: u.FirstName, LastName: u.LastName, Email: email, Locale: u.Locale}
}

// save saves a profile in a session that has just begun.
func (f *flat) save(u gatehouse.User, p account.ProfileForm) error {
	return f.own.SaveProfile(f.t.Context(), f.site, signin.In{Caller: f.caller(u)}, f.Clock.Now(), p)
}

func (f *flat) ask(u gatehouse.User, email string) {
	f.t.Helper()
	if err := f.save(u, form(f.User(u), email)); err != nil {
		f.t.Fatal(err)
	}
}

// token waits for a mail with a link to a path and returns the token in it. A jump of the clock
// can resend an earlier mail, which has none.
func (f *flat) token(to, path string) string {
	f.t.Helper()
	for {
		m := f.Mail.Wait(f.t, to) // fails if none comes
		for _, link := range m.Links() {
			if u, err := url.Parse(link); err == nil && u.Path == path && u.Query().Get("token") != "" {
				return u.Query().Get("token")
			}
		}
	}
}

const (
	confirmPath = "/account/email/confirm"
	undoPath    = "/account/email/undo"
)

// move changes an address and confirms it; it returns the token that undoes it, which only the
// address that keeps the account gets.
func (f *flat) move(u gatehouse.User, to string) (undo string) {
	f.t.Helper()
	old := f.User(u).Email
	f.ask(u, to)
	if err := f.confirm(f.token(to, confirmPath)); err != nil {
		f.t.Fatal(err)
	}
	if links := f.links(old, undoPath); len(links) > 0 {
		undo = links[len(links)-1]
	}
	return undo
}

func (f *flat) confirm(token string) error {
	return f.own.ConfirmEmail(f.t.Context(), f.site, f.visitor(), token)
}

func (f *flat) undo(token string) (bool, error) {
	return f.own.UndoEmail(f.t.Context(), f.site, f.visitor(), token)
}

func (f *flat) wantEmail(u gatehouse.User, email string) {
	f.t.Helper()
	now := f.User(u)
	if now.Email != email {
		f.t.Errorf("the address is %s, want %s", now.Email, email)
	}
	if f.site.SignInWith == gatehouse.WithEmail && now.Username != email {
		f.t.Errorf("the username is %s, want %s", now.Username, email)
	}
}

func wantCode(t *testing.T, what string, err error, kind gatehouse.Kind, reason string) {
	t.Helper()
	if gatehouse.KindOf(err) != kind || !strings.HasPrefix(fmt.Sprint(err), reason) {
		t.Errorf("%s: %v, want %s", what, err, reason)
	}
}

func (f *flat) kinds(u gatehouse.User) string {
	f.t.Helper()
	events, err := f.Store.Read().EventsOfUser(f.t.Context(), u.SiteID, u.ID, 100)
	if err != nil {
		f.t.Fatal(err)
	}
	var kinds []string
	for _, e := range slices.Backward(events) {
		kinds = append(kinds, string(e.Kind))
		for _, v := range e.Detail {
			if strings.Contains(v, "@") {
				f.t.Errorf("%s holds an address: %v", e.Kind, e.Detail)
			}
		}
	}
	return strings.Join(kinds, " ")
}

func TestA05_ANewAddressCountsWhenItIsConfirmed(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for siteID, name := range map[string]string{"meridian-uk": "priya", "inkwell": "priya@northgate.example"} {
			u := f.user(siteID, name, nil)
			f.write(func(q store.Queries) error {
				return q.InsertRecovery(t.Context(), secret.HashToken(siteID), store.Recovery{SiteID: siteID, ID: store.NewID("rec", f.Clock.Now()),
					Kind: gatehouse.RecoverByLink, UserID: u.ID, Subject: u.ID, CreatedAt: f.Clock.Now(), ExpiresAt: f.Clock.Now().Add(time.Hour)})
			})
			f.ask(u, "new."+siteID+"@northgate.example")
			f.wantEmail(u, u.Email)
			told := f.Mail.Wait(t, u.Email)
			if !strings.Contains(told.Text, "n..."+siteID[len(siteID)-1:]+"@northgate.example") || strings.Contains(told.Text, "new.") || !strings.Contains(told.Text, "192.0.2.7") {
				t.Errorf("the old address is told: %s", told.Text)
			}
			token := f.token("new."+siteID+"@northgate.example", confirmPath)
			link, err := f.own.ConfirmLink(t.Context(), f.site, token)
			if err != nil || link.Username != u.Username || link.Change.New != "new."+siteID+"@northgate.example" {
				t.Errorf("%+v, %v", link, err)
			}
			f.wantEmail(u, u.Email) // looking changes nothing
			if err := f.confirm(token); err != nil {
				t.Fatal(err)
			}
			f.wantEmail(u, "new."+siteID+"@northgate.example")
			if !f.User(u).EmailConfirmed {
				t.Error("not confirmed")
			}
			wantCode(t, "again", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
			if _, err := f.own.ConfirmLink(t.Context(), f.site, token); gatehouse.KindOf(err) != gatehouse.Gone {
				t.Errorf("a used link: %v", err)
			}
			if _, err := f.Store.Read().Recovery(t.Context(), siteID, secret.HashToken(siteID)); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("a link to the old address still replaces the password: %v", err)
			}
			if changed := f.Mail.Wait(t, u.Email); !strings.Contains(changed.Subject, "was changed") {
				t.Errorf("the old address is told: %s", changed.Subject)
			}
			if got := f.kinds(u); got != "email.asked email.changed" {
				t.Error(got)
			}
		}
	})
}

// Twenty at the same moment: one makes the change, and one mail is sent (invariant 2).
func TestA05_OneLinkConfirmsOnce(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("inkwell", "old@northgate.example", nil)
		f.ask(u, "new@northgate.example")
		token := f.token("new@northgate.example", confirmPath)
		var won, over atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch err := f.own.ConfirmEmail(context.Background(), f.site, f.visitor(), token); {
				case err == nil:
					won.Add(1)
				case gatehouse.KindOf(err) == gatehouse.Gone:
					over.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || over.Load() != 19 {
			t.Errorf("%d confirmed, %d were over", won.Load(), over.Load())
		}
		f.wantEmail(u, "new@northgate.example")
		if got := f.kinds(u); got != "email.asked email.changed" {
			t.Error(got)
		}
	})
}

func TestA05_TheOldAddressStopsAChange(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.signedIn(u, "Firefox")
		f.setPassword(u)
		f.ask(u, "new@northgate.example")
		undo, token := f.token(u.Email, undoPath), f.token("new@northgate.example", confirmPath)
		if link, err := f.own.UndoLink(t.Context(), f.site, undo); err != nil || link.Restores || link.Username != u.Username || link.Change.Old != u.Email {
			t.Errorf("%+v, %v", link, err)
		}
		if restored, err := f.undo(undo); err != nil || restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantOpen(u, "0 sessions, 0 browsers") // somebody else may have been in the account
		if now := f.User(u); now.Password.Hash != "new" {
			t.Error("the password is another one")
		}
		wantCode(t, "confirming what was stopped", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		_, err := f.undo(undo)
		wantCode(t, "again", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, u.Email)
		if p, err := f.own.Profile(t.Context(), f.site, f.caller(u)); err != nil || p.Waiting != nil {
			t.Errorf("still waiting: %+v, %v", p.Waiting, err)
		}
		if got := f.kinds(u); !strings.HasSuffix(got, "email.asked email.undone") {
			t.Error(got)
		}
	})
}

// A thief changes the address twice, and a third change is waiting. The owner's first mail gets
// the account back, and nothing the thief has still works.
func TestA05_AThiefWhoChangesTwiceDoesNotKeepTheAccount(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for siteID, name := range map[string]string{"meridian-uk": "priya", "inkwell": "ink@northgate.example"} {
			u := f.user(siteID, name, nil)
			evil := func(n int) string { return fmt.Sprintf("evil%d.%s@elsewhere.example", n, siteID) }
			owners := f.move(u, evil(1))
			f.Clock.Add(time.Hour)
			if thiefs := f.move(u, evil(2)); thiefs != "" {
				t.Error("the thief got a link")
			}
			f.Clock.Add(6 * 24 * time.Hour)
			f.ask(u, evil(3))
			third := f.token(evil(3), confirmPath)
			f.signedIn(u, "Thief's")
			if restored, err := f.undo(owners); err != nil || !restored {
				t.Fatalf("restored %v, %v", restored, err)
			}
			f.wantEmail(u, u.Email)
			if !f.User(u).EmailConfirmed {
				t.Error("who reads the mail of an address has confirmed it")
			}
			f.wantOpen(u, "0 sessions, 0 browsers")
			f.subject(u.Email, "has its email address back")
			wantCode(t, "the third change", f.confirm(third), gatehouse.Gone, account.ReasonEmailLinkOver)
			_, err := f.undo(owners)
			wantCode(t, "the owner's link again", err, gatehouse.Gone, account.ReasonEmailLinkOver)
			f.wantEmail(u, u.Email)
		}
	})
}

// A thief requests a change, withdraws it, and requests another address: the first mail still
// works.
func TestA05_GivingUpDoesNotVoidTheOwnersLink(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.ask(u, "evil1@elsewhere.example")
		first := f.token(u.Email, undoPath)
		if err := f.own.DropEmailChange(t.Context(), f.site, f.caller(u)); err != nil {
			t.Fatal(err)
		}
		_, err := f.undo(first)
		wantCode(t, "there is nothing to undo", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.move(u, "evil2@elsewhere.example")
		if restored, err := f.undo(first); err != nil || !restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantEmail(u, u.Email)
	})
}

func TestA05_LinksEnd(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.ask(u, "late@northgate.example")
		token := f.token("late@northgate.example", confirmPath)
		f.Mail.Wait(t, u.Email)
		f.Clock.Add(gatehouse.ConfirmEmailFor)
		wantCode(t, "a day later", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		undo := f.move(u, "new@northgate.example")
		f.Clock.Add(gatehouse.UndoEmailFor)
		_, err := f.undo(undo)
		wantCode(t, "a week later", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, "new@northgate.example")
		for _, token := range []string{"", ".", "x", "eml_1.", undo + "x", "x" + undo, strings.Repeat("a", 100), "\xff"} {
			_, err := f.undo(token)
			wantCode(t, "undo "+token, err, gatehouse.Gone, account.ReasonEmailLinkOver)
			wantCode(t, "confirm "+token, f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		}
		// The same link at another site of the same installation.
		f.site = f.Sites.ByID("inkwell")
		_, err = f.undo(undo)
		wantCode(t, "at another site", err, gatehouse.Gone, account.ReasonEmailLinkOver)
	})
}

func TestA05_WhatTheCompanyChangedIsConfirmedByNoOlderLink(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		undo := f.move(u, "second@northgate.example")
		f.ask(u, "third@northgate.example")
		token := f.token("third@northgate.example", confirmPath)
		if err := f.correct(u, "admin@northgate.example"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "confirming", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, "admin@northgate.example")
		// A thief may have requested the correction, so the first address keeps the account.
		if restored, err := f.undo(undo); err != nil || !restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantEmail(u, u.Email)

		// A change by the company alone cannot be undone from the previous mailbox: a former
		// employee cannot take an account along.
		left := f.user("meridian-uk", "left", nil)
		if err := f.correct(left, "successor@northgate.example"); err != nil {
			t.Fatal(err)
		}
		if links := f.links(left.Email, undoPath); len(links) != 0 {
			t.Error("the mailbox before a correction can undo it")
		}

		// Nor can a former employee whose account was deactivated, when it is activated again.
		gone := f.user("meridian-uk", "gone", nil)
		undo = f.move(gone, "gone.too@home.example")
		by := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}
		if err := errors.Join(f.directory().Deactivate(t.Context(), f.site, by, gone.ID), f.directory().Activate(t.Context(), f.site, by, gone.ID),
			f.correct(gone, "successor2@northgate.example")); err != nil {
			t.Fatal(err)
		}
		_, err := f.undo(undo)
		wantCode(t, "after deactivating", err, gatehouse.Gone, account.ReasonEmailLinkOver)

		off := f.user("meridian-uk", "tom", nil)
		f.ask(off, "tom.new@northgate.example")
		token = f.token("tom.new@northgate.example", confirmPath)
		undo = f.token(off.Email, undoPath)
		f.write(func(q store.Queries) error {
			return q.SetUserState(t.Context(), off.SiteID, off.ID, gatehouse.Deactivated)
		})
		wantCode(t, "deactivated", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		_, err = f.undo(undo)
		wantCode(t, "deactivated", err, gatehouse.Gone, account.ReasonEmailLinkOver)
	})
}

// If users sign in with their address, an address belongs to one account; the requester does not
// learn whether it is taken (invariant 7).
func TestA05_ATakenAddressIsToldToItsOwnerOnly(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		other := f.user("inkwell", "other@northgate.example", nil)
		u := f.user("inkwell", "priya@northgate.example", nil)
		f.ask(u, " Other@northgate.example ")
		m := f.Mail.Wait(t, other.Email)
		if !strings.Contains(m.Subject, "entered for another") || strings.Contains(m.Text, "token=") || strings.Contains(m.Text, u.Username) {
			t.Errorf("the owner gets %q: %s", m.Subject, m.Text)
		}
		f.token(u.Email, undoPath) // and the requester's old address is notified as usual
		taken, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil || taken.Waiting == nil || taken.Waiting.New != "Other@northgate.example" {
			t.Fatalf("%+v, %v", taken.Waiting, err)
		}
		f.ask(u, "free@northgate.example")
		f.token("free@northgate.example", confirmPath)
		free, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil || free.Waiting == nil {
			t.Fatal(err)
		}
		same := *free.Waiting
		same.ID, same.New = taken.Waiting.ID, taken.Waiting.New
		if same != *taken.Waiting {
			t.Errorf("the page differs: %+v, %+v", free.Waiting, taken.Waiting)
		}
		if got := f.kinds(u); got != "email.asked email.asked" {
			t.Error(got)
		}
	})
}

// Two users request the same free address: the first to confirm gets it, and the other one only
// learns that by reading its mail.
func TestA05_TwoAskForOneAddress(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		a, b := f.user("inkwell", "a@northgate.example", nil), f.user("inkwell", "b@northgate.example", nil)
		f.ask(a, "free@northgate.example")
		first := f.token("free@northgate.example", confirmPath)
		f.ask(b, "free@northgate.example")
		second := f.token("free@northgate.example", confirmPath)
		errs := make(chan error, 2)
		for _, token := range []string{first, second} {
			go func() { errs <- f.own.ConfirmEmail(context.Background(), f.site, f.visitor(), token) }()
		}
		one, two := <-errs, <-errs
		if one != nil {
			one, two = two, one
		}
		if one != nil {
			t.Fatalf("nobody has it: %v, %v", one, two)
		}
		wantCode(t, "the other one", two, gatehouse.Conflict, account.ReasonEmailTaken)
		if f.User(a).Email == f.User(b).Email {
			t.Error("both have it")
		}
	})
}

func TestA05_AnOldAddressThatIsTakenMeanwhile(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("inkwell", "old@northgate.example", nil)
		undo := f.move(u, "new@northgate.example")
		f.user("inkwell", "old@northgate.example", nil)
		_, err := f.undo(undo)
		wantCode(t, "undoing", err, gatehouse.Conflict, account.ReasonEmailTaken)
		f.wantEmail(u, "new@northgate.example")
	})
}

// Accounts of a site with usernames may share an address.
func TestA05_UsernameSitesShareAddresses(t *testing.T) {
	f := onceFlat(t)
	other := f.user("meridian-uk", "other", nil)
	u := f.user("meridian-uk", "priya", nil)
	f.move(u, other.Email)
	f.wantEmail(u, other.Email)
	if f.User(u).Username != "priya" {
		t.Error("the username changed too")
	}
}

// onceFlat is a flat on SQLite: for what does not depend on the database.
func onceFlat(t *testing.T) *flat {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	return &flat{Server: s, t: t, site: s.Sites.ByID("meridian-uk"),
		own: &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}}
}

func TestA05_AUsernameThatIsAnAddressFollows(t *testing.T) {
	f := onceFlat(t)
	both := *f.Sites.ByID("meridian-uk")
	both.SignInWith = gatehouse.WithUsernameOrEmail
	u := f.user("meridian-uk", "priya@northgate.example", func(u *gatehouse.User) { u.Email = "priya@northgate.example" })
	plain := f.user("meridian-uk", "tom", nil)
	f.site = &both
	f.move(u, "new@northgate.example")
	f.move(plain, "tom.new@northgate.example")
	if f.User(u).Username != "new@northgate.example" || f.User(plain).Username != "tom" {
		t.Errorf("usernames %s and %s", f.User(u).Username, f.User(plain).Username)
	}
}

func TestA05_SendAgain(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	again := func() error { return f.own.SendConfirmation(t.Context(), f.site, f.caller(u)) }
	wantCode(t, "nothing waits", again(), gatehouse.Conflict, account.ReasonNothingToConfirm)
	f.ask(u, "new@northgate.example")
	f.Mail.Wait(t, u.Email)
	slow := f.token("new@northgate.example", confirmPath)
	if err := again(); err != nil {
		t.Fatal(err)
	}
	fast := f.token("new@northgate.example", confirmPath)
	wantCode(t, "at once", again(), gatehouse.TooMany, account.ReasonEmailOften)
	f.Clock.Add(time.Minute)
	if err := again(); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	if got := f.Mail.Unread(u.Email); len(got) != 0 {
		t.Errorf("the old address is told again: %q", got[0].Subject)
	}
	// The link in the slower mail works too, and after that no other one.
	if err := f.confirm(slow); err != nil {
		t.Error(err)
	}
	wantCode(t, "the other link", f.confirm(fast), gatehouse.Gone, account.ReasonEmailLinkOver)
	// Both mails to the old address undo it.
	if restored, err := f.undo(f.token(u.Email, undoPath)); err != nil || !restored {
		t.Errorf("%v, %v", restored, err)
	}
}

func TestA05_AnAddressIsConfirmedWithoutBeingChanged(t *testing.T) {
	f := onceFlat(t)
	u := f.user("inkwell", "priya@northgate.example", func(u *gatehouse.User) { u.EmailConfirmed = false })
	if err := f.own.SendConfirmation(t.Context(), f.site, f.caller(u)); err != nil {
		t.Fatal(err)
	}
	if err := f.confirm(f.token(u.Email, confirmPath)); err != nil {
		t.Fatal(err)
	}
	f.wantEmail(u, u.Email)
	if !f.User(u).EmailConfirmed || f.kinds(u) != "email.asked email.confirmed" || len(f.Mail.Unread(u.Email)) != 0 {
		t.Errorf("%s, %d mails more", f.kinds(u), len(f.Mail.Unread(u.Email)))
	}
}

func TestA05_AnAddressWhereThereWasNone(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", func(u *gatehouse.User) { u.Email, u.EmailConfirmed = "", false })
	if err := f.save(u, form(u, "")); err != nil {
		t.Errorf("the form without an address: %v", err)
	}
	f.ask(u, "first@northgate.example")
	if err := f.confirm(f.token("first@northgate.example", confirmPath)); err != nil {
		t.Fatal(err)
	}
	f.wantEmail(u, "first@northgate.example")
	if all := f.Mail.All(); len(all) != 1 {
		t.Errorf("%d mails", len(all))
	}
}

func TestA05_FiveChangesAnHour(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	for i := range 5 {
		f.ask(u, fmt.Sprintf("new%d@northgate.example", i))
	}
	err := f.save(u, form(u, "new5@northgate.example"))
	wantCode(t, "the sixth", err, gatehouse.TooMany, account.ReasonEmailOften)
	if fields := fieldsOf(err); fields != "email email-often" {
		t.Error(fields)
	}
	if err := f.save(u, form(u, u.Email)); err != nil {
		t.Errorf("the profile cannot be saved: %v", err)
	}
	f.Clock.Add(12 * time.Minute)
	f.ask(u, "new6@northgate.example")
	// Only the newest waits.
	wantCode(t, "an earlier one", f.confirm(f.token("new0@northgate.example", confirmPath)), gatehouse.Gone, account.ReasonEmailLinkOver)
}
