package journeys

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// supplier is an application that supplies cards.
type supplier struct {
	t          *testing.T
	s          *testkit.Server
	id, secret string
}

func newSupplier(t *testing.T, s *testkit.Server, name string, change func(*gatehouse.ApplicationSettings)) *supplier {
	t.Helper()
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs, settings.Home.LaunchURL = []string{"https://shop.example/cb"}, "https://shop.example/"
	settings.Grants, settings.Scopes = append(settings.Grants, gatehouse.GrantClientCredentials), append(settings.Scopes, gatehouse.ScopeCards)
	if change != nil {
		change(&settings)
	}
	a, secret, err := s.SSO.Create(t.Context(), s.Sites.ByID("meridian-uk"), support, name, settings)
	if err != nil {
		t.Fatal(err)
	}
	return &supplier{t, s, a.ID, secret}
}

// sent is what a program was answered.
type sent struct {
	status int
	header http.Header
	body   string
}

func (p *supplier) send(method, path, authorization, body string) sent {
	p.t.Helper()
	r, err := http.NewRequest(method, p.s.URL("meridian-uk", path), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	got, err := here(p.t, p.s).Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	text, _ := io.ReadAll(got.Body)
	return sent{got.StatusCode, got.Header, string(text)}
}

func (p *supplier) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(p.id)+":"+url.QueryEscape(p.secret)))
}

func (p *supplier) put(card, sub, body string) sent {
	return p.send("PUT", "/api/v1/cards/"+card+"/users/"+sub, p.basic(), body)
}

// orders is a card of many lines.
func orders(lines int) string {
	var all []string
	for i := range lines {
		all = append(all, fmt.Sprintf(`{"title": "SO-88%02d", "text": "48 × Laptop, 14 inch, with a docking station and a bag", "link": "https://shop.example/orders/%d", "amount": "4128%d.00", "currency": "GBP", "date": "2026-11-30", "state": "On its way", "tone": "info"}`, i, i, i%10))
	}
	return `{"title": "Recent orders", "link": "https://shop.example/orders", "lines": [` + strings.Join(all, ",") + `]}`
}

// A platform puts a card on a user's home page, which shows it with local money and dates,
// says when it is old, and stops showing it once it has expired.
func TestA06_APlatformSuppliesACard(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		p := newSupplier(t, s, "Order desk", nil)
		c := visitor(t, s, "meridian-uk")
		if home := signIn(c, "msantos", password); homeCards(home) != "platforms orders links checkup activity" {
			t.Fatal(homeCards(home))
		}
		if got := p.put("orders", u.ID, orders(7)); got.status != 204 || got.body != "" || got.header.Get("Set-Cookie") != "" {
			t.Fatalf("%+v", got)
		}
		home := c.Get("/").Want(200)
		name := p.id + "-orders"
		if got := homeCards(home); got != "platforms "+name+" links checkup activity" {
			t.Fatal(got)
		}
		card := home.MustFind("#card-" + name)
		if card.Find(".card-body > ul > li").Length() != 5 || card.Find("details li").Length() != 2 || !strings.Contains(card.Find("summary").Text(), "Show 2 more") ||
			!strings.Contains(card.Text(), "£41,280.00") || !strings.Contains(card.Text(), "30 November 2026") || card.Find("a[href='https://shop.example/orders/0']").Length() != 1 || card.Find(".badge-info").Length() != 7 {
			t.Error(card.Text())
		}
		if strings.Contains(card.Text(), "As of") {
			t.Error("a new one says how old it is")
		}
		pressCard(c, home, name, "hide").Want(200)
		home = c.Get("/")
		if !strings.Contains(home.Text("#card-hidden"), "Recent orders") {
			t.Error("it cannot be hidden")
		}
		c.Press(home, "Show: Recent orders", nil).Want(200)
		s.Clock.Add(2 * time.Hour)
		if home = signIn(visitor(t, s, "meridian-uk"), "msantos", password); !strings.Contains(home.Text("#card-"+name), "As of Today, 12:00") {
			t.Error(home.Text("#card-" + name))
		}
		if got := p.send("DELETE", "/api/v1/cards/orders/users/"+u.ID, p.basic(), ""); got.status != 204 {
			t.Errorf("%+v", got)
		}
		if home = signIn(visitor(t, s, "meridian-uk"), "msantos", password); homeCards(home) != "platforms orders links checkup activity" {
			t.Error(homeCards(home))
		}
	})
}

