package portal

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

func TestProfileShowsWhatIsStored(t *testing.T) {
	u := *fixture.User()
	doc := show(t, "uk", Profile{Typed: account.ProfileForm{FirstName: "Mira", LastName: "Santos", Email: u.Email, Version: "v7"}, Stored: account.Profile{User: u}})
	if pages.Attr(doc, "#first_name", "value") != "Mira" || pages.Attr(doc, "#email", "value") != u.Email || pages.Attr(doc, "input[name=version]", "value") != "v7" {
		t.Error("the fields")
	}
	if _, readonly := doc.Find("#own-username").Attr("readonly"); !readonly || pages.Attr(doc, "#own-username", "name") != "" || pages.Attr(doc, "#own-username", "value") != "msantos" {
		t.Error("the username can be changed here")
	}
	for _, want := range []string{"support can change this", "Northgate Systems Ltd", "10482-UK", "Company administrator", "Confirmed"} {
		if !strings.Contains(doc.Find("main").Text(), want) {
			t.Errorf("no %q", want)
		}
	}
	if doc.Find("#locale, main .alert").Length() != 0 {
		t.Error("something is asked or said that need not be")
	}
	if strings.Contains(doc.Find("main").Text(), "Who uses this sign-in") {
		t.Error("an answer that was not given")
	}
	for sole, want := range map[bool]string{true: "Only you", false: "You and other people"} {
		u.SoleUserFor, u.SoleUser = "2026-09", sole
		if text := pages.Squeeze(show(t, "uk", Profile{Stored: account.Profile{User: u}}).Find(".kv").Text()); !strings.Contains(text, want) {
			t.Errorf("%v: %s", sole, text)
		}
	}
	if show(t, "inkwell", Profile{Stored: account.Profile{User: u}}).Find("#own-username").Length() != 0 {
		t.Error("a username where people have none")
	}
	au := show(t, "au", Profile{Typed: account.ProfileForm{Locale: "en-AU"}, Stored: account.Profile{User: u}})
	if got := pages.Attr(au, "#locale option[selected]", "value"); got != "en-AU" || au.Find("#locale option").Length() != 3 {
		t.Errorf("language %q", got)
	}
}

func TestProfileChangedMeanwhile(t *testing.T) {
	stored := *fixture.User()
	stored.LastName = "Meyer"
	doc := show(t, "uk", Profile{Changed: true, Typed: account.ProfileForm{FirstName: "Mira", LastName: "Typed", Email: stored.Email}, Stored: account.Profile{User: stored}})
	alert := doc.Find(".alert-warn[role=alert][data-focus]")
	if !strings.Contains(alert.Text(), "Meyer") || pages.Attr(doc, "#last_name", "value") != "Typed" {
		t.Error("not both what is stored and what was typed:", pages.Squeeze(alert.Text()))
	}
	if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("the title does not say that it did not work")
	}
}

func TestProfileWaits(t *testing.T) {
	u := *fixture.User()
	w := gatehouse.EmailChange{Old: u.Email, New: "new@northgate.example", ConfirmUntil: fixture.Noon.Add(time.Hour)}
	doc := show(t, "uk", Profile{Stored: account.Profile{User: u, Waiting: &w}})
	alert := pages.Squeeze(doc.Find("main .alert").Text())
	for _, want := range []string{"Waiting for you to confirm new@northgate.example", "15:32 GMT", u.Email} {
		if !strings.Contains(alert, want) {
			t.Errorf("no %q: %s", want, alert)
		}
	}
	for _, path := range []string{"/account/email/send", "/account/email/drop"} {
		if doc.Find("main form[action='"+path+"'][method=post] button").Length() != 1 {
			t.Errorf("no button for %s", path)
		}
	}
	w.ConfirmUntil = fixture.Noon
	if alert := show(t, "uk", Profile{Stored: account.Profile{User: u, Waiting: &w}}).Find("main .alert").Text(); !strings.Contains(alert, "not confirmed in time") {
		t.Error(pages.Squeeze(alert))
	}
	u.EmailConfirmed = false
	doc = show(t, "uk", Profile{Stored: account.Profile{User: u}})
	if !strings.Contains(doc.Find("main .alert").Text(), "not confirmed yet") || doc.Find("form[action='/account/email/send'] button").Text() != "Send confirmation email" {
		t.Error("an address that was never confirmed")
	}
}

// A link to an old address names the account and the address, and hides the new one.
func TestEmailPagesNameTheAccount(t *testing.T) {
	doc := show(t, "uk", ConfirmEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{New: "new@northgate.example"}}})
	if text := doc.Find("main").Text(); !strings.Contains(text, "msantos") || !strings.Contains(text, "new@northgate.example") || doc.Find("main form[method=post] button").Length() != 1 {
		t.Error(pages.Squeeze(text))
	}
	for _, restores := range []bool{false, true} {
		doc := show(t, "uk", UndoEmail{account.EmailLink{Username: "msantos", Change: gatehouse.EmailChange{Old: "old@northgate.example", New: "new@elsewhere.example"}, Restores: restores}})
		if text := doc.Find("main").Text(); !strings.Contains(text, "msantos") || !strings.Contains(text, "old@northgate.example") {
			t.Error(pages.Squeeze(text))
		}
	}
	// If a recovery asks the challenge question, a temporary password is mailed instead.
	for _, c := range []struct{ site, what, to string }{
		{"uk", EmailStopped, "/forgot-password"}, {"inkwell", EmailStopped, "/forgot-password"},
		{"uk", EmailRestored, "/sign-in"}, {"inkwell", EmailRestored, "/forgot-password"},
	} {
		if show(t, c.site, EmailDone{What: c.what}).Find("main .btn-main[href='"+c.to+"']").Length() != 1 {
			t.Errorf("%s at %s does not lead to %s", c.what, c.site, c.to)
		}
	}
}

// Whether the stored address is confirmed is said next to that address, and not next to
// another one that was typed.
func TestABadgeIsForTheStoredAddress(t *testing.T) {
	u := *fixture.User()
	u.EmailConfirmed = true
	for typed, want := range map[string]int{u.Email: 1, "bad@": 0} {
		v := Profile{Stored: account.Profile{User: u}, Typed: account.ProfileForm{Email: typed}}
		if n := show(t, "uk", v).Find("form .badge").Length(); n != want {
			t.Errorf("%s: %d badges", typed, n)
		}
	}
}
