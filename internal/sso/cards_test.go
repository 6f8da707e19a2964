package sso_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// supplies allows an application to supply cards.
func supplies(a *gatehouse.ApplicationSettings) {
	a.Grants, a.Scopes = append(a.Grants, gatehouse.GrantClientCredentials), append(a.Scopes, gatehouse.ScopeCards)
}

const oneCard = `{"title": "Recent orders", "lines": [{"title": "SO-1", "amount": "5.00", "currency": "GBP"}]}`

func (s *stage) put(authorization, card, sub, body string) error {
	return s.SSO.PutCard(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: "192.0.2.7"}, authorization, card, sub, []byte(body))
}

// titles returns the titles of the cards on a user's home page.
func (s *stage) titles(u gatehouse.User) string {
	s.t.Helper()
	reachable, err := s.SSO.Reachable(s.t.Context(), s.st, u)
	if err != nil {
		s.t.Fatal(err)
	}
	cards, err := s.SSO.Cards(s.t.Context(), s.st, u, reachable)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, c := range cards {
		if c.Waiting {
			all = append(all, "waiting")
		} else {
			all = append(all, c.Body.Title)
		}
	}
	return strings.Join(all, ", ")
}

// An application supplies cards with its secret, or with a token that it got for itself: for users
// who may reach it, under its own subject for them, and for nobody else.
func TestA06_WhoMaySupplyCards(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		a, secret := s.application(supplies)
		pair, pairSecret := s.application(func(a *gatehouse.ApplicationSettings) { supplies(a); a.Sector = "orders.example" })
		admins, adminsSecret := s.application(func(a *gatehouse.ApplicationSettings) {
			supplies(a)
			a.Access.Roles = []gatehouse.Role{gatehouse.RoleAdmin}
		})
		stranger := s.AddUser("inkwell", "mira@inkwell.example", "", nil)
		gone := s.AddUser(s.st.ID, "gone", "", func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		tokens, err := s.token(basicOf(a.ID, secret), url.Values{"grant_type": {"client_credentials"}, "scope": {"cards"}})
		if err != nil {
			t.Fatal(err)
		}
		mine := s.tokens().Access
		for what, c := range map[string]struct {
			authorization, card, sub string
			want                     gatehouse.Kind
		}{
			"nobody":                {"", "orders", s.user.ID, gatehouse.Unauthenticated},
			"wrong secret":          {basicOf(a.ID, "x"), "orders", s.user.ID, gatehouse.Unauthenticated},
			"no such token":         {"Bearer x", "orders", s.user.ID, gatehouse.Unauthenticated},
			"a user's token":        {"Bearer " + mine, "orders", s.user.ID, gatehouse.Forbidden},
			"without the scope":     {s.basic(), "orders", s.user.ID, gatehouse.Forbidden},
			"somebody else's site":  {basicOf(a.ID, secret), "orders", stranger.ID, gatehouse.NotFound},
			"nobody's name":         {basicOf(a.ID, secret), "orders", "usr_x", gatehouse.NotFound},
			"deactivated":           {basicOf(a.ID, secret), "orders", gone.ID, gatehouse.NotFound},
			"may not reach it":      {basicOf(admins.ID, adminsSecret), "orders", s.user.ID, gatehouse.NotFound},
			"another sector's name": {basicOf(pair.ID, pairSecret), "orders", s.user.ID, gatehouse.NotFound},
			"a bad name":            {basicOf(a.ID, secret), "Orders!", s.user.ID, gatehouse.Invalid},
		} {
			if err := s.put(c.authorization, c.card, c.sub, oneCard); err == nil || gatehouse.KindOf(err) != c.want {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := s.titles(s.user); got != "" {
			t.Fatalf("supplied all the same: %s", got)
		}
		for _, authorization := range []string{basicOf(a.ID, secret), "Bearer " + tokens.Access} {
			if err := s.put(authorization, "orders", s.user.ID, oneCard); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.titles(s.user); got != "Recent orders" {
			t.Fatal(got)
		}
		// The one with a sector knows the user by a different subject, from the user's first visit
		// on.
		s.app, s.secret = pair, pairSecret
		_, claims := s.read(s.tokens().ID)
		if err := s.put(basicOf(pair.ID, pairSecret), "quotes", claims["sub"].(string), strings.Replace(oneCard, "Recent orders", "Quotes", 1)); err != nil {
			t.Fatal(err)
		}
		if got := s.titles(s.user); !strings.Contains(got, "Quotes") {
			t.Error(got)
		}
	})
}

// An application may supply three cards for a user; they expire, can be deleted, and disappear
// when fewer users may reach the application.
func TestA06_CardsEnd(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		a, secret := s.application(supplies)
		as := basicOf(a.ID, secret)
		put := func(card, body string) error { return s.put(as, card, s.user.ID, body) }
		for i := range gatehouse.MostCards {
			if err := put(fmt.Sprint("card-", i), fmt.Sprintf(`{"title": "%d", "expires_in": %d}`, i, 3600*(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		if err := put("one-more", oneCard); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("one more: %v", err)
		}
		if err := put("card-0", `{"title": "new", "expires_in": 3600}`); err != nil {
			t.Errorf("in place of one: %v", err)
		}
		if err := put("card-1", `{"title": "x", "lines": [{"title": "y", "link": "https://evil.example/"}]}`); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("a link elsewhere: %v", err)
		}
		if err := put("card-1", `{"title": "`+strings.Repeat(" ", gatehouse.MostCardBody)+`"}`); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("too large: %v", err)
		}
		for range 2 {
			if err := s.SSO.DeleteCard(t.Context(), s.st, gatehouse.Caller{}, as, "card-2", s.user.ID); err != nil {
				t.Fatal(err)
			}
		}
		s.Clock.Add(time.Hour)
		if got := s.titles(s.user); got != "1" {
			t.Errorf("after an hour: %q", got)
		}
		s.write(func(q store.Queries) error { return q.DropOldCards(t.Context(), s.Clock.Now()) })
		if err := put("one-more", oneCard); err != nil {
			t.Errorf("there is room again: %v", err)
		}
		change := func(to func(*gatehouse.Application)) {
			if _, err := s.SSO.Change(t.Context(), s.st, operator, a.ID, "", to); err != nil {
				t.Fatal(err)
			}
		}
		change(func(a *gatehouse.Application) { a.Settings.Access.Roles = []gatehouse.Role{gatehouse.RoleAdmin} })
		if got := s.titles(s.user); got != "" {
			t.Errorf("out of reach: %q", got)
		}
		if change(func(a *gatehouse.Application) { a.Settings.Access.Roles = nil }); s.titles(s.user) != "" {
			t.Error("what it had supplied before is back")
		}
	})
}

// desk is a platform that serves cards at its own address.
type desk struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string // the tokens
	answer func(w http.ResponseWriter)
}

