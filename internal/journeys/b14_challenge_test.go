package journeys

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/internal/testkit"
)

// B14: the challenge question of a first sign-in. Every fault is reported at its field,
// the typed question stays, and answers that others know are refused.
func TestB14_TheChallengeQuestion(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := newcomer(s, "meridian-au", "JohnSmith@mycompany.example")
		c := visitor(t, s, "meridian-au")
		page := c.Submit(signIn(c, u.Username, temporary), passwordForm, testkit.Values{
			"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword})
		const form, own = "form[action='/sign-in/challenge']", "What is painted on our van?"
		faults := func(values testkit.Values) string {
			t.Helper()
			page = c.Submit(page, form, values).Want(422)
			if _, lead := page.Doc.Find("[data-focus]").Attr("tabindex"); !lead {
				t.Error("no summary takes the focus")
			}
			var names []string
			page.Doc.Find(form + " [aria-invalid=true]").Each(func(_ int, f *goquery.Selection) {
				name, _ := f.Attr("name")
				names = append(names, name)
			})
			return strings.Join(names, " ")
		}
		for name, test := range map[string]struct {
			values testkit.Values
			want   string
		}{
			"nothing":                    {testkit.Values{"question": "", "answer": "", "current_password": ""}, "question answer current_password"},
			"one letter":                 {testkit.Values{"question": "pet", "answer": "R", "current_password": newPassword}, "answer"},
			"the password":               {testkit.Values{"question": "pet", "answer": " " + strings.ToUpper(newPassword), "current_password": newPassword}, "answer"},
			"the username":               {testkit.Values{"question": "pet", "answer": "johnsmith@MYCOMPANY.example", "current_password": newPassword}, "answer"},
			"a wrong present password":   {testkit.Values{"question": "pet", "answer": "Rover", "current_password": "Not-It-12"}, "current_password"},
			"a question of 500 letters":  {testkit.Values{"question": "own", "own_question": strings.Repeat("x", 500), "answer": "Rover", "current_password": newPassword}, "own_question"},
			"the answer in the question": {testkit.Values{"question": "own", "own_question": own, "answer": "van", "current_password": newPassword}, "answer"},
		} {
			if got := faults(test.values); got != test.want {
				t.Errorf("%s: faults at %q, want %q", name, got, test.want)
			}
		}
		faults(testkit.Values{"question": "own", "own_question": own, "answer": "", "current_password": newPassword})
		if v, _ := page.Doc.Find("[name=own_question]").Attr("value"); v != own {
			t.Errorf("the question is lost: %q", v)
		}
		if v, _ := page.Doc.Find("[name=current_password]").Attr("value"); v != "" {
			t.Error("the password is in the page")
		}
		page = c.Submit(page, form, testkit.Values{"question": "own", "own_question": own, "answer": "A red fox", "current_password": newPassword})
		if page.URL.Path != "/sign-in/terms" {
			t.Fatalf("it goes on at %s", page.URL)
		}
		if left := c.Post("/sign-out", url.Values{"form_token": {page.Doc.Find("[name=form_token]").First().AttrOr("value", "")}}); left.URL.Path != "/sign-in" {
			t.Errorf("cancelling leads to %s", left.URL)
		}
	})
}
