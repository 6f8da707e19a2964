package journeys

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// homeCards are the names of the cards on the home page, in order.
func homeCards(p *testkit.Page) string {
	var names []string
	p.Find(".cols section.card").Each(func(_ int, s *goquery.Selection) {
		names = append(names, strings.TrimPrefix(s.AttrOr("id", ""), "card-"))
	})
	return strings.Join(names, " ")
}

// pressCard presses a button of a card's menu.
func pressCard(c *testkit.Client, p *testkit.Page, card, action string) *testkit.Page {
	token := p.MustFind("input[name=form_token]").AttrOr("value", "")
	return c.Post("/home/cards", map[string][]string{"form_token": {token}, "card": {card}, "action": {action}})
}

func TestA06_TheCardsOfACompleteProfileAreArranged(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		wantHome(t, p)
		if got := homeCards(p); got != "platforms orders links checkup activity" {
			t.Fatal(got)
		}
		p.MustFind("#card-activity form[action='/home/cards'] button[value=up]")
		p = pressCard(c, p, "activity", "up").Want(200)
		p = pressCard(c, p, "orders", "hide").Want(200)
		if got := homeCards(p); got != "platforms links activity checkup" || !strings.Contains(p.Text("#card-hidden"), "Quotes and orders") {
			t.Errorf("%s, %s", got, p.Text("#card-hidden"))
		}
		c.Press(p, "Sign out", nil)
		p = signIn(c, "msantos", password)
		if got := homeCards(p); got != "platforms links activity checkup" {
			t.Errorf("after signing out: %s", got)
		}
		p = c.Press(p, "Show: Quotes and orders", nil).Want(200)
		if got := homeCards(p); got != "platforms orders links activity checkup" {
			t.Error(got)
		}
		p = c.Press(p, "Reset layout", nil).Want(200)
		if got := homeCards(p); got != "platforms orders links checkup activity" || p.Find("#card-hidden").Length() != 0 {
			t.Error(got)
		}
		for _, wrong := range []string{"explode", ""} {
			if p := pressCard(c, p, "activity", wrong); p.Status != 422 {
				t.Errorf("%q: %d", wrong, p.Status)
			}
		}
		if p := pressCard(c, p, "<script>", "up"); p.Status != 422 {
			t.Errorf("%d", p.Status)
		}
		// Users arrange their own pages.
		s.AddUser("meridian-uk", "tom", password, nil)
		pressCard(c, p, "activity", "hide")
		if got := homeCards(signIn(visitor(t, s, "meridian-uk"), "tom", password)); got != "platforms orders links checkup activity" {
			t.Error(got)
		}
	})
}

func TestA06_AnIncompleteProfileSaysWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "new@northgate.example", password, func(u *gatehouse.User) { u.FirstName = "" })
		c := visitor(t, s, "inkwell")
		p := signIn(c, "new@northgate.example", password)
		wantHome(t, p)
		if homeCards(p) != "profile platforms orders links checkup activity" || p.Find("form[action='/home/cards']").Length() != 0 {
			t.Errorf("%s, or it can be arranged", homeCards(p))
		}
		if !strings.Contains(p.Text("#card-orders"), "Your profile is not complete") {
			t.Error(p.Text("#card-orders"))
		}
		if p := pressCard(c, p, "activity", "hide").Want(200); p.URL.Path != "/" || !strings.Contains(homeCards(p), "activity") {
			t.Errorf("at %s: %s", p.URL, homeCards(p))
		}
		p = c.Follow(p, "Your first and last name").Want(200)
		c.Submit(p, profileForm, testkit.Values{"first_name": "Noor"}).Want(200)
		p = c.Get("/")
		if homeCards(p) != "platforms orders links checkup activity" || !strings.Contains(p.Text("h1"), "Noor") {
			t.Errorf("%s, %s", homeCards(p), p.Text("h1"))
		}
		p.MustFind("#card-activity form[action='/home/cards'] button[value=hide]")
	})
}

// By keyboard, with scripts and without: the moved card has the focus.
func TestA06_CardsMoveByKeyboard(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	for _, scripts := range []bool{true, false} {
		b := testkit.Browser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
		b.See("Good ")
		if !scripts {
			b.NoJavaScript()
			b.Open(s.URL("meridian-uk", "/"))
		}
		testkit.Eval[bool](b, "document.querySelector('#card-activity summary').focus(), true")
		b.Type("\r")
		b.See("Move up")
		b.Type("\t")
		b.Type("\r")
		b.See("Recent activity")
		testkit.Eventually(t, "the page to come back", func() bool { return strings.HasSuffix(b.URL(), "/#card-activity") })
		if got := testkit.Eval[string](b, "document.activeElement.id"); got != "card-activity" {
			t.Errorf("scripts %v: the focus is on %q", scripts, got)
		}
	}
	cards := homeCards(signIn(visitor(t, s, "meridian-uk"), "msantos", password))
	if cards != "platforms orders activity links checkup" {
		t.Errorf("moved twice: %s", cards)
	}
}

func TestC11_HomeSaysWhatToDoNext(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.EmailConfirmed = false })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		wantHome(t, p)
		checkup := p.MustFind("#card-checkup")
		if checkup.Find("a[href='/account/profile']").Length() != 1 || !strings.Contains(checkup.Text(), "2 of 4 done") {
			t.Errorf("the check-up: %s", checkup.Text())
		}
		for _, path := range []string{"/account/activity", "/account/devices", "/account/profile"} {
			p.MustFind("main a[href='" + path + "']")
			c.Get(path).Want(200)
		}
		if p.Find("main .alert:not([hidden])").Length() != 0 { // what is hidden is for browsers that can make passkeys
			t.Error("an alert about nothing")
		}
	})
}

// A08: a user who signs in with a password that is about to expire is told, with a link
// to change it.
func TestA08_HomePointsAtAPasswordThatExpiresSoon(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const aged = 90 * 24 * time.Hour
		s.Sites.ByID("meridian-uk").Policy.Password.MaxAge = aged
		s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Password.SetAt = s.Clock.Now().Add(3*24*time.Hour - aged) })
		p := signIn(visitor(t, s, "meridian-uk"), "msantos", password)
		wantHome(t, p)
		if !p.Has("Your password expires on 24 November 2026") {
			t.Errorf("%s", p.Text("main"))
		}
		p.MustFind("main .alert a[href='/account/password']")
	})
}
