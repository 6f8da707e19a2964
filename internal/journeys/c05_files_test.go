package journeys

import (
	"net/http"
	"testing"

	"gatehouse/internal/testkit"
)

// A form with files that was opened before signing out and in again does nothing, and keeps what was
// typed; only the files have to be chosen again.
func TestC05_AnOldFormWithFilesKeepsItsText(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		number := c.Submit(c.Get("/contact"), contactForm, testkit.Values{"what": "Lost."}).Want(200).Text("#number")
		contact, one := c.Get("/contact").Want(200), c.Get("/support/cases/"+number).Want(200)
		signOut(c)
		wantHome(t, signIn(c, "msantos", password))
		p := c.Upload(contact, contactForm, "files", "shot.png", screenshot(t), testkit.Values{"what": "Typed by hand"})
		if p.Status != http.StatusConflict || p.Text("#what") != "Typed by hand" {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
		p = c.Upload(one, "form[action='/support/cases/"+number+"']", "files", "shot.png", screenshot(t), testkit.Values{"text": "Typed by hand"})
		if p.Status != http.StatusConflict || p.Text("#text") != "Typed by hand" {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
		if list := c.Get("/support/cases").Want(200); list.Has("Typed by hand") {
			t.Errorf("it was sent: %q", list.Text("main"))
		}
	})
}
