package portal

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func textsOf(s *goquery.Selection) []string {
	return s.Map(func(_ int, s *goquery.Selection) string { return pages.Squeeze(s.Text()) })
}

func TestProgressSaysWhereOneIs(t *testing.T) {
	one := gatehouse.User{Username: "x"}
	both := []gatehouse.Step{gatehouse.StepPassword, gatehouse.StepTerms}
	for name, c := range map[string]struct {
		in            InSteps
		want, current string
	}{
		"first":           {stepOf(one, gatehouse.StepPassword, both...), "Step 1 of 2", "New password"},
		"last":            {stepOf(one, gatehouse.StepTerms, both...), "Step 2 of 2", "Terms of use"},
		"due meanwhile":   {stepOf(one, gatehouse.StepSoleUser, both...), "Step 3 of 3", "Who uses it"},
		"the only one":    {stepOf(one, gatehouse.StepTerms, gatehouse.StepTerms), "", ""},
		"an old sign-in":  {stepOf(one, gatehouse.StepTerms), "", ""},
		"all of them":     {atStep(gatehouse.StepChallenge), "Step 3 of 5", "Challenge question"},
		"before any else": {atStep(gatehouse.StepCode), "Step 1 of 5", "One-time code"},
	} {
		doc := show(t, "uk", SoleUser{InSteps: c.in})
		if got := doc.Find(".steps p").Text(); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if got := doc.Find(".steps [aria-current=step]").Text(); got != c.current {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The requirements follow the site's policy, with its numbers, and nothing else.
func TestReqsFollowThePolicy(t *testing.T) {
	uk := show(t, "uk", ChangePassword{Username: "JohnSmith@mycompany.com"}, pages.SignedIn)
	want := []string{"At least 8 characters", "An upper-case letter", "A lower-case letter", "A number", "No part of your username", "Not your current password", "The same in both boxes",
		"When you save, we check that it is not one of your last 5 passwords.", "When you save, we check that it is not a common password or one known from leaks."}
	if got := textsOf(uk.Find(".reqs li")); !slices.Equal(got, want) {
		t.Errorf("classic: %q", got)
	}
	banned := strings.Split(pages.Attr(uk, ".reqs", "data-banned"), "\n")
	if !slices.Equal(banned, gatehouse.UsernameParts("JohnSmith@mycompany.com")) || !slices.Contains(banned, "smith") {
		t.Errorf("banned: %q", banned)
	}
	modern := show(t, "inkwell", ResetPassword{Username: "john.smith@inkwell.example", Rules: fixture.Sites()["inkwell"].Policy.Password})
	want = []string{"At least 15 characters", "The same in both boxes", "When you save, we check that it is not your current password.",
		"When you save, we check that it is not a common password or one known from leaks.",
		"When you save, we check that it is not just your name, your email address, your company or this site."}
	if got := textsOf(modern.Find(".reqs li")); !slices.Equal(got, want) {
		t.Errorf("modern: %q", got)
	}
	if pages.Attr(modern, ".reqs", "data-min") != "15" || pages.Attr(modern, ".reqs", "data-banned") != "" {
		t.Error("the script is told something else than the person")
	}
}

func TestEveryQuestionOfTheHouseIsOffered(t *testing.T) {
	doc := show(t, "uk", ChallengeSetup{ChallengeForm: ChallengeForm{Question: "pet"}})
	values := doc.Find("#question option").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	if want := append(append([]string{""}, gatehouse.ChallengeQuestions...), gatehouse.OwnQuestion); !slices.Equal(values, want) {
		t.Errorf("%q", values)
	}
	if got := doc.Find("#question option[selected]").Text(); got != "What was the name of your first pet?" {
		t.Errorf("what was chosen is lost: %q", got)
	}
}

// No secret that was typed appears in a page again.
func TestSecretsAreNotShownAgain(t *testing.T) {
	for _, v := range []ui.View{
		PasswordExpired{Errors: everyRule()}, ChallengeSetup{ChallengeForm: badChallenge()}, ChangePassword{Errors: everyRule()},
		AccountChallenge{ChallengeForm: badChallenge()}, ResetPassword{Errors: everyRule()},
		ForgotChallenge{Errors: fixture.Wrong("answer", "answer-wrong"), Recovery: signin.Recovery{Challenge: gatehouse.Challenge{Question: "pet"}}},
	} {
		doc := show(t, "uk", v, pages.SignedIn)
		doc.Find("input[type=password], #answer").Each(func(_ int, s *goquery.Selection) {
			if got := s.AttrOr("value", ""); got != "" {
				t.Errorf("%T: %s holds %q", v, s.AttrOr("name", ""), got)
			}
		})
		if doc.Find("input[type=password], #answer").Length() == 0 {
			t.Errorf("%T has no secrets", v)
		}
	}
}

// Accepted terms are identified by the hash of exactly the text that is shown.
func TestTermsAreNamedByTheirHash(t *testing.T) {
	doc := show(t, "uk", AcceptTerms{TermsText: TermsText{"2026-09", fixture.Document}})
	if got := pages.Attr(doc, "input[name=text_hash]", "value"); got != gatehouse.TermsHash(fixture.Document) {
		t.Error(got)
	}
	if doc.Find(".doc b").Length() != 0 || !strings.Contains(doc.Find(".doc").Text(), "<b>here</b>") {
		t.Error("HTML in the terms became markup")
	}
	if got := fmt.Sprint(textsOf(doc.Find(".doc h2"))); got != "[A heading]" {
		t.Error(got)
	}
}

// Users accept the terms for themselves, as in fixture.Document.
func TestTheDeclarationIsTheUsersOwn(t *testing.T) {
	text := pages.Squeeze(show(t, "uk", AcceptTerms{TermsText: TermsText{Version: "1"}}).Find("main").Text())
	if len(pages.Sentences(text, "I declare that I have read and accepted the terms of use")) != 1 || len(pages.Sentences(text, "for my company|allowed")) > 0 {
		t.Errorf("the declaration: %q", text)
	}
}

// An administrator is not told that "the administrator" will be told.
func TestAnAdministratorWhoSharesASignIn(t *testing.T) {
	for role, want := range map[gatehouse.Role]string{gatehouse.RoleUser: "We will tell your company’s administrator", gatehouse.RoleAdmin: "We will tell the other administrators"} {
		in := stepOf(gatehouse.User{Role: role}, gatehouse.StepSoleUser)
		text := pages.Squeeze(show(t, "uk", SoleUser{InSteps: in}).Find("main").Text())
		if len(pages.Sentences(text, want)) != 1 {
			t.Errorf("%s: %s", role, text)
		}
	}
}
