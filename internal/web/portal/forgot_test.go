package portal

import (
	"testing"

	"gatehouse/internal/testkit/pages"
)

func TestForgottenUsernameWhereThereIsNone(t *testing.T) {
	text := pages.Squeeze(show(t, "inkwell", ForgotUsername{}).Find("main").Text())
	for _, never := range pages.Sentences(text, "look up") {
		t.Errorf("%q, where there is no username", never)
	}
	if len(pages.Sentences(text, "which email address your account has")) != 1 {
		t.Errorf("nobody says what an administrator can tell: %s", text)
	}
	if len(pages.Sentences(pages.Squeeze(show(t, "uk", ForgotUsername{}).Find("main").Text()), "can look up your username")) != 1 {
		t.Error("nobody says whom to ask for a username")
	}
}
