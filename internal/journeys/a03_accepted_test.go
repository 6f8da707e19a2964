package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestA03_AcceptedTermsCanBeShownAndDownloaded(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "newcomer", password)
		wantHome(t, c.Submit(p, termsForm, testkit.Values{"accept": "on"}))
		text, _ := s.Sites.ByID("meridian-uk").TermsText("2026-09", "en-GB")
		s.Clock.Add(10 * time.Minute)
		list := c.Get("/account/terms").Want(200)
		if !list.Has("Terms of use, version 2026-09") || !list.Has("21 November 2026, 12:00 GMT") || !list.Has("English (UK), from 127.0.0.1") {
			t.Errorf("%q", list.Text("main"))
		}
		p = c.Follow(list, "Terms of use, version 2026-09").Want(200)
		hash := gatehouse.TermsHash(text)
		if !p.Has("The law of England and Wales applies") || !p.Has(hash) || !p.Has("newcomer") {
			t.Errorf("%q", p.Text("main"))
		}
		file := c.Follow(p, "Download").Want(200)
		head, below, _ := strings.Cut(string(file.Body), strings.Repeat("-", 64)+"\n")
		if below != text || gatehouse.TermsHash(below) != hash {
			t.Errorf("not word for word: %q", below)
		}
		for _, want := range []string{"2026-09", hash, "newcomer", "2026-11-21T12:00:00Z"} {
			if !strings.Contains(head, want) {
				t.Errorf("the head lacks %s: %s", want, head)
			}
		}
		if h := file.Header; h.Get("Content-Type") != "text/markdown; charset=utf-8" || h.Get("Content-Disposition") != "attachment; filename=terms-2026-09.md" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("headers %v", h)
		}
		// Nobody else gets it.
		s.AddUser("meridian-uk", "msantos", password, nil)
		other := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(other, "msantos", password))
		for _, path := range []string{p.URL.Path, p.URL.Path + "/download", "/account/terms/acc_1", "/account/terms/%00"} {
			if got := other.Get(path); got.Status != 404 {
				t.Errorf("%s: %d", path, got.Status)
			}
		}
		if got := other.Get("/account/terms").Want(200); !got.Has("No terms accepted yet") {
			t.Errorf("%q", got.Text("main"))
		}
	})
}
