package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestC01_SignInWithTheEmailAddress(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "Mira.Santos@inkwell.example", password, nil)
		p := visitor(t, s, "inkwell").Get("/sign-in")
		if got := p.Text("label[for='username']"); got != "Email address" {
			t.Errorf("the field is called %q", got)
		}
		for _, typed := range []string{"Mira.Santos@inkwell.example", "mira.santos@INKWELL.example", "  mira.santos@inkwell.example ", "ｍｉｒａ.santos@inkwell.example"} {
			wantHome(t, signIn(visitor(t, s, "inkwell"), typed, password))
		}
		for _, typed := range []string{strings.ToLower(password), strings.ToUpper(password), password + " ", " " + password} {
			wantRefused(t, signIn(visitor(t, s, "inkwell"), "mira.santos@inkwell.example", typed))
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "mira.santos@inkwell.example", password))
	})
}

func TestC01_UsernamesAreForgiving(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "John Smith", password, nil)
		for _, typed := range []string{"John Smith", "john smith", " JOHN SMITH", "Ｊｏｈｎ Smith"} {
			wantHome(t, signIn(visitor(t, s, "meridian-uk"), typed, password))
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "johnsmith", password))
	})
}

// One answer for all strangers: wrong password, unknown, locked, deactivated, without
// address, without password. Same status, same headers, same page except for the typed
// name (invariant 7).
func TestC01_OneAnswerForAllStrangers(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "person-active", password, nil)
		s.AddUser("meridian-uk", "person-locked", password, func(u *gatehouse.User) {
			u.LockedAt, u.LockReason = s.Clock.Now(), gatehouse.LockedByAdministrator
		})
		s.AddUser("meridian-uk", "person-gone", password, func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		s.AddUser("meridian-uk", "person-nomail", password, func(u *gatehouse.User) { u.Email = "" })
		s.AddUser("meridian-uk", "person-nopass", "", nil)
		names := []string{"person-active", "person-unknown", "person-locked", "person-gone", "person-nomail", "person-nopass"}
		for attempt := range 9 { // beyond the lock, too
			var first string
			for _, name := range names {
				p := signIn(visitor(t, s, "meridian-uk"), name, "wrong")
				wantRefused(t, p)
				if answer := comparable(p, name); first == "" {
					first = answer
				} else if answer != first {
					t.Errorf("attempt %d: %s is answered differently:\n%s\n---\n%s", attempt+1, name, answer, first)
				}
			}
		}
		for _, name := range names[1:] {
			wantRefused(t, signIn(visitor(t, s, "meridian-uk"), name, password))
		}
	})
}

// comparable is an answer without what differs between any two requests.
func comparable(p *testkit.Page, name string) string {
	p.Find("input[name=form_token]").Remove()
	html, _ := p.Doc.Html()
	var b strings.Builder
	for _, h := range []string{"Content-Type", "Cache-Control", "Set-Cookie", "Content-Security-Policy", "Vary", "Retry-After"} {
		b.WriteString(h + ": " + strings.Join(p.Header.Values(h), "|") + "\n")
	}
	b.WriteString(strings.ReplaceAll(html, name, "NAME"))
	return b.String()
}

func TestC01_WrongInputIsSaidAtItsField(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		long := strings.Repeat("é", 256)
		s.AddUser("meridian-uk", "longpass", long, nil)
		for _, c := range []struct{ name, username, password, field, says string }{
			{"empty", "", "", "username", "Enter your username"},
			{"only spaces", "   ", "x", "username", "Enter your username"},
			{"no password", "msantos", "", "password", "Enter your password"},
			{"10 kB name", strings.Repeat("a", 10_000), "x", "username", "254 characters"},
			{"257 characters", "msantos", strings.Repeat("é", 257), "password", "256 characters"},
			{"1,000 characters", "msantos", strings.Repeat("x", 1000), "password", "256 characters"},
			{"NUL in the name", "msan\x00tos", "x", "username", "invisible characters"},
			{"NUL in the password", "msantos", "x\x00y", "password", "invisible characters"},
			{"not UTF-8", "ms\xff\xfe", "x", "username", "invisible characters"},
			{"password not UTF-8", "msantos", "\xc3\x28", "password", "invisible characters"},
		} {
			p := signIn(visitor(t, s, "meridian-uk"), c.username, c.password)
			if p.Status != 422 {
				t.Errorf("%s: status %d", c.name, p.Status)
				continue
			}
			field := p.MustFind("#" + c.field)
			if field.AttrOr("aria-invalid", "") != "true" || !strings.Contains(p.Text("#"+c.field+"-error"), c.says) {
				t.Errorf("%s: at %s: %q", c.name, c.field, p.Texts("#"+c.field+"-error"))
			}
			if !strings.HasPrefix(p.Text("title"), "Error: ") {
				t.Errorf("%s: title %q", c.name, p.Text("title"))
			}
			if c.field == "password" && p.MustFind("#username").AttrOr("value", "") != c.username {
				t.Errorf("%s: the username that was typed is lost", c.name)
			}
			if p.MustFind("#password").AttrOr("value", "") != "" {
				t.Errorf("%s: the password is sent back", c.name)
			}
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "longpass", long)) // never truncated
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "longpass", long[:len(long)-2]))
	})
}
