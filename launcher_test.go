package gatehouse_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "gatehouse"
)

func platformsNamed(names ...string) (all []Platform) {
	for _, name := range names {
		all = append(all, Platform{Application: Application{ID: "app_" + name, Name: name}})
	}
	return all
}

func idsOf(all []Platform) string {
	var ids []string
	for _, p := range all {
		ids = append(ids, strings.TrimPrefix(p.ID, "app_"))
	}
	return strings.Join(ids, " ")
}

// What a user has arranged comes first, in that order. New platforms follow, by the operator's
// order and then by name. Removed ones leave no gap.
func TestPlatformsAreArranged(t *testing.T) {
	all := platformsNamed("c", "a", "b", "d")
	all[3].Settings.Home.Order = -1
	for liked, want := range map[string]string{"": "d a b c", "app_b app_c": "b c d a", "app_gone app_a": "a d b c", "app_c app_c app_a": "c a d b"} {
		if got := idsOf(ArrangePlatforms(all, strings.Fields(liked))); got != want {
			t.Errorf("%q: %s, want %s", liked, got, want)
		}
	}
}

// No matter how platforms are moved, each is there once, and one step back undoes one forward.
func TestMovingPlatformsLosesNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := platformsNamed("a", "b", "c", "d", "e")
		liked := rapid.Permutation([]string{"app_a", "app_b", "app_c", "app_d", "app_e"}).Draw(t, "liked")
		at := rapid.IntRange(0, 4).Draw(t, "at")
		one := liked[at]
		down, ok := MovePlatform(ArrangePlatforms(all, liked), one, CardDown)
		if !ok || len(down) != 5 || slices.Index(down, one) != min(4, at+1) {
			t.Fatalf("%v down: %v", liked, down)
		}
		if up, _ := MovePlatform(ArrangePlatforms(all, down), one, CardUp); at < 4 && !slices.Equal(up, liked) {
			t.Fatalf("and up again: %v, not %v", up, liked)
		}
		if slices.Sort(down); !slices.Equal(down, []string{"app_a", "app_b", "app_c", "app_d", "app_e"}) {
			t.Fatalf("lost one: %v", down)
		}
	})
	for id, action := range map[string]CardAction{"app_x": CardUp, "app_a": CardHide} {
		if _, ok := MovePlatform(platformsNamed("a", "b"), id, action); ok {
			t.Errorf("%s %s", id, action)
		}
	}
}

func TestNamesAndLogosInALanguage(t *testing.T) {
	a := Application{Name: "Shop", Settings: ApplicationSettings{Home: ApplicationHome{
		Names: map[string]string{"de": "Laden", "de-CH": "Lädeli"}, Logos: map[string]string{"": "all", "fr": "own"}}}}
	for lang, want := range map[string]string{"de": "Laden", "de-AT": "Laden", "de-CH": "Lädeli", "de-CH-1996": "Lädeli", "en-GB": "Shop", "": "Shop", "d": "Shop"} {
		if got := a.NameIn(lang); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
	if a.LogoIn("fr-FR") != "own" || a.LogoIn("de") != "all" || (Application{}).LogoIn("de") != "" {
		t.Error("logos")
	}
}

// The launcher links only to the application's own origin.
func TestWhereALauncherMayLead(t *testing.T) {
	settings := DefaultApplication()
	settings.RedirectURIs = []string{"https://shop.example/cb", "https://b.example:8443/cb"}
	for address, good := range map[string]bool{
		"": true, "https://shop.example/": true, "https://shop.example:443/start?a=1": true, "https://SHOP.example/": true, "https://b.example:8443/": true,
		"https://b.example/": false, "http://shop.example/": false, "https://shop.example.evil.example/": false, "https://evil.example/": false, "javascript:alert(1)": false,
		"https://user@shop.example/": false, "/": false, "https://shop.example/\u202e": false, "https://shop.example/#a": false, "https://shop.example/" + strings.Repeat("a", 2000): false,
	} {
		settings.Home.LaunchURL = address
		if got := len(CheckApplication("Shop", settings)) == 0; got != good {
			t.Errorf("%.60q: %v", address, got)
		}
	}
	native := DefaultApplication()
	native.Native, native.Auth, native.RedirectURIs = true, AuthNone, []string{"com.example.app:/cb"}
	native.Home.LaunchURL = "https://app.example/"
	if wrong := CheckApplication("App", native); len(wrong) != 0 {
		t.Errorf("an application on a device has a page of its own: %v", wrong)
	}
	for _, wrong := range []ApplicationHome{{Names: map[string]string{"german": "x"}}, {Names: map[string]string{"d e": "x"}}, {Names: map[string]string{"de": " "}}, {Names: map[string]string{"de": "a\nb"}},
		{Logos: map[string]string{"x_y": "1"}}, {CardsURL: "ftp://shop.example/"}, {CardsURL: "http://shop.example/"}, {Order: 1001}} {
		settings.Home = wrong
		if len(CheckApplication("Shop", settings)) != 1 {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

func TestWhoMayReachAnApplication(t *testing.T) {
	app := Application{ID: "app_1", SiteID: "uk", State: ApplicationActive}
	user := User{ID: "usr_1", SiteID: "uk", State: Active, Role: RoleUser}
	if !MayReach(app, "", user) {
		t.Fatal("nobody may")
	}
	for what, change := range map[string]func(*Application, *User){
		"disabled":    func(a *Application, _ *User) { a.State = ApplicationDisabled },
		"other site":  func(_ *Application, u *User) { u.SiteID = "au" },
		"deactivated": func(_ *Application, u *User) { u.State = Deactivated },
		"locked":      func(_ *Application, u *User) { u.LockedAt = time.Unix(1, 0) },
		"company":     func(*Application, *User) {},
		"role":        func(a *Application, _ *User) { a.Settings.Access.Roles = []Role{RoleAdmin} },
	} {
		a, u, said := app, user, Reach("")
		if what == "company" {
			said = ReachNobody
		}
		if change(&a, &u); MayReach(a, said, u) {
			t.Errorf("%s may reach it", what)
		}
	}
}
