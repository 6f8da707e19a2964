package site

import (
	"strings"
	"testing"
	"time"
)

func withSecurity(text string) string { return "security:\n" + text + "\nsender:" }

func TestSecurityText(t *testing.T) {
	now := time.Date(2026, 11, 28, 9, 30, 0, 0, time.UTC)
	if text, there := load(t, nil).SecurityText(now); there {
		t.Errorf("without a setting: %q", text)
	}
	s := load(t, edit(t, "sender:", withSecurity("  contacts: [security@acme.example, \"+44 131 496 0182\", https://acme.example/report]\n  languages: [en, de]\n  encryption: https://acme.example/key.asc")))
	text, there := s.SecurityText(now)
	want := "Contact: mailto:security@acme.example\nContact: tel:+441314960182\nContact: https://acme.example/report\nExpires: 2027-05-27T00:00:00Z\n" +
		"Encryption: https://acme.example/key.asc\nPreferred-Languages: en, de\nCanonical: https://acme.example/.well-known/security.txt\n"
	if !there || text != want {
		t.Errorf("%v\n%s\nwant\n%s", there, text, want)
	}
	dated := load(t, edit(t, "sender:", withSecurity("  contacts: [a@acme.example]\n  expires: 2027-01-01T00:00:00Z")))
	if text, there := dated.SecurityText(now); !there || !strings.Contains(text, "Expires: 2027-01-01T00:00:00Z\n") {
		t.Errorf("%v %s", there, text)
	}
	if _, there := dated.SecurityText(now.AddDate(0, 2, 0)); there {
		t.Error("one that is too old to be believed is shown")
	}
}

func TestSecurityTextProblems(t *testing.T) {
	for text, want := range map[string]string{
		"  policy: https://acme.example/policy":                   "security.contacts",
		"  contacts: []":                                          "security.contacts",
		"  contacts: [somebody]":                                  "security.contacts[0]: is \"somebody\", must be an email address",
		"  contacts: [\"http://acme.example\"]":                   "security.contacts[0]",
		"  contacts: [a@acme.example]\n  policy: /policy":         "security.policy: is \"/policy\", must be an https address",
		"  contacts: [a@acme.example]\n  languages: [english]":    "security.languages[0]",
		"  contacts: [a@acme.example]\n  contact: b@acme.example": "did you mean contacts?",
		"  contacts: [\"a@acme.example\\nExpires: 2099\"]":        "security.contacts[0]",
	} {
		_, err := Load(folder(t, t.TempDir(), "acme", edit(t, "sender:", withSecurity(text))), LoadEnv{Scheme: "https"})
		wantError(t, err, want)
	}
}
