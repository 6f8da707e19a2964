package mail

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Which messages have a secret, and when they expire.
func TestSecretsAndExpiry(t *testing.T) {
	until := testTime.Add(time.Hour)
	now := testTime.Add(time.Minute)
	week := 7 * 24 * time.Hour
	for _, c := range []struct {
		msg    Message
		secret string
		want   time.Time
	}{
		{ResetLink{Token: "t", ExpiresAt: until}, "t", until},
		{RecoveryLink{ResetLink{Token: "t", ExpiresAt: until}}, "t", until},
		{ConfirmAddress{Token: "t", ExpiresAt: until}, "t", until},
		{AddressChangeAsked{UndoToken: "t", At: testTime}, "t", testTime.Add(week)},
		{AddressChanged{UndoToken: "t", At: testTime, UndoUntil: until}, "t", until},
		{AddressChanged{At: testTime}, "", testTime.Add(undoWindow)},
		{PasswordChanged{At: testTime}, "", now.Add(3 * 24 * time.Hour)},
	} {
		if c.msg.Secret() != c.secret || !c.msg.Expires(now).Equal(c.want) {
			t.Errorf("%s: the secret is %q until %s", c.msg.Kind(), c.msg.Secret(), c.msg.Expires(now))
		}
	}
}

// Unknown facts have no row.
func TestEmptyFactsHaveNoRow(t *testing.T) {
	for _, name := range []string{"reset-link", "recovery-link", "password-changed", "challenge-changed", "address-change-asked", "new-device"} {
		full, err := Render(testSite(), testRecipient(), samples()[name])
		if err != nil {
			t.Fatal(err)
		}
		empty, err := Render(testSite(), testRecipient(), samples()[name+"-nowhere"])
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []string{"Approximate location:", "IP address:"} {
			if !strings.Contains(full.Text, "\n"+row) || strings.Contains(empty.Text, row) {
				t.Errorf("%s: %q is not there exactly where it is known", name, row)
			}
		}
		if strings.Contains(full.Text, "\nBrowser:") != (full.Text != "" && strings.Contains(full.Text, testBrowser)) || strings.Contains(empty.Text, "Browser:") {
			t.Errorf("%s: the browser's row", name)
		}
	}
}

// The button of each kind leads to the page that deals with it.
func TestButtons(t *testing.T) {
	for name, want := range map[string]string{
		"recovery-link": "/forgot-password/challenge?token=" + testToken,
		"reset-link":    "/reset-password?token=" + testToken, "confirm-address": "/account/email/confirm?token=" + testToken,
		"address-change-asked": "/account/email/undo?token=" + testToken, "address-changed": "/account/email/undo?token=" + testToken,
		"password-changed": "/forgot-password", "locked": "/forgot-password", "locked-strangers": "/forgot-password",
		"address-undone": "/forgot-password", "challenge-changed": "/account/password", "password-expiring": "/account/password",
		"new-device": "/account/activity", "terms-receipt": "/account/terms", "address-taken": "/sign-in",
		"username-request": "", "shared-sign-in": "/company/users/new", "monthly-report": "/company/report?month=2026-10", "enrolment-failures": "", "many-refusals": "", "texts-stopped": "", "address-corrected": "",
		"two-factor-enabled": "/", "two-factor-disabled": "/account/security", "enrolment-summary": "/company/enrolments/enr_0193",
		"two-factor-reset": "/account/devices", "policy-changed": "/company/policy", "operator-changed": "", "alert-opened": "/operator/alerts", "own-two-factor": "/account/password",
		"case-opened": "/support/cases/open?token=CS-7F3K-29QX." + testToken, "case-opened-user": "/support/cases/CS-7F3K-29QX",
		"case-answer": "/support/cases/CS-7F3K-29QX", "case-answer-last": "/support/cases/open?token=CS-7F3K-29QX." + testToken, "case-for-support": "",
	} {
		r, err := Render(testSite(), testRecipient(), samples()[name])
		if err != nil {
			t.Fatal(err)
		}
		_, link, _ := strings.Cut(r.HTML, `href="`)
		link, _, _ = strings.Cut(link, `"`)
		if got := strings.TrimPrefix(link, testSite().Origin); got != want {
			t.Errorf("%s leads to %q, want %q", name, got, want)
		}
	}
}

// A stranger types the message of a username request on a public page: all of it is
// there, and no mail program takes any of it for structure or a link.
func TestAStrangersMessageIsQuoted(t *testing.T) {
	typed := "I am Hanna, really.\r\n\r\nbutton: Pay -> /pay\n\n## Heading\n\n| a | b\n\ncode: 123456\n\n- item\n\nquote: x\x00 **bold** " +
		"{{.Site}} https://evil.example/login www.evil.example evil.example/x mailto:a@evil.example \\\\evil\\share <a href=x>click</a> \u202eabc "
	typed += strings.Repeat("x", 499-utf8.RuneCountInString(typed)) + "!"
	for lang := range languages() {
		to := testRecipient()
		to.Lang = lang
		plain, err := Render(siteIn(lang), to, UsernameRequest{Asker: "a@b.example", Usernames: []string{"hkruse"}, At: testTime, Message: "x"})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Render(siteIn(lang), to, UsernameRequest{Asker: "a@b.example", Usernames: []string{"hkruse"}, At: testTime, Message: typed})
		if err != nil {
			t.Fatal(err)
		}
		if shape(r.HTML) != shape(plain.HTML) || strings.Contains(r.HTML, "<a ") {
			t.Errorf("%s: the message became structure", lang)
		}
		for part, text := range map[string]string{"text": r.Text, "HTML": words(r.HTML)} {
			for _, link := range []string{"://", "www.e", "evil.example", "mailto:a", "@evil", `\\`, "\x00", "\u202e"} {
				if strings.Contains(text, link) {
					t.Errorf("%s: %q is in the %s", lang, link, part)
				}
			}
		}
		quoted := strings.Join(strings.Fields(strings.ReplaceAll(r.Text, "\n> ", " ")), " ")
		for _, fragment := range []string{"I am Hanna, really. button:", "## Heading | a | b code:", "{{.\u2060Site}}", "<a href=x>click</a>", "xx!"} {
			if !strings.Contains(quoted, fragment) {
				t.Errorf("%s: the text lacks %q of the message:\n%s", lang, fragment, quoted)
			}
		}
	}
}

// Longer than the page accepts: it is cut, and says so.
func TestALongMessageIsCut(t *testing.T) {
	got := string(quote(strings.Repeat("a b ", 1000)))
	if n := utf8.RuneCountInString(got); n > quoteLength || n < quoteLength-2 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d characters: %s", n, got[len(got)-10:])
	}
}

// A request without a message says so.
func TestNoMessage(t *testing.T) {
	for _, message := range []string{"", " \r\n\x00\u2028 "} {
		msg := samples()["username-request"].(UsernameRequest)
		msg.Message = message
		r, err := Render(testSite(), testRecipient(), msg)
		if err != nil || !strings.Contains(r.Text, "They added no message.") || strings.Contains(r.Text, ">") {
			t.Errorf("%q: %v\n%s", message, err, r.Text)
		}
	}
}
