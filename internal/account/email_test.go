package account_test

import (
	"context"
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
	"gatehouse/internal/store"
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
	return f.own.SaveProfile(f.t.Context(), f.site, f.caller(u), p)
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
