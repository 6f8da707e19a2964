package portal

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func TestFrameOfSignedInPages(t *testing.T) {
	doc := show(t, "uk", fullHome())
	top := doc.Find("header.top")
	for _, want := range []string{"Meridian", "UK", "Northgate Systems Ltd", "Account 10482-UK", "Mira Santos"} {
		if !strings.Contains(top.Text(), want) {
			t.Errorf("the top does not say %s", want)
		}
	}
	if top.Find("form[action='/search'][method=get] input[name=q]").Length() != 1 {
		t.Error("no search")
	}
	if top.Find(".menu-pop a[href='https://shop.example.com/']").Length() != 1 || show(t, "au", fullHome()).Find(".top-links summary[aria-label='Quick links']").Length() != 0 {
		t.Error("quick links are there where the site has some")
	}
	for _, path := range []string{"/help", "/contact"} {
		if top.Find(".top-links > a[href='"+path+"']").Length() != 1 || doc.Find(".foot a[href='"+path+"']").Length() != 1 {
			t.Errorf("no way to %s", path)
		}
		if show(t, "uk", SignIn{}).Find(".auth-foot a[href='"+path+"']").Length() != 1 {
			t.Errorf("signed out, no way to %s", path)
		}
	}
}

func TestTabsShowWhereOneIs(t *testing.T) {
	for path, want := range map[string]string{"/": "Home", "/?x": "Home", "/account/devices": "My account", "/account/profile?done=saved": "My account", "/help/locked": "Help", "/contact": "Help", "/search?q=a": ""} {
		if got := show(t, "uk", fullHome(), func(f *ui.Frame) { f.Path = path }).Find(".tabs [aria-current=page]").Text(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestAccountPagesFollowTheSite(t *testing.T) {
	pages := func(id string, change func(*site.Site)) string {
		doc := show(t, id, Profile{}, func(f *ui.Frame) { f.Path = "/account/profile"; change(f.Site) })
		if got := doc.Find(".nav [aria-current=page]").AttrOr("href", ""); got != "/account/profile" {
			t.Errorf("%s: at %q", id, got)
		}
		var paths []string
		doc.Find(".nav a").Each(func(_ int, a *goquery.Selection) {
			paths = append(paths, strings.TrimPrefix(a.AttrOr("href", ""), "/account/"))
		})
		return strings.Join(paths, " ")
	}
	if got := pages("uk", func(s *site.Site) { s.TermsVersion = "1" }); got != "profile password security challenge devices platforms activity terms /company/enhanced-security" {
		t.Error(got)
	}
	if got := pages("inkwell", func(*site.Site) {}); got != "profile password security devices platforms activity /company/enhanced-security" {
		t.Error(got)
	}
}

// B01: only administrators see a link to the company's pages.
func TestCompanyPagesAreForAdministrators(t *testing.T) {
	for role, want := range map[gatehouse.Role]int{gatehouse.RoleAdmin: 2, gatehouse.RoleUser: 0} {
		doc := show(t, "uk", Profile{}, func(f *ui.Frame) { f.Path, f.User.Role = "/account/profile", role })
		if got := hrefs(doc.Find("a[href^='/company']")); len(got) != want { // the tab, and My account's
			t.Errorf("%s: %q", role, got)
		}
	}
}

func TestLanguageMenu(t *testing.T) {
	if show(t, "uk", SignIn{}).Find("details.menu").Length() != 0 {
		t.Error("a menu without a choice")
	}
	doc := show(t, "au", SignIn{}, func(f *ui.Frame) { f.Lang, f.Path = "en-GB", "/sign-in?lang=en-AU&return_to=%2Faccount" })
	if pages.Attr(doc, "html", "lang") != "en-GB" || pages.Attr(doc, ".menu-pop [aria-current]", "href") != "/sign-in?lang=en-GB&return_to=%2Faccount" || doc.Find(".menu-pop a").Length() != 2 {
		t.Error("the menu does not show the choice")
	}
	if got := pages.Attr(show(t, "au", SignIn{}), "html", "lang"); got != "en-AU" {
		t.Errorf("the site's own language is not taken: %s", got)
	}
}

func TestStagingShows(t *testing.T) {
	for _, v := range []ui.View{SignIn{}, Home{}, ui.ErrorPage{Status: 404}} {
		if show(t, "au", v).Find(".staging").Length() != 1 || show(t, "uk", v).Find(".staging").Length() != 0 {
			t.Errorf("%T", v)
		}
	}
}

func hrefs(s *goquery.Selection) []string {
	return s.Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") })
}
