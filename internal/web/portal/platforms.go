package portal

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Platforms is where the launcher of home is arranged.
func (p *Portal) Platforms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	own, err := p.Account.Home(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	all, err := p.SSO.Reachable(r.Context(), v.Site, *v.User)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, PlatformOrder{sso.Launcher(all, own.Platforms)})
}

// MovePlatform moves a platform on the launcher, and leads back to it.
func (p *Portal) MovePlatform(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	id := r.PostFormValue("application")
	err := p.SSO.MovePlatform(r.Context(), v.Site, v.Caller(r), id, gatehouse.CardAction(r.PostFormValue("action")))
	switch {
	case gatehouse.ReasonOf(err) == account.ReasonProfileIncomplete:
		http.Redirect(w, r, "/#card-"+string(gatehouse.CardProfile), http.StatusSeeOther) // which says what is missing
		return nil
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/home/platforms#"+id, http.StatusSeeOther)
	return nil
}

// PlatformOrder is the page on which the launcher is arranged (A06).
type PlatformOrder struct{ Launcher []gatehouse.Platform }

func (PlatformOrder) Template() string        { return "platforms" }
func (PlatformOrder) Title(p *ui.Page) string { return p.T("platforms.order_title") }

// Tiles are the platforms in their order.
func (v PlatformOrder) Tiles(p *ui.Page) []tile { return tilesOf(p, v.Launcher) }

// MayArrange reports whether the profile is complete, which this requires (A06).
func (PlatformOrder) MayArrange(p *ui.Page) bool {
	return len(gatehouse.MissingOf(p.Site.Site, *p.User)) == 0
}

// tile is a platform as pages show it.
type tile struct {
	ID, Name, URL string
	// Logo is the address of its logo; empty: Initials replace it.
	Logo, Initials string
	// Fact is when it was last used, in words.
	Fact string
	// First and Last cannot move further.
	First, Last bool
}

// tilesOf turns platforms into tiles, in the words of a page.
func tilesOf(p *ui.Page, all []gatehouse.Platform) []tile {
	tiles := make([]tile, len(all))
	for i, one := range all {
		t := tile{ID: one.ID, Name: one.NameIn(p.Lang), URL: one.Settings.Home.LaunchURL, Logo: logoPath(one.LogoIn(p.Lang)),
			Fact: p.T("platforms.never_used"), First: i == 0, Last: i == len(all)-1}
		if one.ForwardOnly() { // its proxy asks, and nobody counts
			t.Fact = ""
		}
		t.Initials = initialsOf(t.Name)
		if !one.UsedAt.IsZero() {
			t.Fact = p.T("platforms.used", "when", p.When(one.UsedAt))
		}
		tiles[i] = t
	}
	return tiles
}

// logoPath is where a logo is served; empty: there is none.
func logoPath(hash string) string {
	if hash == "" {
		return ""
	}
	return ui.StaticPrefix + "site/platforms/" + hash + ".png"
}

// initialsOf are the first letters of a name's first two words.
func initialsOf(name string) string {
	var initials strings.Builder
	for i, word := range strings.Fields(name) {
		if first, _ := utf8.DecodeRuneInString(word); i < 2 && (unicode.IsLetter(first) || unicode.IsDigit(first)) {
			initials.WriteRune(unicode.ToUpper(first))
		}
	}
	return initials.String()
}
