package mail

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gatehouse"
)

// rows are the names and numbers of a mail's facts in English.
func rows(text string) map[string]int {
	all := map[string]int{}
	for _, found := range regexp.MustCompile(`(?m)^([^\n]*): +(\d+)$`).FindAllStringSubmatch(text, -1) {
		all[found[1]], _ = strconv.Atoi(found[2])
	}
	return all
}

// B04: the numbers of a summary add up, in total and by reason.
func TestSummariesAddUp(t *testing.T) {
	for name, msg := range samples() {
		m, ok := msg.(EnrolmentSummary)
		if !ok {
			continue
		}
		r, err := Render(testSite(), testRecipient(), m)
		if err != nil {
			t.Fatal(err)
		}
		got, changed, unchanged := rows(r.Text), "Enrolled", "Unchanged"
		switch {
		case m.Factor != "":
			changed, unchanged = "Must set one up", "Already set up"
		case !m.Enable:
			changed = "No longer enrolled"
		}
		if got["Total users"] != m.Total || got[changed]+got[unchanged]+got["Skipped"]+got["Failed"] != m.Total {
			t.Errorf("%s does not add up:\n%s", name, r.Text)
		}
		for _, outcome := range []string{unchanged, "Skipped", "Failed"} {
			sum := 0
			for row, n := range got {
				if strings.HasPrefix(row, outcome+", ") {
					sum += n
				}
			}
			if sum != got[outcome] {
				t.Errorf("%s: the reasons of %s add up to %d, not to %d", name, outcome, sum, got[outcome])
			}
		}
	}
}

// Every reason has its words in every language.
func TestEveryReasonHasWords(t *testing.T) {
	for _, reason := range []gatehouse.OutcomeReason{gatehouse.ReasonUnconfirmed, gatehouse.ReasonLocked, gatehouse.ReasonOwn,
		gatehouse.ReasonNoEmail, gatehouse.ReasonBadEmail, gatehouse.ReasonBouncing, gatehouse.ReasonDeactivated, gatehouse.ReasonInvited,
		gatehouse.ReasonMoved, gatehouse.ReasonGone, gatehouse.ReasonReplaced, gatehouse.ReasonError} {
		for lang, s := range languages() {
			var words strings.Builder
			if err := s.t.ExecuteTemplate(&words, "why", gatehouse.OutcomeCount{Reason: reason}); err != nil || words.Len() < 5 {
				t.Errorf("%s has no words for %s: %q, %v", lang, reason, words.String(), err)
			}
		}
	}
}

// Numbers are right-aligned; other facts are not moved.
func TestNumbersAreAligned(t *testing.T) {
	number := func(name, value string) fact { return fact{name, []span{{Text: value}}} }
	if got, want := plainFacts([]fact{number("Enrolled", "145"), number("Failed", "0")}, ":"), "Enrolled:  145\nFailed:      0"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := plainFacts([]fact{number("Tries", "6"), number("Name", "hkruse")}, ":"), "Tries:  6\nName:   hkruse"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a mail says follows from the facts it is given.
func TestTwoFactorMailsSayWhatIsSo(t *testing.T) {
	for name, c := range map[string]struct{ has, lacks []string }{
		"two-factor-enabled":            {[]string{"Ines Marchetti, an administrator at Lindenhof Books,", "hanna.kruse@lindenhof.example", "5 minutes", "15 days", "ines@lindenhof.example first"}, nil},
		"two-factor-enabled-self":       {[]string{"You turned on", "Wasn't it you?"}, []string{"an administrator at", "Ask "}},
		"two-factor-enabled-own":        {[]string{"we will still ask", "asked for a code again"}, []string{"After your password", "15 days"}},
		"two-factor-enabled-support":    {[]string{"Meridian UK support turned on", "1 minute.", "your company's administrator first"}, []string{"device", "1 minutes"}},
		"two-factor-disabled":           {[]string{"Your password alone"}, []string{"Codes go to"}},
		"two-factor-disabled-own":       {[]string{"we will still ask", "Codes go to"}, []string{"Your password alone"}},
		"enrolment-summary":             {[]string{"The change that you started at 14:32 UTC finished at 14:33 UTC on 21", "2 users cannot sign in now", "146 emails", "Wasn't it you?"}, []string{"security team"}},
		"enrolment-summary-one":         {[]string{"1 email about", "of 1 user enrolled\n"}, []string{"The reasons", "cannot sign in", "1 users"}},
		"enrolment-summary-other":       {[]string{"Ines Marchetti started on 20 November 2026", "Ask Ines Marchetti"}, []string{"Wasn't it you?"}},
		"enrolment-summary-failed":      {[]string{"security team has been told", "3 users cannot sign in now"}, nil},
		"enrolment-summary-not-alerted": {[]string{"Meridian UK support started", "if you cannot resolve"}, []string{"security team"}},
		"enrolment-summary-off":         {[]string{"No longer enrolled:"}, []string{" Enrolled", "cannot sign in"}},
		"enrolment-summary-replaced":    {[]string{"ended early", "turned off again"}, []string{"cannot sign in", "We now ask everyone"}},
		"two-factor-reset-support":      {[]string{"Meridian UK support", "We do not currently ask you for a code"}, []string{"Browser:"}},
		"address-corrected":             {[]string{"Ines Marchetti, an administrator of your company, changed", "New address: h•••@books.example", "Ask Ines Marchetti at once", "contact Meridian UK support"}, []string{"http"}},
		"address-corrected-support":     {[]string{"Meridian UK support changed", "Ask your company's administrator at once"}, nil},
		"address-corrected-removed":     {[]string{"no longer has an email address", "will not receive emails or codes"}, []string{"New address", "another email"}},
		"own-two-factor-off":            {[]string{"only if your company requires it"}, []string{"each sign-in"}},
	} {
		r, err := Render(testSite(), testRecipient(), samples()[name])
		if err != nil {
			t.Fatal(err)
		}
		text := r.Subject + "\n" + strings.Join(strings.Fields(r.Text), " ")
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, r.Text)
			}
		}
		for _, not := range c.lacks {
			if strings.Contains(text, not) {
				t.Errorf("%s says %q:\n%s", name, not, r.Text)
			}
		}
	}
}
