package journeys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A real browser, which lets no form lead to another site, reaches the platform after a
// sign-in, by query and by a posted form, with scripts and without.
func TestB17_ABrowserComesToThePlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><title>Shop</title><link rel=icon href=data:,><h1>%s with a code: %t</h1>", r.Method, r.FormValue("code") != "" && r.FormValue("state") == "state-1")
		}))
		t.Cleanup(shop.Close)
		callback := strings.Replace(shop.URL, "127.0.0.1", "shop.localhost", 1) + "/cb"
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.RedirectURIs = []string{callback} })
		p.config.RedirectURL = callback
		for _, scripts := range []bool{true, false} {
			b := testkit.Browser(t)
			if !scripts {
				b.NoJavaScript()
			}
			b.Open(p.ask())
			entersPassword(b, "Username", "msantos", password)
			b.See("GET with a code: true")
			b.Open(p.ask("response_mode", "form_post"))
			if !scripts {
				b.Press("Continue")
			}
			b.See("POST with a code: true")
		}
	})
}
