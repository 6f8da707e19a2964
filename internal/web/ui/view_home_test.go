package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/site"
)

// cardsOf are the ids of the cards of a page, column by column.
func cardsOf(doc *goquery.Document) string {
	var columns []string
	doc.Find(".cols > div").Each(func(_ int, column *goquery.Selection) {
		var ids []string
		column.Find("section").Each(func(_ int, s *goquery.Selection) { ids = append(ids, strings.TrimPrefix(s.AttrOr("id", ""), "card-")) })
		columns = append(columns, strings.Join(ids, " "))
	})
	return strings.Join(columns, " | ")
}

func TestHomeShowsTheCardsAsTheyWereArranged(t *testing.T) {
	if got := cardsOf(show(t, "uk", fullHome())); got != "platforms orders links | checkup activity" {
		t.Error(got)
	}
	doc := show(t, "uk", arrangedHome())
	if got := cardsOf(doc); got != "activity platforms | links" {
		t.Error(got)
	}
	var hidden []string
	doc.Find("#card-hidden li").Each(func(_ int, li *goquery.Selection) {
		hidden = append(hidden, li.Find("strong").Text()+" "+li.Find("input[name=card]").AttrOr("value", "")+" "+li.Find("button").AttrOr("value", ""))
	})
	if got := strings.Join(hidden, ", "); got != "Security check-up checkup show, Quotes and orders orders show" {
		t.Error(got)
	}
	if doc.Find("#card-hidden button[value=reset]").Length() != 1 || show(t, "uk", fullHome()).Find("button[value=reset]").Length() != 0 {
		t.Error("putting back is offered where something is arranged, and there only")
	}
}

// Every card has a menu that works as a form, and takes the focus when it was moved.
func TestCardsMoveByButtons(t *testing.T) {
	doc := show(t, "uk", fullHome())
	for card, want := range map[string]string{"platforms": "down hide", "links": "up down hide", "activity": "up hide"} {
		menu := doc.Find("#card-" + card + " details form[action='/home/cards'][method=post]")
		var got []string
		menu.Find("button[name=action]").Each(func(_ int, b *goquery.Selection) { got = append(got, b.AttrOr("value", "")) })
		if strings.Join(got, " ") != want || menu.Find("input[name=card]").AttrOr("value", "") != card {
			t.Errorf("%s: %v", card, got)
		}
		if doc.Find("#card-"+card+"[tabindex='-1']").Length() != 1 {
			t.Errorf("%s cannot take the focus", card)
		}
	}
}

func TestAnIncompleteProfileKeepsTheHomePageClosed(t *testing.T) {
	doc := show(t, "uk", incompleteHome(), func(f *Frame) { f.User = &gatehouse.User{Username: "pnair"} })
	if doc.Find("form[action='/home/cards']").Length() != 0 {
		t.Error("the cards can be moved")
	}
	profile := doc.Find("#card-profile")
	for _, link := range []string{"/account/profile#first_name", "/account/profile#email", "/account/challenge", "/account/profile"} {
		if profile.Find("a[href='"+link+"']").Length() != 1 {
			t.Errorf("the card does not lead to %s", link)
		}
	}
	if !strings.Contains(profile.Text(), "3 things are missing") || !strings.Contains(profile.Text(), "you can arrange this page") {
		t.Error(squeeze(profile.Text()))
	}
	orders := doc.Find("#card-orders")
	if !strings.Contains(orders.Text(), "Your profile is not complete") || orders.Find("a[href='/account/profile']").Length() != 1 {
		t.Error(squeeze(orders.Text()))
	}
	if doc := show(t, "uk", fullHome()); doc.Find("#card-profile").Length() != 0 || !strings.Contains(doc.Find("#card-orders").Text(), "Your platforms supply them") {
		t.Error("with a complete profile")
	}
}

func TestHomeSaysWhenThePasswordExpires(t *testing.T) {
	home := fullHome()
	if show(t, "uk", home).Find(".alert").Length() != 0 {
		t.Error("an alert about nothing")
	}
	for at, want := range map[time.Time]string{noon.Add(72 * time.Hour): "Your password expires on 24 November 2026", noon: "Your password has expired"} {
		home.PasswordExpires = &at
		doc := show(t, "uk", home)
		if doc.Find(".alert-title").Text() != want || doc.Find(".alert a[href='/account/password']").Length() != 1 {
			t.Errorf("%s: %s", at, squeeze(doc.Find(".alert").Text()))
		}
	}
}

func TestCheckUpLeadsToWhatMendsIt(t *testing.T) {
	bare := func(f *Frame) { f.User.EmailConfirmed, f.User.ChallengeSet = false, false }
	card := show(t, "uk", fullHome(), bare).Find("#card-checkup")
	if card.Find("a").Length() != 2 || card.Find("a[href='/account/profile']").Length() != 1 || card.Find("a[href='/account/challenge']").Length() != 1 {
		t.Error(squeeze(card.Text()))
	}
}

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
		if got := show(t, "uk", fullHome(), func(f *Frame) { f.Path = path }).Find(".tabs [aria-current=page]").Text(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestAccountPagesFollowTheSite(t *testing.T) {
	pages := func(id string, change func(*site.Site)) string {
		doc := show(t, id, Profile{}, func(f *Frame) { f.Path = "/account/profile"; change(f.Site) })
		if got := doc.Find(".nav [aria-current=page]").AttrOr("href", ""); got != "/account/profile" {
			t.Errorf("%s: at %q", id, got)
		}
		var paths []string
		doc.Find(".nav a").Each(func(_ int, a *goquery.Selection) {
			paths = append(paths, strings.TrimPrefix(a.AttrOr("href", ""), "/account/"))
		})
		return strings.Join(paths, " ")
	}
	if got := pages("uk", func(s *site.Site) { s.TermsVersion = "1" }); got != "profile password security challenge devices activity terms /company/enhanced-security" {
		t.Error(got)
	}
	if got := pages("inkwell", func(*site.Site) {}); got != "profile password security devices activity /company/enhanced-security" {
		t.Error(got)
	}
}
