package journeys

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit"
)

var support = gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}

// launches registers an application for the launcher of a site.
func launches(t *testing.T, s *testkit.Server, siteID, name string, change func(*gatehouse.ApplicationSettings)) gatehouse.Application {
	t.Helper()
	settings := gatehouse.DefaultApplication()
	at := "https://" + strings.ToLower(strings.ReplaceAll(name, " ", "-")) + ".example/"
	settings.RedirectURIs, settings.Home.LaunchURL = []string{at + "cb"}, at+"start"
	if change != nil {
		change(&settings)
	}
	a, _, err := s.SSO.Create(t.Context(), s.Sites.ByID(siteID), support, name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// tilesOf are the names on a page's launcher, in their order.
func tilesOf(p *testkit.Page) string {
	return strings.Join(p.Texts("#card-platforms .tile strong"), ", ")
}

// picture is an image file with this number of pixels.
func picture(t *testing.T, width, height int, jpg bool) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width {
		img.Set(i, i*height/width, color.RGBA{uint8(i), 80, 200, 255})
	}
	var b bytes.Buffer
	var err error
	if jpg {
		err = jpeg.Encode(&b, img, nil)
	} else {
		err = png.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Home leads to the platforms that users may reach, in the order that they like; each has
// their own order, also after signing out.
func TestA06_TheLauncherIsArranged(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		launches(t, s, "meridian-uk", "Storefront", func(a *gatehouse.ApplicationSettings) { a.Home.Names = map[string]string{"de": "Schaufenster"} })
		orders := launches(t, s, "meridian-uk", "Order desk", func(a *gatehouse.ApplicationSettings) { a.Home.Order = -1 })
		launches(t, s, "meridian-uk", "Admin tools", func(a *gatehouse.ApplicationSettings) { a.Access.Roles = []gatehouse.Role{gatehouse.RoleAdmin} })
		launches(t, s, "meridian-uk", "Hidden", func(a *gatehouse.ApplicationSettings) { a.Home.LaunchURL = "" })
		off := launches(t, s, "meridian-uk", "Switched off", nil)
		launches(t, s, "inkwell", "Elsewhere", nil)
		if _, err := s.SSO.Change(t.Context(), s.Sites.ByID("meridian-uk"), support, off.ID, "", func(a *gatehouse.Application) { a.State = gatehouse.ApplicationDisabled }); err != nil {
			t.Fatal(err)
		}
		s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		if got := tilesOf(p); got != "Order desk, Storefront" {
			t.Fatal(got)
		}
		p.MustFind("#card-platforms a.tile[href='https://storefront.example/start']")
		p = c.Press(c.Follow(p, "Change order").Want(200), "Move up: Storefront", nil).Want(200)
		if p.URL.Path != "/home/platforms" || p.Find("li[id^='app_'][tabindex='-1']").Length() != 2 {
			t.Errorf("it leads to %s", p.URL)
		}
		c.Press(p, "Sign out", nil)
		if got := tilesOf(signIn(c, "msantos", password)); got != "Storefront, Order desk" {
			t.Errorf("after signing out: %s", got)
		}
		if got := tilesOf(signIn(visitor(t, s, "meridian-uk"), "boss", password)); got != "Order desk, Admin tools, Storefront" {
			t.Errorf("somebody else's: %s", got)
		}
		if got := tilesOf(c.Get("/?lang=de")); got != "Storefront, Order desk" && got != "Schaufenster, Order desk" {
			t.Errorf("in German: %s", got)
		}
		token := c.Get("/home/platforms").MustFind("input[name=form_token]").AttrOr("value", "")
		for _, wrong := range [][2]string{{orders.ID, "hide"}, {"app_x", "up"}, {off.ID, "up"}} {
			if p := c.Post("/home/platforms", map[string][]string{"form_token": {token}, "application": {wrong[0]}, "action": {wrong[1]}}); p.Status != 422 {
				t.Errorf("%v: %d", wrong, p.Status)
			}
		}
	})
}

// The names are in the user's language; without a platform the card says so; with an
// incomplete profile nothing can be arranged.
func TestA06_TheLauncherInOnesLanguage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "mira@northgate.example", password, nil)
		c := visitor(t, s, "inkwell")
		p := signIn(c, "mira@northgate.example", password)
		if card := p.Text("#card-platforms"); !strings.Contains(card, "No platforms yet") || p.Find("a[href='/home/platforms']").Length() != 0 {
			t.Errorf("without any: %s", card)
		}
		if p := c.Get("/home/platforms").Want(200); !p.Has("No platforms yet") {
			t.Error(p.Text("main"))
		}
		first := launches(t, s, "inkwell", "Storefront", func(a *gatehouse.ApplicationSettings) {
			a.Home.Names = map[string]string{"de": "Schaufenster", "fr": "Boutique"}
		})
		launches(t, s, "inkwell", "Print shop", nil)
		for _, lang := range s.Sites.ByID("inkwell").Languages {
			want := first.NameIn(lang)
			s.AddUser("inkwell", lang+"@northgate.example", password, func(u *gatehouse.User) { u.Locale = lang })
			if got := tilesOf(signIn(visitor(t, s, "inkwell"), lang+"@northgate.example", password)); !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", lang, got, want)
			}
		}
		s.AddUser("inkwell", "new@northgate.example", password, func(u *gatehouse.User) { u.FirstName = "" })
		c = visitor(t, s, "inkwell")
		p = signIn(c, "new@northgate.example", password)
		if tilesOf(p) != "Print shop, Storefront" || p.Find("a[href='/home/platforms']").Length() != 0 || c.Get("/home/platforms").Find("form[action='/home/platforms']").Length() != 0 {
			t.Errorf("an incomplete profile: %s", tilesOf(p))
		}
	})
}

