package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// B12: six digits, five minutes, and everything that the mail has to say, in the
// reader's language. B20: the sender identifies a staging installation.
func TestB12_TheMailWithTheCode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.Sites.ByID("meridian-uk").Staging = true
		for locale, words := range map[string][]string{
			"en-GB": {"is your Meridian UK code", "Hello Mary", "12:05 GMT", "5 minutes", "If you are not signing in", "change your password",
				"company's administrator", "we never ask for it", "sent automatically"},
			"de": {"ist Ihr Code für Meridian UK", "Guten Tag Mary", "12:05", "5 Minuten", "Passwort", "Administrator Ihres Unternehmens", "automatisch"},
			"fr": {"est votre code Meridian UK", "Bonjour Mary", "12:05", "5 minutes", "mot de passe", "l’administrateur de votre entreprise", "automatiquement"},
		} {
			u := careful(t, s, "meridian-uk", "mary."+locale, func(u *gatehouse.User) { u.FirstName, u.LastName, u.Locale = "Mary", "Hopkins", locale })
			c := visitor(t, s, "meridian-uk")
			p := wantCodePage(t, c, u)
			m := s.Mail.Wait(t, u.Email)
			code := m.Code()
			if len(code) != 6 || !strings.Contains(m.HTML, code) {
				t.Fatalf("the code is %q in %s", code, m.Text)
			}
			said := strings.Join(strings.Fields(m.Subject+" "+m.Text), " ")
			for _, want := range append(words, s.URL("meridian-uk", "/account/password"), "0345 010 0482") {
				if !strings.Contains(said, want) {
					t.Errorf("%s: the mail lacks %q:\n%s", locale, want, said)
				}
			}
			if from := m.Header.Get("From"); !strings.Contains(from, "Staging") || !strings.Contains(from, "no-reply@uk.meridian.example") {
				t.Errorf("from %q", from)
			}
			if p = enterCode(c, p, code); p.URL.Path != "/" || p.Find(signInForm).Length() > 0 {
				t.Errorf("%s: the code leads to %s", locale, p.URL)
			}
		}
	})
}

// B12: until the last second of its five minutes, and no longer.
func TestB12_FiveMinutes(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		for _, late := range []time.Duration{5*time.Minute - time.Second, 5 * time.Minute} {
			c := visitor(t, s, "meridian-uk")
			p := wantCodePage(t, c, u)
			code := mailedCode(t, s, u.Email)
			s.Clock.Add(late)
			p = enterCode(c, p, code)
			if in := p.Status == 200; in != (late < 5*time.Minute) {
				t.Errorf("after %v: %d %q", late, p.Status, p.Text("main"))
			}
		}
	})
}

// B16: the very first sign-in requires no code, every later one does; a recovery is not
// a first sign-in.
func TestB16_TheFirstSignInAsksForNoCode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := newcomer(s, "meridian-au", "koala")
		secure(t, s, u, true)
		c := visitor(t, s, "meridian-au")
		p := signIn(c, "koala", temporary)
		p = c.Submit(p, passwordForm, testkit.Values{"old_password": temporary, "new_password": password, "repeat_password": password})
		p = c.Submit(p, challengeForm, testkit.Values{"question": "concert", "answer": answer, "current_password": password})
		wantHome(t, c.Submit(p, termsForm, testkit.Values{"accept": "on"}))
		if n := codesTo(t, s, u.Email); n != 0 {
			t.Errorf("%d codes were sent", n)
		}
		c.Press(c.Get("/"), "Sign out", nil)
		wantHome(t, enterCode(c, wantCodePage(t, c, u), mailedCode(t, s, u.Email)))

		s.Clock.Add(time.Hour)
		recovered := recoverPassword(t, s, u)
		c = visitor(t, s, "meridian-au")
		p = signIn(c, "koala", recovered)
		if p.URL.Path != "/sign-in/code" || !p.Has("Step 1 of 2") {
			t.Fatalf("after a recovery: %s %q", p.URL, p.Text("main"))
		}
		p = enterCode(c, p, mailedCode(t, s, u.Email))
		if p.URL.Path != "/sign-in/password" || !p.Has("Step 2 of 2") {
			t.Fatalf("after the code: %s %q", p.URL, p.Text("main"))
		}
		wantHome(t, c.Submit(p, passwordForm, testkit.Values{"old_password": recovered, "new_password": newPassword, "repeat_password": newPassword}))
	})
}
