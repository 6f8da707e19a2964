package journeys

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// The session's cookie has no time of its own, so that it ends with the browser, and says nothing
// about its user (SP 800-63B-4 5.1).
func TestC05_TheSessionsCookieEndsWithTheBrowser(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	c := visitor(t, s, "meridian-uk")
	c.Stay = true
	p := signIn(c, "msantos", password)
	for _, line := range p.Header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if cookie.Name != "gatehouse-session" {
			continue
		}
		if cookie.MaxAge != 0 || !cookie.Expires.IsZero() || len(cookie.Value) != 43 || strings.Contains(cookie.Value, "msantos") {
			t.Errorf("%q", line)
		}
		return
	}
	t.Errorf("no session: %d %q", p.Status, p.Header.Values("Set-Cookie"))
}
