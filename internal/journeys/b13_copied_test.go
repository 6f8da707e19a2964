package journeys

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A temporary password is accepted as people copy it, at the sign-in and where it is
// asked for again; a chosen one is taken literally.
func TestB13_ACopiedTemporaryPassword(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for i, copied := range []string{temporary + " ", "\u00a0" + temporary, temporary + "\r\n", "    " + temporary, "“" + temporary + "”.",
			strings.ReplaceAll(temporary, "-", "\u2011"), temporary[:9] + "\u200b" + temporary[9:], strings.ToLower(temporary), "Password: " + temporary} {
			u := newcomer(s, "meridian-uk", "person"+string(rune('a'+i)))
			c := visitor(t, s, "meridian-uk")
			p := signIn(c, u.Username, copied)
			if p.URL.Path != "/sign-in/password" {
				t.Errorf("%q: %d %s", copied, p.Status, p.URL)
				continue
			}
			again := c.Submit(p, passwordForm, testkit.Values{"old_password": copied, "new_password": temporary + " ", "repeat_password": temporary + " "})
			if again.Status != 422 || !again.Has("Choose a password that is not your current one") {
				t.Errorf("%q as the new password: %d %q", copied, again.Status, again.Texts("form"))
			}
			p = c.Submit(p, passwordForm, testkit.Values{"old_password": copied, "new_password": newPassword, "repeat_password": newPassword})
			if p.URL.Path != "/sign-in/challenge" {
				t.Errorf("%q typed again: %d %s", copied, p.Status, p.URL)
			}
		}
		s.AddUser("meridian-uk", "exact", temporary, nil) // chosen, although it looks like ours
		for _, copied := range []string{temporary + " ", strings.ToLower(temporary)} {
			wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "exact", copied))
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "exact", temporary))
	})
}

// The link in a mail works with what mail programs insert into it and append to it.
func TestC03_ACopiedLink(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", mira, password, func(u *gatehouse.User) {})
		askLink(t, visitor(t, s, "inkwell"), mira)
		link := linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))
		_, token, _ := strings.Cut(link, "token=")
		for _, copied := range []string{token + ">", token + ").", token[:20] + "\r\n" + token[20:], token + "&gt;", " " + token, "3D" + token} {
			for _, query := range []string{url.QueryEscape(copied), strings.NewReplacer("\r\n", "%0D%0A", " ", "%20", ">", "%3E").Replace(copied)} {
				c := visitor(t, s, "inkwell")
				if p := c.Get("/reset-password?token=" + query); p.Status != 200 || p.Find(resetForm).Length() != 1 {
					t.Errorf("%q: %d %q", query, p.Status, p.Text("main"))
				}
			}
		}
		if p := visitor(t, s, "inkwell").Get("/reset-password?token=" + token[:30]); p.Status != 410 {
			t.Errorf("half a link: %d", p.Status)
		}
	})
}
