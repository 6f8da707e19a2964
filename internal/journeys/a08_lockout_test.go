package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

func TestA08_TooManyWrongAttemptsLock(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		for i := range 6 {
			p := signIn(c, "msantos", "wrong-"+password)
			wantRefused(t, p)
			if i < 5 && len(s.Mail.All()) > 0 {
				t.Fatalf("mail after %d wrong attempts", i+1)
			}
		}
		m := s.Mail.Wait(t, u.Email)
		if !strings.Contains(strings.ToLower(m.Subject), "locked") && !strings.Contains(strings.ToLower(m.Subject), "kept out") {
			t.Errorf("the owner was told %q", m.Subject)
		}
		p := signIn(c, "msantos", password)
		wantRefused(t, p)
		for _, want := range []string{"/forgot-password", "help@uk.meridian.example"} {
			html, _ := p.Doc.Find("main").Html()
			if !strings.Contains(html, want) {
				t.Errorf("the page does not say what to do next: no %s", want)
			}
		}
	})
}