func newDesk(t *testing.T) *desk {
	d := &desk{answer: func(w http.ResponseWriter) { fmt.Fprint(w, oneCard) }}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.asked = append(d.asked, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		answer := d.answer
		d.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		answer(w)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) address() string {
	return strings.Replace(d.URL, "127.0.0.1", "desk.localhost", 1) + "/card"
}

func (d *desk) answers(answer func(w http.ResponseWriter)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = answer
}

func (d *desk) tokens() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.asked...)
}

// fetch fetches due cards, like two concurrent processes.
func (s *stage) fetch() {
	s.t.Helper()
	var all sync.WaitGroup
	var failed atomic.Value
	for range 2 {
		all.Go(func() {
			if err := s.SSO.FetchCards(s.t.Context(), s.Sites.ByID); err != nil {
				failed.Store(err)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		s.t.Fatal(err)
	}
}

// A card is fetched in the background for a user who has opened home, once, and the platform can
// recognise us; the last known card stays if the platform fails.
func TestA06_CardsAreFetched(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		d := newDesk(t)
		a, _ := s.application(func(a *gatehouse.ApplicationSettings) { a.Home.CardsURL, a.Sector = d.address(), "orders.example" })
		if s.fetch(); len(d.tokens()) != 0 {
			t.Fatal("fetched for nobody")
		}
		wait := func(what string, want string, times int) {
			t.Helper()
			testkit.Eventually(t, what, func() bool { // the server's own job may be faster
				s.fetch()
				return s.titles(s.user) == want && len(d.tokens()) == times
			})
		}
		if got := s.titles(s.user); got != "waiting" {
			t.Fatal(got)
		}
		wait("the card", "Recent orders", 1)
		head, claims := s.read(d.tokens()[0])
		if head.ExtraHeaders["typ"] != "card+jwt" || claims["aud"] != d.address() || claims["iss"] != s.st.Origin || claims["sub"] == s.user.ID || claims["client_id"] != a.ID ||
			claims["exp"].(float64) > float64(s.Clock.Now().Add(time.Minute).Unix()) {
			t.Errorf("%v %v", head, claims)
		}
		if _, err := s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: d.tokens()[0]}); err == nil {
			t.Error("its token opens userinfo")
		}
		s.titles(s.user)
		if s.fetch(); len(d.tokens()) != 1 {
			t.Error("fetched again at once")
		}
		d.answers(func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) })
		s.Clock.Add(gatehouse.CardFresh)
		wait("a failure", "Recent orders", 2)
		s.Clock.Add(30 * time.Second)
		if s.fetch(); len(d.tokens()) != 2 {
			t.Error("asked again before its time")
		}
		s.Clock.Add(time.Minute)
		d.answers(func(w http.ResponseWriter) { fmt.Fprint(w, `{"title": "x", "link": "https://evil.example/"}`) })
		wait("one that leads elsewhere", "Recent orders", 3)
		s.Clock.Add(5 * time.Minute)
		d.answers(func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) })
		wait("nothing for this user", "", 4)
		s.Clock.Add(2 * gatehouse.CardWanted)
		s.fetch()
		asked := len(d.tokens())
		s.Clock.Add(2 * gatehouse.CardWanted)
		if s.fetch(); len(d.tokens()) != asked {
			t.Error("fetched for who has not been there for hours")
		}
	})
}