// Problems with a card are reported in the terms of the API, with the field.
func TestA06_ACardIsCheckedStrictly(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		p := newSupplier(t, s, "Order desk", nil)
		for body, want := range map[string]string{
			`{"title": "x", "lines": [{"title": "y", "amount": "1.50"}]}`: "lines[0].currency", `{"title": "x", "link": "https://evil.example/"}`: "link", `{"titel": "x"}`: "titel",
		} {
			got := p.put("orders", u.ID, body)
			var problem struct {
				Status int
				Errors []struct{ Field, Reason string }
			}
			if err := json.Unmarshal([]byte(got.body), &problem); err != nil || got.status != 422 || problem.Status != 422 || len(problem.Errors) != 1 || problem.Errors[0].Field != want ||
				!strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("%s: %+v", body, got)
			}
		}
		for what, c := range map[string]struct {
			got    sent
			status int
		}{
			"nobody":      {p.send("PUT", "/api/v1/cards/orders/users/"+u.ID, "", orders(1)), 401},
			"a guess":     {p.send("PUT", "/api/v1/cards/orders/users/"+u.ID, "Basic eDp5", orders(1)), 401},
			"no user":     {p.put("orders", "usr_x", orders(1)), 404},
			"too large":   {p.put("orders", u.ID, `{"title": "`+strings.Repeat(" ", 20<<10)+`"}`), 422},
			"many lines":  {p.put("orders", u.ID, orders(21)), 422},
			"read it":     {p.send("GET", "/api/v1/cards/orders/users/"+u.ID, p.basic(), ""), 405},
			"a bad name":  {p.put("ORDERS", u.ID, orders(1)), 422},
			"half a path": {p.put("orders", "", orders(1)), 404},
		} {
			if c.got.status != c.status {
				t.Errorf("%s: %+v", what, c.got)
			}
		}
		if p.send("PUT", "/api/v1/cards/orders/users/"+u.ID, "", orders(1)).header.Get("WWW-Authenticate") == "" {
			t.Error("nobody is told how")
		}
	})
}

// In a browser: cards that were pushed and one that is fetched, while its platform is slow and
// when it answers; on all screens.
func TestA06_CardsInABrowser(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	open := make(chan struct{})
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-open:
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"title": "Open quotes", "lines": [{"title": "Q-20931 Hartley Academy refresh", "text": "86 lines", "state": "Ends today", "tone": "warn", "amount": "128450.00", "currency": "GBP"}]}`)
	}))
	t.Cleanup(desk.Close)
	p := newSupplier(t, s, "Order desk", nil)
	newSupplier(t, s, "Quotes", func(a *gatehouse.ApplicationSettings) {
		a.Home.CardsURL = strings.Replace(desk.URL, "127.0.0.1", "desk.localhost", 1) + "/card"
	})
	if got := p.put("orders", u.ID, orders(9)); got.status != 204 {
		t.Fatalf("%+v", got)
	}
	b := testkit.Browser(t)
	browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
	b.See("The summary from Quotes has not arrived yet.") // the page has not waited
	close(open)
	testkit.Eventually(t, "the card", func() bool {
		s.Clock.Add(time.Minute) // the first try may have been given up
		b.Open(s.URL("meridian-uk", "/"))
		return strings.Contains(testkit.Eval[string](b, "document.body.innerText"), "Q-20931")
	})
	for _, look := range looks {
		look.on(b)
		wantFit(t, b, "cards-"+look.name)
		testkit.Eval[bool](b, "document.querySelector('details.more').open = true")
		wantFit(t, b, "cards-more-"+look.name)
	}
}
