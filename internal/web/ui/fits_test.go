package ui

import (
	"regexp"
	"testing"
	"time"

	"gatehouse"
)

// sentences that mention something, with what is around them.
func sentences(text, of string) []string {
	return regexp.MustCompile(`[^.?!]*`+of+`[^.?!]*[.?!]?`).FindAllString(squeeze(text), -1)
}

// On a site that signs people in with their email address and trusts no device, no page
// promises anybody a username to look up, or trust for a time.
func TestWordsFitTheKindOfSite(t *testing.T) {
	st := testSites()["inkwell"]
	st.Policy.TrustedBrowser = 0
	pages := newPages(t)
	for _, s := range samples() {
		html, err := pages.Render(frameFor(st, s), s.view)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		text := parse(t, html).Find("main").Text()
		for _, found := range sentences(text, "(?i:look up your|knows your username|15 days|do not challenge me)") {
			t.Errorf("%s says %q", s.name, found)
		}
	}
}

func TestForgottenUsernameWhereThereIsNone(t *testing.T) {
	text := squeeze(show(t, "inkwell", ForgotUsername{}).Find("main").Text())
	for _, never := range sentences(text, "look up") {
		t.Errorf("%q, where there is no username", never)
	}
	if len(sentences(text, "which email address your account has")) != 1 {
		t.Errorf("nobody says what an administrator can tell: %s", text)
	}
	if len(sentences(squeeze(show(t, "uk", ForgotUsername{}).Find("main").Text()), "can look up your username")) != 1 {
		t.Error("nobody says whom to ask for a username")
	}
}

// Who accepts the terms does so for oneself, as the document has it.
func TestTheDeclarationIsThePersonsOwn(t *testing.T) {
	text := squeeze(show(t, "uk", AcceptTerms{TermsText: TermsText{Version: "1"}}).Find("main").Text())
	if len(sentences(text, "I declare that I have read and accepted the terms of use")) != 1 || len(sentences(text, "for my company|allowed")) > 0 {
		t.Errorf("the declaration: %q", text)
	}
}

// What colleagues will see is what the site's policy lets them do.
func TestTheSwitchKnowsTheTimeOfTrust(t *testing.T) {
	for days, want := range map[int]string{0: "We ask at every sign-in, on every device", 3: "on the same device for 3 days", 15: "on the same device for 15 days"} {
		st := testSites()["uk"]
		st.Policy.TrustedBrowser = time.Duration(days) * 24 * time.Hour
		html, err := newPages(t).Render(frameFor(st, sample{signedIn: true}), switchPage(func(*EnhancedSecurity) {}))
		if err != nil {
			t.Fatal(err)
		}
		text := squeeze(parse(t, html).Find("aside[data-for=enabled]").Text())
		if len(sentences(text, want)) != 1 {
			t.Errorf("%d days: %s", days, text)
		}
	}
}

// Who is an administrator is not told that "the administrator" is told.
func TestAnAdministratorWhoSharesASignIn(t *testing.T) {
	for administrator, want := range map[bool]string{false: "We tell your company’s administrator", true: "We tell the other administrators"} {
		text := squeeze(show(t, "uk", SoleUser{InSteps: at(gatehouse.StepSoleUser), Administrator: administrator}).Find("main").Text())
		if len(sentences(text, want)) != 1 {
			t.Errorf("administrator %v: %s", administrator, text)
		}
	}
}
