package journeys

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/internal/demo"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

// tourOf opens the demo's tour.
func tourOf(t *testing.T, s *testkit.Server, accounts demo.Accounts) *goquery.Document {
	t.Helper()
	inbox, err := demo.OpenInbox("127.0.0.1:0", s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	h, err := demo.Handler(accounts, inbox, s.Clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/", nil))
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	return doc
}

// The demo's tour stands in for a phone: the code that it shows signs in, a recovery code that
// it shows replaces it, and it shows the code of an app that is just being set up.
func TestC10_TheDemoShowsTheCodesOfApps(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	deps := demo.Deps{Store: s.Store, Hasher: s.Hasher, Outbox: s.Outbox, Now: s.Clock.Now}
	accounts, err := demo.Seed(t.Context(), deps, []*site.Site{s.Sites.ByID("inkwell")})
	if err != nil {
		t.Fatal(err)
	}
	of := map[demo.State]demo.Account{}
	for _, a := range accounts.Sites[0].Accounts {
		of[a.State] = a
	}
	keeper, asked := of[demo.StateApp], of[demo.StateFactorAsked]

	tour := tourOf(t, s, accounts)
	c := visitor(t, s, "inkwell")
	wantHome(t, enterCode(c, signIn(c, keeper.Username, keeper.Password).Want(200), tour.Find("[data-app-code]").Text()))
	other := visitor(t, s, "inkwell")
	p := other.Follow(signIn(other, keeper.Username, keeper.Password).Want(200), "Use a recovery code").Want(200)
	wantHome(t, enterCode(other, p, tour.Find(".tour-apps small code").First().Text()))

	c = visitor(t, s, "inkwell")
	p = enterCode(c, signIn(c, asked.Username, asked.Password).Want(200), mailedCode(t, s, asked.Email)).Want(200)
	if p.URL.Path != "/sign-in/factor" {
		t.Fatalf("%s: %q", p.URL, p.Text("main"))
	}
	waiting := c.Press(p, "Set up an authenticator app", nil).Want(200)
	s.Clock.Add(time.Minute)
	var code string
	for _, app := range tourOf(t, s, accounts).Find(".tour-apps > div").EachIter() {
		if strings.Contains(app.Text(), "Waiting for its first code") {
			code = app.Find("[data-app-code]").Text()
		}
	}
	codes := c.Submit(waiting, factorForm, testkit.Values{"code": code}).Want(200)
	wantHome(t, c.Follow(codes, "I have saved them"))
}
