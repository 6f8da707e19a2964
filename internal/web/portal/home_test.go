package portal

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
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

func TestHome(t *testing.T) {
	doc := show(t, "uk", fullHome())
	if got := doc.Find("h1").Text(); got != "Good afternoon, Mira" {
		t.Error(got)
	}
	if got := pages.Squeeze(doc.Find(".head p").Text()); got != "Your last sign-in: Yesterday, 22:32, from 203.0.113.7. Wasn’t it you?" {
		t.Error(got)
	}
	first := doc.Find("#card-activity li").First()
	if got := pages.Squeeze(first.Find("small").Text()); got != "Firefox on Windows, 192.0.2.44Today, 14:31" {
		t.Error(got)
	}
	if doc.Find("header form[action='/sign-out'][method=post] button").Length() != 1 {
		t.Error("no way out")
	}
	if got := doc.Find(".tabs [aria-current=page]").Text(); got != "Home" {
		t.Error(got)
	}
}

func TestHomeShowsTheCardsAsTheyWereArranged(t *testing.T) {
	if got := cardsOf(show(t, "uk", fullHome())); got != "platforms orders links | searches checkup activity" {
		t.Error(got)
	}
	doc := show(t, "uk", arrangedHome())
	if got := cardsOf(doc); got != "activity platforms | links searches" {
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

// Every card has a menu that works as a form, and gets the focus after it was moved.
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
	doc := show(t, "uk", incompleteHome(), func(f *ui.Frame) { f.User = &gatehouse.User{Username: "pnair"} })
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
		t.Error(pages.Squeeze(profile.Text()))
	}
	orders := doc.Find("#card-orders")
	if !strings.Contains(orders.Text(), "Your profile is not complete") || orders.Find("a[href='/account/profile']").Length() != 1 {
		t.Error(pages.Squeeze(orders.Text()))
	}
	if doc := show(t, "uk", fullHome()); doc.Find("#card-profile").Length() != 0 || !strings.Contains(doc.Find("#card-orders").Text(), "Your platforms supply these") {
		t.Error("Complete your profile to see")
	}
}

func TestHomeSaysWhenThePasswordExpires(t *testing.T) {
	home := fullHome()
	if show(t, "uk", home).Find(".alert").Length() != 0 {
		t.Error("an alert about nothing")
	}
	for at, want := range map[time.Time]string{fixture.Noon.Add(72 * time.Hour): "Your password expires on 24 November 2026", fixture.Noon: "Your password has expired"} {
		home.Own.PasswordExpiresAt = at
		doc := show(t, "uk", home)
		if doc.Find(".alert-title").Text() != want || doc.Find(".alert a[href='/account/password']").Length() != 1 {
			t.Errorf("%s: %s", at, pages.Squeeze(doc.Find(".alert").Text()))
		}
	}
}

func TestGreetingGoesByTheSitesClock(t *testing.T) {
	for hour, want := range map[int]string{4: "evening", 5: "morning", 11: "morning", 12: "afternoon", 17: "afternoon", 18: "evening", 23: "evening"} {
		at := func(f *ui.Frame) { f.Now = time.Date(2026, 1, 5, hour, 0, 0, 0, f.Site.Zone); f.User.FirstName = "" }
		for _, id := range []string{"uk", "au"} {
			if got := show(t, id, Home{}, at).Find("h1").Text(); got != "Good "+want+", msantos" {
				t.Errorf("%s %d: %s", id, hour, got)
			}
		}
	}
}

func TestCheckUpCountsWhatApplies(t *testing.T) {
	for _, c := range []struct {
		id     string
		change func(*ui.Frame)
		want   string
	}{
		{"uk", func(*ui.Frame) {}, "4 of 4 done"},
		{"inkwell", func(f *ui.Frame) { f.Company = nil }, "2 of 3 done"},
		{"uk", func(f *ui.Frame) { f.User.ChallengeSet, f.Company.TwoFactor = false, false }, "2 of 4 done"},
		{"uk", func(f *ui.Frame) { f.User.OwnTwoFactor, f.Company.TwoFactor = true, false }, "4 of 4 done"},
		{"inkwell", func(f *ui.Frame) { f.User.Email, f.Company.TwoFactor = "", false }, "0 of 2 done"},
	} {
		if got := show(t, c.id, fullHome(), c.change).Find("#card-checkup .card-head small").Text(); got != c.want {
			t.Errorf("%s: %s, want %s", c.id, got, c.want)
		}
	}
}

func TestCheckUpLeadsToWhatMendsIt(t *testing.T) {
	bare := func(f *ui.Frame) { f.User.EmailConfirmed, f.User.ChallengeSet = false, false }
	card := show(t, "uk", fullHome(), bare).Find("#card-checkup")
	if card.Find("a").Length() != 2 || card.Find("a[href='/account/profile']").Length() != 1 || card.Find("a[href='/account/challenge']").Length() != 1 {
		t.Error(pages.Squeeze(card.Text()))
	}
}
