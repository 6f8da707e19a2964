package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/demo"
	"gatehouse/internal/mail"
	"gatehouse/internal/testkit"
)

// withPlatforms adds the demo's platforms to a server, as `gatehouse demo` does.
func withPlatforms(t *testing.T) testkit.ServerOption {
	return testkit.With(func(o *assembly.Options) {
		at, err := url.Parse(o.Sites.ByID("meridian-uk").Origin)
		if err != nil {
			t.Fatal(err)
		}
		all, err := demo.OpenPlatforms(t.Context(), demo.Deps{Store: o.Store, Outbox: &mail.Outbox{Keys: o.Keys, Now: o.Now}, Now: o.Now}, o.Sites, "127.0.0.1:"+at.Port())
		if err != nil {
			t.Fatal(err)
		}
		o.Hosts = demo.Hosts(all)
	})
}

// From home to both platforms of the demo with one password, and out of both with one click.
func TestB17_TheDemosPlatformsAskForNoSecondPassword(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database, withPlatforms(t))
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		at := func(host string) string {
			return strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", host, 1)
		}
		asked := func(page *testkit.Page) bool { return page.Find(signInForm).Length() == 1 }

		page := c.Get(at("shop.localhost") + "catalogue")
		if !asked(page) {
			t.Fatalf("the shop is open to strangers: %d %s", page.Status, page.URL)
		}
		shop := c.Follow(c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password}), "Continue").Want(200)
		if shop.URL.Host+shop.URL.Path != strings.TrimPrefix(at("shop.localhost"), "http://")+"catalogue" || shop.Text("h1") != "Catalogue" || !shop.Has(u.DisplayName()) {
			t.Fatalf("not in the shop: %s %q", shop.URL, shop.Text("body"))
		}
		home := c.Get(s.URL("meridian-uk", "/"))
		home.MustFind("main a[href='" + at("shop.localhost") + "catalogue']")
		link, _ := home.MustFind("main a[href^='http://orders.localhost']").Attr("href")
		orders := c.Get(link).Want(200)
		if asked(orders) || orders.URL.String() != at("orders.localhost") || !orders.Has("Your orders") || !orders.Has(u.DisplayName()) {
			t.Fatalf("not at the order desk: %s %q", orders.URL, orders.Text("body"))
		}
		// Longer than an access token lives: the platform asks the provider, nobody asks the user.
		s.Clock.Add(6 * time.Minute)
		if page := c.Get(at("shop.localhost")); page.Text("h1") != "Catalogue" {
			t.Fatalf("after six minutes at %s", page.URL)
		}
		c.Get(link).Want(200)

		signOutThere(t, c, orders, "http://uk.localhost")
		if page := c.Get(s.URL("meridian-uk", "/")); !asked(page) {
			t.Errorf("still signed in at %s", page.URL)
		}
		if page := c.Get(link); !asked(page) {
			t.Errorf("the order desk is still open: %s", page.URL)
		}
		if page := c.Get(at("shop.localhost")); !asked(page) {
			t.Errorf("the shop is open after signing out at the order desk: %s", page.URL)
		}
	})
}

// A real browser does the same, with the forms that the policies allow.
func TestB17_TheDemosPlatformsInABrowser(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database, withPlatforms(t))
		s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		b.Open(strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", "shop.localhost", 1))
		entersPassword(b, "Username", "msantos", password)
		b.See("Catalogue")
		b.Open(strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", "orders.localhost", 1))
		b.See("Your orders")
		b.Press("Sign out everywhere")
		b.See("Sign in")
		b.Fill("Username", "msantos")
	})
}

// signOutThere presses the button of a platform, where the policy lets that form lead to
// the provider, and comes back.
func signOutThere(t *testing.T, c *testkit.Client, page *testkit.Page, provider string) {
	t.Helper()
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+provider) || strings.Contains(policy, "script-src") {
		t.Errorf("policy of the platform: %s", policy)
	}
	c.Stay = true
	to := c.Press(page, "Sign out everywhere", nil).Want(303).Header.Get("Location")
	next := c.Get(to).Want(303).Header.Get("Location")
	back := ""
	testkit.Eventually(t, "the platforms' answers", func() bool {
		back = c.Get(next).Header.Get("Location")
		return back != ""
	})
	c.Stay = false
	if !strings.HasPrefix(to, provider) || back != page.URL.String() {
		t.Errorf("signing out leads to %s, then to %s", to, back)
	}
}

// Home leads to the demo's platforms and has their cards: the shop's is fetched, with
// prices for everybody and the company's for users who are signed in there; the order desk
// sends its own for users who visit.
func TestA06_TheDemosPlatformsHaveCards(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database, withPlatforms(t))
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		at := func(host string) string {
			return strings.Replace(s.URL("meridian-uk", "/"), "uk.localhost", host, 1)
		}
		shows := func(what string) func() bool {
			return func() bool { return c.Get(s.URL("meridian-uk", "/")).Has(what) }
		}
		home := signIn(c, "msantos", password)
		for _, host := range []string{"shop.localhost", "orders.localhost"} {
			home.MustFind("#card-platforms a[href='" + at(host) + "']")
		}
		if home.Has("Recent orders") {
			t.Error("orders of a user whom the order desk does not know")
		}
		testkit.Eventually(t, "the shop's card for a stranger", shows("In the catalogue"))
		c.Get(at("orders.localhost")).Want(200)
		testkit.Eventually(t, "the order desk's card", shows("Recent orders"))
		if page := c.Get(at("shop.localhost")); page.Text("h1") != "Catalogue" {
			t.Fatal(page.URL)
		}
		s.Clock.Add(gatehouse.CardFresh + time.Minute)
		testkit.Eventually(t, "the company's prices", shows("Your prices"))
		for _, token := range []string{"", "Bearer x", "Bearer e30.e30.", "Bearer eyJ0eXAiOiJjYXJkK2p3dCJ9.e30."} {
			r, err := http.NewRequest("GET", at("shop.localhost")+"card", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", token)
			got, err := here(t, s).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			got.Body.Close()
			if got.StatusCode != 401 {
				t.Errorf("%q gets a user's card: %d", token, got.StatusCode)
			}
		}
	})
}