// A logo is served to everybody from one of our addresses, which browsers cache forever;
// we have re-encoded it ourselves, and it is gone when another one replaces it.
func TestA06_LogosAreOurOwn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.ByID("meridian-uk")
		a := launches(t, s, "meridian-uk", "Storefront", nil)
		set := func(lang string, file []byte) error {
			logo, err := sso.ReadLogo(file)
			if err == nil {
				err = s.SSO.SetLogo(t.Context(), st, support, a.ID, lang, logo)
			}
			return err
		}
		sent := append(picture(t, 128, 64, true), "<script>alert(1)</script>"...)
		if err := set("", sent); err != nil {
			t.Fatal(err)
		}
		s.AddUser("meridian-uk", "msantos", password, nil)
		p := signIn(visitor(t, s, "meridian-uk"), "msantos", password)
		address := p.MustFind("#card-platforms .tile img").AttrOr("src", "")
		stranger := visitor(t, s, "meridian-uk")
		got := stranger.Get(address).Want(200)
		h := got.Header
		if h.Get("Content-Type") != "image/png" || h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Set-Cookie") != "" {
			t.Errorf("%v", h)
		}
		if _, err := png.Decode(bytes.NewReader(got.Body)); err != nil || bytes.Contains(got.Body, []byte("script")) {
			t.Errorf("not ours: %v", err)
		}
		for what, file := range map[string][]byte{
			"markup": []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script>alert(1)</script></svg>`), "nothing": nil,
			"tiny": picture(t, 16, 16, false), "vast": picture(t, 1025, 600, false), "a thread": picture(t, 300, 40, false),
			"cut off": picture(t, 64, 64, false)[:80], "long": slices.Concat(picture(t, 64, 64, false), make([]byte, sso.MostLogo)),
		} {
			if err := set("", file); gatehouse.KindOf(err) != gatehouse.Invalid {
				t.Errorf("%s is taken: %v", what, err)
			}
		}
		if err := set("de", picture(t, 64, 64, false)); err != nil {
			t.Fatal(err)
		}
		stranger.Get(address).Want(200)
		if err := set("", picture(t, 40, 40, false)); err != nil {
			t.Fatal(err)
		}
		stranger.Get(address).Want(404)
		stranger.Get("/static/site/platforms/0.png").Want(404)
		if err := s.SSO.SetLogo(t.Context(), st, support, a.ID, "", sso.Logo{}); err != nil {
			t.Fatal(err)
		}
		if p := signIn(visitor(t, s, "meridian-uk"), "msantos", password); p.Find("#card-platforms .tile img").Length() != 0 || p.Text("#card-platforms .tile-icon") != "S" {
			t.Errorf("without a logo: %q", p.Text("#card-platforms .tile-icon"))
		}
		if err := s.SSO.SetLogo(t.Context(), st, gatehouse.Caller{Kind: gatehouse.SignedIn, Role: gatehouse.RoleAdmin}, a.ID, "", sso.Logo{}); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("an administrator changes it: %v", err)
		}
	})
}

// In a browser, on screens of all sizes, by day and by night, with scripts and without.
func TestA06_TheLauncherInABrowser(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, name := range []string{"Storefront", "Order desk", "A platform with quite a long name, as they come"} {
		launches(t, s, "meridian-uk", name, nil)
	}
	s.AddUser("meridian-uk", "msantos", password, nil)
	with, without := testkit.Browser(t), testkit.Browser(t)
	without.NoJavaScript()
	browserSignIn(with, s, "meridian-uk", "Username", "msantos", password)
	browserSignIn(without, s, "meridian-uk", "Username", "msantos", password)
	for _, look := range looks {
		b := without
		if look.dark {
			b = with
		}
		look.on(b)
		b.Open(s.URL("meridian-uk", "/"))
		b.See("Change order")
		wantFit(t, b, "launcher-"+look.name)
		b.Click("#card-platforms a[href='/home/platforms']")
		b.See("Order of your platforms")
		wantFit(t, b, "launcher-order-"+look.name)
		b.Press("Move down: Order desk")
		b.See("Order of your platforms")
		b.Press("Move up: Order desk")
		b.See("Order of your platforms")
	}
}