// A platform that redirects, responds with too much, or is inside a network, gets nothing out of
// this server.
func TestA06_FetchedFromNowhereElse(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		inside := 0
		secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside++ }))
		t.Cleanup(secret.Close)
		d := newDesk(t)
		a, _ := s.application(func(a *gatehouse.ApplicationSettings) { a.Home.CardsURL = d.address() })
		for what, answer := range map[string]func(w http.ResponseWriter){
			"a redirect": func(w http.ResponseWriter) { w.Header().Set("Location", secret.URL); w.WriteHeader(http.StatusFound) },
			"too much": func(w http.ResponseWriter) {
				fmt.Fprint(w, `{"title": "`+strings.Repeat("a", gatehouse.MostFetchedCard)+`"}`)
			},
			"a page": func(w http.ResponseWriter) { w.Header().Set("Content-Type", "text/html"); fmt.Fprint(w, oneCard) },
		} {
			d.answers(answer)
			before := len(d.tokens())
			s.titles(s.user)
			testkit.Eventually(t, what, func() bool { s.fetch(); return len(d.tokens()) > before })
			if got := s.titles(s.user); got != "waiting" {
				t.Errorf("%s: %s", what, got)
			}
			s.Clock.Add(gatehouse.CardWanted + time.Hour)
		}
		if inside > 0 {
			t.Error("it followed the redirect")
		}
		before := len(d.tokens())
		for _, address := range []string{"https://127.0.0.1/card", "https://10.0.0.1/card", "https://[::1]/card", "https://169.254.169.254/latest"} {
			if _, err := s.SSO.Change(t.Context(), s.st, operator, a.ID, "", func(a *gatehouse.Application) { a.Settings.Home.CardsURL = address }); err == nil {
				s.titles(s.user)
				s.fetch()
			}
		}
		if len(d.tokens()) != before {
			t.Error("asked elsewhere")
		}
	})
}
