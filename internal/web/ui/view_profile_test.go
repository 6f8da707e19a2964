package ui

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

func TestProfileShowsWhatIsStored(t *testing.T) {
	u := *testUser()
	doc := show(t, "uk", Profile{FirstName: "Mira", LastName: "Santos", Email: u.Email, Version: "v7", Stored: u})
	if attr(doc, "#first_name", "value") != "Mira" || attr(doc, "#email", "value") != u.Email || attr(doc, "input[name=version]", "value") != "v7" {
		t.Error("the fields")
	}
	if _, readonly := doc.Find("#own-username").Attr("readonly"); !readonly || attr(doc, "#own-username", "name") != "" || attr(doc, "#own-username", "value") != "msantos" {
		t.Error("the username can be changed here")
	}
	for _, want := range []string{"support can change this", "Northgate Systems Ltd", "10482-UK", "Company administrator", "Confirmed"} {
		if !strings.Contains(doc.Find("main").Text(), want) {
			t.Errorf("no %q", want)
		}
	}
	if doc.Find("#current_password, #locale, main .alert").Length() != 0 {
		t.Error("something is asked or said that need not be")
	}
	if strings.Contains(doc.Find("main").Text(), "Who uses this sign-in") {
		t.Error("an answer that was not given")
	}
	for sole, want := range map[bool]string{true: "Only you", false: "You and others"} {
		u.SoleUserFor, u.SoleUser = "2026-09", sole
		if text := squeeze(show(t, "uk", Profile{Stored: u}).Find(".kv").Text()); !strings.Contains(text, want) {
			t.Errorf("%v: %s", sole, text)
		}
	}
	if show(t, "inkwell", Profile{Stored: u}).Find("#own-username").Length() != 0 {
		t.Error("a username where people have none")
	}
	au := show(t, "au", Profile{Stored: u, Locale: "en-AU", AskPassword: true})
	if got := attr(au, "#locale option[selected]", "value"); got != "en-AU" || au.Find("#locale option").Length() != 3 {
		t.Errorf("language %q", got)
	}
	if au.Find("#current_password[type=password]").Length() != 1 {
		t.Error("the password is not asked for")
	}
}

func TestProfileChangedMeanwhile(t *testing.T) {
	stored := *testUser()
	stored.LastName = "Meyer"
	doc := show(t, "uk", Profile{FirstName: "Mira", LastName: "Typed", Email: stored.Email, Stored: stored, Changed: true})
	alert := doc.Find(".alert-warn[role=alert][data-focus]")
	if !strings.Contains(alert.Text(), "Meyer") || attr(doc, "#last_name", "value") != "Typed" {
		t.Error("not both what is stored and what was typed:", squeeze(alert.Text()))
	}
	if !strings.HasPrefix(doc.Find("title").Text(), "Error: ") {
		t.Error("the title does not say that it did not work")
	}
}

func TestProfileWaits(t *testing.T) {
	u := *testUser()
	w := gatehouse.EmailChange{Old: u.Email, New: "new@northgate.example", ConfirmUntil: noon.Add(time.Hour)}
	doc := show(t, "uk", Profile{Stored: u, Waiting: &w})
	alert := squeeze(doc.Find("main .alert").Text())
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
	w.ConfirmUntil = noon
	if alert := show(t, "uk", Profile{Stored: u, Waiting: &w}).Find("main .alert").Text(); !strings.Contains(alert, "not confirmed in time") {
		t.Error(squeeze(alert))
	}
	u.EmailConfirmed = false
	doc = show(t, "uk", Profile{Stored: u})
	if !strings.Contains(doc.Find("main .alert").Text(), "not confirmed yet") || doc.Find("form[action='/account/email/send'] button").Text() != "Send a confirmation" {
		t.Error("an address that was never confirmed")
	}
}

// A link to an old address names the account and the address, and hides the new one.
func TestEmailPagesNameTheAccount(t *testing.T) {
	doc := show(t, "uk", ConfirmEmail{Username: "msantos", Address: "new@northgate.example"})
	if text := doc.Find("main").Text(); !strings.Contains(text, "msantos") || !strings.Contains(text, "new@northgate.example") || doc.Find("main form[method=post] button").Length() != 1 {
		t.Error(squeeze(text))
	}
	for _, restores := range []bool{false, true} {
		doc := show(t, "uk", UndoEmail{Username: "msantos", Old: "old@northgate.example", New: "n...w@elsewhere.example", Restores: restores})
		if text := doc.Find("main").Text(); !strings.Contains(text, "msantos") || !strings.Contains(text, "old@northgate.example") {
			t.Error(squeeze(text))
		}
	}
	// Where a recovery asks the challenge question, a temporary password is mailed instead.
	for _, c := range []struct{ site, what, to string }{
		{"uk", EmailStopped, "/forgot-password"}, {"inkwell", EmailStopped, "/forgot-password"},
		{"uk", EmailRestored, "/sign-in"}, {"inkwell", EmailRestored, "/forgot-password"},
	} {
		if show(t, c.site, EmailDone{What: c.what}).Find("main .btn-main[href='"+c.to+"']").Length() != 1 {
			t.Errorf("%s at %s does not lead to %s", c.what, c.site, c.to)
		}
	}
}
