package journeys

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// Strangers who know name and address have used up the answers: the owner still gets in,
// by the link that comes with the next answer.
func TestA07_AnswersThatStrangersClosed(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		who := typed(s, "meridian-uk", "besieged", 41)
		u := s.AddUser("meridian-uk", who.name, password, nil)
		giveHistory(t, s, u, account{answeredWrong: true})
		ask := func(c *testkit.Client) *testkit.Page {
			c.Submit(c.Get("/forgot-password"), forgotForm, testkit.Values{"username": who.name, "email": who.email})
			return c.Submit(c.Get("/forgot-password/challenge"), answerForm, testkit.Values{"answer": rightAnswer})
		}
		c := visitor(t, s, "meridian-uk")
		if p := ask(c); p.Status != http.StatusUnprocessableEntity {
			t.Fatalf("the right answer: %d", p.Status)
		}
		m := mailAbout(t, s, u.Email, "Answer your challenge question")
		link := ""
		for _, l := range m.Links() {
			if strings.Contains(l, "/forgot-password/challenge?token=") {
				link = l
			}
		}
		mailbox := visitor(t, s, "meridian-uk")
		p := mailbox.Get(link + "%3E%0D%0A").Want(200) // as copied from a mail
		if strings.Contains(p.URL.String(), "token") {
			t.Errorf("the token stays in the address: %s", p.URL)
		}
		mailbox.Submit(p, answerForm, testkit.Values{"answer": rightAnswer}).Want(200)
		if m := mailAbout(t, s, u.Email, "temporary password"); !strings.Contains(m.Text, who.name) {
			t.Errorf("the mail:\n%s", m.Text)
		}
		if p := visitor(t, s, "meridian-uk").Get("/forgot-password/challenge?token=" + strings.Repeat("x", 300)); p.Status != http.StatusGone {
			t.Errorf("a token that is none of ours: %d", p.Status)
		}
	})
}
