package journeys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A browser with keys ties its session to its device by itself, renews the bound cookie without the
// user noticing, and forgets the key with the sign-out. A copy of its cookies dies.
func TestC10_ABrowserTiesItsSessionToItsDevice(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		origin, b := s.URL(u.SiteID, ""), boundBrowser(t, s, u)
		b.Open(origin + "/account/devices")
		b.See("Tied to this device")

		thief := visitor(t, s, u.SiteID)
		for _, cookie := range cookiesOf(t, b) {
			thief.SetCookie(httpCookie(cookie.Name, cookie.Value))
		}
		wantHome(t, thief.Get("/")) // so far, a copy is as good as the original
		s.Clock.Add(11 * time.Minute)
		if p := thief.Get("/account/devices"); p.URL.Path != "/sign-in" {
			t.Fatalf("a copy of the cookies works after the bound cookie has ended: %d %s", p.Status, p.URL)
		}

		// The browser's clock has stood still: only the server says that the cookie is over.
		b.Open(origin + "/account/devices")
		b.See("Tied to this device")
		renewals := s.Posts("/device-session/refresh")
		loseBound(t, b, origin) // as it ends by the browser's own clock
		b.Open(origin + "/account/profile")
		b.See("First name")
		if !hasBound(t, b) || s.Posts("/device-session/refresh") == renewals {
			t.Error("the browser has not renewed its cookie")
		}

		leave(b)
		b.See("You are signed out")
		renewals = s.Posts("/device-session/refresh")
		b.Open(origin + "/account/devices")
		b.See("Sign in to")
		if hasBound(t, b) || s.Posts("/device-session/refresh") != renewals {
			t.Error("something of the binding is left after the sign-out")
		}
	}, testkit.OverHTTPS())
}

// A platform of another site sends the browser here for the session that it has: the browser holds
// the request, renews its cookie, and goes on to the platform, with no page in between. Two tabs that
// do so at the same moment both arrive.
func TestC10_APlatformFindsABoundSession(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		var p *platform
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><title>Shop</title><link rel=icon href=data:,><h1>Code: %t</h1><p><a href="%s">Sign in with Meridian</a>`,
				r.FormValue("code") != "", strings.ReplaceAll(p.ask(), "&", "&amp;"))
		}))
		t.Cleanup(shop.Close)
		at := strings.Replace(shop.URL, "127.0.0.1", "shop.localhost", 1)
		p = newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.RedirectURIs = []string{at + "/cb"} })
		p.config.RedirectURL = at + "/cb"
		b := boundBrowser(t, s, u)
		tab := b.NewTab()
		b.Open(at)
		tab.Open(at)
		s.Clock.Add(11 * time.Minute)
		loseBound(t, b, s.URL(u.SiteID, ""))
		renewals := s.Posts("/device-session/refresh")
		for _, tab := range []*testkit.Tab{b, tab} {
			tab.Follow("Sign in with Meridian")
		}
		for _, tab := range []*testkit.Tab{b, tab} {
			tab.See("Code: true")
		}
		if s.Posts("/device-session/refresh") == renewals {
			t.Error("the browser has not renewed its cookie")
		}
	}, testkit.OverHTTPS())
}

// boundBrowser is a browser whose session is tied to its device.
func boundBrowser(t *testing.T, s *testkit.Server, u gatehouse.User) *testkit.Tab {
	t.Helper()
	b := testkit.BrowserWithKeys(t)
	browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
	b.See("Good ")
	testkit.Eventually(t, "the browser to tie the session to its device", func() bool { return hasBound(t, b) })
	return b
}

// cookiesOf are a browser's cookies for the site of its page.
func cookiesOf(t *testing.T, b *testkit.Tab) []*network.Cookie {
	t.Helper()
	got, err := chromedp.Call(b.Context(), network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	return got.Cookies
}

func hasBound(t *testing.T, b *testkit.Tab) bool {
	t.Helper()
	return slices.ContainsFunc(cookiesOf(t, b), func(c *network.Cookie) bool { return c.Name == boundCookie })
}

// loseBound makes a browser lose its bound cookie, as it does when that ends.
func loseBound(t *testing.T, b *testkit.Tab, origin string) {
	t.Helper()
	_, err := chromedp.Call(b.Context(), network.DeleteCookies, network.DeleteCookiesParams{Name: boundCookie, URL: origin})
	if err != nil {
		t.Fatal(err)
	}
	if hasBound(t, b) {
		t.Fatal("the bound cookie is still there")
	}
}
