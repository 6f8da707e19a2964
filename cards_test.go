package gatehouse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "gatehouse"
)

// Each fault of a card is reported with its field, and nothing unknown is accepted.
func TestCardsAreReadStrictly(t *testing.T) {
	app := Application{ID: "app_1", Settings: ApplicationSettings{RedirectURIs: []string{"https://shop.example/cb"}, Home: ApplicationHome{LaunchURL: "https://shop.example/"}}}
	good := `{"title": "Orders", "lang": "en-GB", "link": "https://shop.example/orders", "expires_in": 3600, "lines": [
		{"title": "SO-1", "text": "48 × Laptop", "link": "https://shop.example/1?a=b", "amount": "-41280.00", "currency": "GBP", "date": "2028-02-29", "state": "On its way", "tone": "info"}, {"title": "SO-2"}]}`
	body, err := ReadCard(app, []byte(good))
	if err != nil || len(body.Lines) != 2 || body.Lifetime() != time.Hour || (CardBody{}).Lifetime() != DefaultCardLifetime {
		t.Fatalf("%+v %v", body, err)
	}
	line := func(text string) string { return `{"title": "x", "lines": [{"title": "y"}, ` + text + `]}` }
	for text, want := range map[string]string{
		``: ` json`, `[]`: ` type`, `{"title": "x"} {}`: ` json`, "{\"title\": \"\xff\"}": ` utf-8`, `{}`: `title required`, `{"title": "x", "colour": "red"}`: `colour unknown`,
		`{"title": 5}`: `title type`, `{"title": " "}`: `title required`, `{"title": "` + strings.Repeat("a", 101) + `"}`: `title too-long`, `{"title": "a\nb"}`: `title characters`,
		`{"title": "a\u202eb"}`: `title characters`, `{"title": "x", "lang": "german!"}`: `lang language`, `{"title": "x", "expires_in": 59}`: `expires_in range`, `{"title": "x", "expires_in": 2592001}`: `expires_in range`,
		`{"title": "x", "link": "https://evil.example/"}`: `link own-origin`, `{"title": "x", "link": "javascript:alert(1)"}`: `link own-origin`, `{"title": "x", "link": "/orders"}`: `link own-origin`,
		`{"title": "x", "link": "https://shop.example.evil.example/"}`: `link own-origin`, `{"title": "x", "link": "https://shop.example@evil.example/"}`: `link own-origin`, `{"title": "x", "link": "http://shop.example/"}`: `link own-origin`,
		line(`{}`): `lines[1].title required`, line(`{"title": "x", "text": "` + strings.Repeat("é", 201) + `"}`): `lines[1].text too-long`, line(`{"title": "x", "amount": "1,5", "currency": "GBP"}`): `lines[1].amount amount`,
		line(`{"title": "x", "amount": 1.5, "currency": "GBP"}`): `lines.amount type`, line(`{"title": "x", "amount": "1"}`): `lines[1].currency currency`, line(`{"title": "x", "currency": "GBP"}`): `lines[1].amount required`,
		line(`{"title": "x", "amount": "1", "currency": "£"}`): `lines[1].currency currency`, line(`{"title": "x", "amount": "01", "currency": "GBP"}`): `lines[1].amount amount`, line(`{"title": "x", "date": "2026-02-30"}`): `lines[1].date date`,
		line(`{"title": "x", "date": "30 November"}`): `lines[1].date date`, line(`{"title": "x", "tone": "ok"}`): `lines[1].tone tone`, line(`{"title": "x", "state": "y", "tone": "pink"}`): `lines[1].tone tone`,
		line(`{"title": "x", "link": "https://evil.example/"}`): `lines[1].link own-origin`, line(`{"title": "x", "state": "` + strings.Repeat("a", 41) + `"}`): `lines[1].state too-long`,
		`{"title": "x", "lines": [` + strings.Repeat(`{"title": "x"},`, 20) + `{"title": "x"}]}`: `lines too-many`,
	} {
		_, err := ReadCard(app, []byte(text))
		var e *Error
		if !errors.As(err, &e) || len(e.Fields) != 1 || e.Kind != Invalid {
			t.Errorf("%.80s: %v, want %s", text, err, want)
			continue
		}
		if got := e.Fields[0].Field + " " + e.Fields[0].Reason; got != want {
			t.Errorf("%.80s: %q, want %q", text, got, want)
		}
	}
	for name, good := range map[string]bool{"orders": true, "open-quotes2": true, "": false, "Orders": false, "-a": false, "a/b": false, "a b": false, strings.Repeat("a", 33): false} {
		if CardNameGood(name) != good {
			t.Errorf("%q", name)
		}
	}
}

// Platform cards are arranged like all others, keep their place while they are away, and appear
// with quotes and orders until somebody moves them.
func TestSuppliedCardsAreArranged(t *testing.T) {
	orders, quotes := Supplied("app_1", "orders"), Supplied("app_2", "")
	l := ReadHomeLayout("").With([]HomeCard{orders, quotes})
	if got := l.String(); got != "profile platforms app_1-orders app_2 orders links searches checkup activity" {
		t.Fatal(got)
	}
	there := []HomeCard{CardPlatforms, orders, quotes, CardLinks}
	l, ok := l.Arrange(orders, CardDown, there)
	if l, _ = l.Arrange(quotes, CardHide, there); !ok || l.String() != "profile platforms -app_2 app_1-orders orders links searches checkup activity" {
		t.Fatal(l)
	}
	if again := ReadHomeLayout(l.String()).With([]HomeCard{quotes}); again.String() != l.String() {
		t.Errorf("away and back: %s", again)
	}
	if _, ok := l.Arrange(orders, CardUp, []HomeCard{CardPlatforms}); ok {
		t.Error("a card that is not there is moved")
	}
	var many []HomeCard
	for i := range 200 {
		many = append(many, Supplied("app_1", fmt.Sprint(i)))
	}
	if l := ReadHomeLayout("").With(many); len(l) > 100 || len(ReadHomeLayout(l.String())) > 100 {
		t.Errorf("a layout of %d cards", len(l))
	}
}

// A failing platform is asked less and less often, and not at all for a user who has not opened
// home for an hour.
func TestWhenACardIsFetchedNext(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		f := CardFetch{OpenedAt: now.Add(-time.Duration(rapid.IntRange(0, 100).Draw(t, "ago")) * time.Minute), Failures: rapid.IntRange(0, 100).Draw(t, "failures")}
		came := rapid.Bool().Draw(t, "came")
		next := f.Next(came, now)
		if next.IsZero() {
			return
		}
		if wait := next.Sub(now); next.After(f.OpenedAt.Add(CardWanted)) || wait < time.Minute || came && wait != CardFresh || wait > time.Hour {
			t.Fatalf("%+v: %s", f, wait)
		}
	})
	var waits []string
	for n := range 5 {
		waits = append(waits, CardFetch{OpenedAt: now, Failures: n}.Next(false, now).Sub(now).String())
	}
	if !slices.Equal(waits, []string{"1m0s", "2m0s", "4m0s", "8m0s", "16m0s"}) {
		t.Error(waits)
	}
}
