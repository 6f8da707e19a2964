package journeys

import (
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// sender sets another sender address in the settings of every site.
func sender(t *testing.T, address string) testkit.ServerOption {
	return testkit.WithSites(func(dir string) {
		files, err := filepath.Glob(filepath.Join(dir, "*", "site.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(text), "\n")
			for i, line := range lines {
				if strings.HasPrefix(line, "  address:") {
					lines[i] = "  address: " + address
				}
			}
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// One setting says who the site's mail comes from: the help about the safe-sender list,
// the pages that say that mail is on its way, and the mail itself.
func TestA02_TheSenderThatHelpNamesIsTheOneThatMailComesFrom(t *testing.T) {
	const address = "post@elsewhere.example"
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		for _, site := range s.Sites.All() {
			c := visitor(t, s, site.ID)
			for _, path := range []string{"/help/signing-in", "/help/forgotten-password", "/help/safety", "/contact"} {
				p := c.Get(path).Want(200)
				if !p.Has(address) || p.Has("no-reply@") {
					t.Errorf("%s%s names another sender", site.ID, path)
				}
			}
		}
		c := visitor(t, s, "inkwell")
		if p := c.Submit(c.Get("/forgot-password"), "main form", testkit.Values{"email": "mira@inkwell.example"}); !p.Has(address) {
			t.Errorf("the page after asking for a new password names another sender: %s", p.Text("main"))
		}
		for range 6 {
			wantRefused(t, signIn(c, "mira@inkwell.example", "wrong"))
		}
		m := s.Mail.Wait(t, "mira@inkwell.example")
		from, err := mail.ParseAddress(m.Header.Get("From"))
		if err != nil || from.Address != address || from.Name != "Inkwell Press" {
			t.Errorf("mail comes from %q (%v)", m.Header.Get("From"), err)
		}
	}, sender(t, address))
}

// A search finds the help on the safe-sender list.
func TestA02_TheSafeSenderListIsFound(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		found := c.Submit(c.Get("/help"), "main form", testkit.Values{"q": "safe sender"})
		p := c.Follow(found.Want(200), "Add our address to your safe-sender list")
		if p.Status != 200 || p.URL.Path != "/help/signing-in" || !p.Has("no-reply@uk.meridian.example") {
			t.Errorf("%d %s", p.Status, p.URL)
		}
		p.MustFind("#sender")
	})
}
