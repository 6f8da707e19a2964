package mail

import (
	"strings"
	"testing"
)

// administratorWords are how a mail refers to another person who administers the
// company.
var administratorWords = map[string][]string{
	"en-GB": {"your company's administrator"},
	"de":    {"den Administrator Ihres Unternehmens", "beim Administrator Ihres Unternehmens"},
	"fr":    {"l’administrateur de votre entreprise"},
}

// A mail to an administrator does not refer its reader to the administrator: that may
// be the reader.
func TestAdministratorsAreNotSentToThemselves(t *testing.T) {
	for lang, words := range administratorWords {
		said := 0
		for name, msg := range samples() {
			for _, administrator := range []bool{false, true} {
				to := testRecipient()
				to.Lang, to.Administrator = lang, administrator
				r, err := Render(testSite(), to, msg)
				if err != nil {
					t.Fatal(err)
				}
				text := strings.Join(strings.Fields(r.Text), " ")
				for _, phrase := range words {
					if !strings.Contains(text, phrase) {
						continue
					}
					if said++; administrator {
						t.Errorf("%s, %s: an administrator reads %q:\n%s", lang, name, phrase, r.Text)
					}
				}
			}
		}
		if said == 0 {
			t.Errorf("%s: no mail sends anybody to an administrator", lang)
		}
	}
}

// The mail with a code says who decides about two-factor: the one who chose it.
func TestCodesSayWhoDecides(t *testing.T) {
	for _, c := range []struct {
		own, administrator bool
		want               string
	}{
		{false, false, "managed by your company's administrator"},
		{false, true, "You manage two-factor authentication for your company"},
		{true, false, "You chose two-factor authentication yourself"},
		{true, true, "You chose two-factor authentication yourself"},
	} {
		msg, to := samples()["verification-code"].(VerificationCode), testRecipient()
		msg.Own, to.Administrator = c.own, c.administrator
		r, err := Render(testSite(), to, msg)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(r.Text), " ")
		for _, sentence := range []string{"managed by your company's administrator", "You manage two-factor authentication", "You chose two-factor authentication yourself"} {
			if strings.Contains(text, sentence) != strings.HasPrefix(c.want, sentence) {
				t.Errorf("%+v:\n%s", c, text)
			}
		}
	}
}
