package gatehouse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// PlatformCard is a card that a platform supplies for a user's home page (A06).
type PlatformCard struct {
	SiteID, UserID, ApplicationID string
	// Card is the platform's name for it; empty for the fetched one.
	Card string
	Body CardBody
	// AsOf is when it arrived.
	AsOf, ExpiresAt time.Time
}

// CardBody is the content of a card.
type CardBody struct {
	Title string `json:"title"`
	// Lang is the language of its texts, if the platform gives it.
	Lang string `json:"lang,omitempty"`
	// Link leads to the full content that the card is an extract of.
	Link  string     `json:"link,omitempty"`
	Lines []CardLine `json:"lines"`
	// ExpiresIn is how long it may be shown, in seconds; 0: for DefaultCardLifetime.
	ExpiresIn int `json:"expires_in,omitempty"`
}

// CardLine is one line of a card. All but the title may be empty.
type CardLine struct {
	Title string `json:"title"`
	Text  string `json:"text,omitempty"`
	Link  string `json:"link,omitempty"`
	// Amount is a decimal number in a currency, Date a day such as 2026-11-30.
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	Date     string `json:"date,omitempty"`
	// State is a word or two, and Tone its colour: ok, info, warn, bad.
	State string `json:"state,omitempty"`
	Tone  string `json:"tone,omitempty"`
}

// The limits of cards.
const (
	MostCardBody    = 16 << 10
	MostFetchedCard = 64 << 10
	mostCardLines   = 20
	// MostCards is how many cards an application may supply for one user.
	MostCards           = 3
	DefaultCardLifetime = 24 * time.Hour
	CeilingCardLifetime = 30 * 24 * time.Hour
	floorCardLifetime   = time.Minute
	// CardOld is the age from which a card shows its age.
	CardOld = time.Hour
)

// ScopeCards lets an application supply cards. It is not about a user, and no user's token carries
// it.
const ScopeCards = "cards"

var cardName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// CardNameGood reports whether a platform may use this name for a card.
func CardNameGood(name string) bool { return cardName.MatchString(name) }

// ReadCard reads a card as an application sends it. It is strict: anything unknown or out of place
// is refused, with the name of the field.
//
// Errors: Invalid with fields.
func ReadCard(a Application, text []byte) (CardBody, error) {
	var body CardBody
	var wrong Faults
	if !utf8.Valid(text) {
		wrong.Add("", "utf-8")
		return body, wrong.Err()
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		field, reason := misread(err)
		wrong.Add(field, reason)
		return body, wrong.Err()
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		wrong.Add("", "json")
		return body, wrong.Err()
	}
	checkCard(&wrong, a, body)
	return body, wrong.Err()
}

// misread says which field makes a card unreadable.
func misread(err error) (field, reason string) {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return kind.Field, "type"
	}
	if name, unknown := strings.CutPrefix(err.Error(), `json: unknown field "`); unknown {
		return strings.TrimSuffix(name, `"`), "unknown"
	}
	return "", "json"
}

func checkCard(wrong *Faults, a Application, c CardBody) {
	checkText(wrong, "title", c.Title, 100, true)
	if c.Lang != "" && !languageTag(c.Lang) {
		wrong.Add("lang", "language")
	}
	checkCardLink(wrong, a, "link", c.Link)
	if len(c.Lines) > mostCardLines {
		wrong.Add("lines", "too-many", "max", fmt.Sprint(mostCardLines))
		return
	}
	if c.ExpiresIn != 0 && (c.ExpiresIn < int(floorCardLifetime/time.Second) || c.ExpiresIn > int(CeilingCardLifetime/time.Second)) {
		wrong.Add("expires_in", "range")
	}
	for i, line := range c.Lines {
		at := fmt.Sprintf("lines[%d].", i)
		checkText(wrong, at+"title", line.Title, 100, true)
		checkText(wrong, at+"text", line.Text, 200, false)
		checkText(wrong, at+"state", line.State, 40, false)
		checkCardLink(wrong, a, at+"link", line.Link)
		if line.Amount != "" && !amount.MatchString(line.Amount) {
			wrong.Add(at+"amount", "amount")
		}
		if (line.Amount != "" || line.Currency != "") && !currency.MatchString(line.Currency) {
			wrong.Add(at+"currency", "currency")
		}
		if line.Currency != "" && line.Amount == "" {
			wrong.Add(at+"amount", "required")
		}
		if line.Date != "" && !dayGood(line.Date) {
			wrong.Add(at+"date", "date")
		}
		if !slices.Contains([]string{"", "ok", "info", "warn", "bad"}, line.Tone) || line.Tone != "" && line.State == "" {
			wrong.Add(at+"tone", "tone")
		}
	}
}

var (
	amount   = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

func dayGood(day string) bool {
	t, err := time.Parse(time.DateOnly, day)
	return err == nil && t.Year() >= 1900 && t.Year() < 2200
}

// checkText checks a text that is shown next to ours: it must not change the direction of the text
// around it.
func checkText(wrong *Faults, field, text string, most int, required bool) {
	switch {
	case required && strings.TrimSpace(text) == "":
		wrong.Add(field, "required")
	case utf8.RuneCountInString(text) > most:
		wrong.Add(field, "too-long", "max", fmt.Sprint(most))
	case strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
	}) >= 0:
		wrong.Add(field, "characters")
	}
}

// checkCardLink: a card links only to its own platform. Otherwise anyone with a platform's secret
// could send its users anywhere.
func checkCardLink(wrong *Faults, a Application, field, link string) {
	if link != "" && !(webAddress(link) && a.cardLink(link)) {
		wrong.Add(field, "own-origin")
	}
}

func (a Application) cardLink(link string) bool {
	own := append([]string{a.Settings.Home.LaunchURL}, a.Settings.RedirectURIs...)
	return slices.ContainsFunc(own, func(one string) bool { return webAddress(one) && originOf(one) == originOf(link) })
}

// Lifetime is how long a card is shown.
func (c CardBody) Lifetime() time.Duration {
	if c.ExpiresIn == 0 {
		return DefaultCardLifetime
	}
	return time.Duration(c.ExpiresIn) * time.Second
}

// Supplied returns the home page's name for a platform's card.
func Supplied(applicationID, card string) HomeCard {
	if card == "" {
		return HomeCard(applicationID)
	}
	return HomeCard(applicationID + "-" + card)
}

// IsSupplied reports whether a card comes from a platform.
func (c HomeCard) IsSupplied() bool { return strings.HasPrefix(string(c), "app_") }

// mostSupplied is how many platform cards a layout remembers.
const mostSupplied = 60

// With inserts the platform cards that are not yet arranged where quotes and orders are.
func (l HomeLayout) With(supplied []HomeCard) HomeLayout {
	l = slices.Clone(l)
	for _, card := range supplied {
		if l.index(card) < 0 && len(l) < len(HomeCards)+mostSupplied {
			at := l.index(CardOrders)
			if at < 0 {
				at = len(l)
			}
			l = slices.Insert(l, at, PlacedCard{Card: card})
		}
	}
	return l
}

// CardFetch is one user's card to fetch from an application.
type CardFetch struct {
	SiteID, UserID, ApplicationID string
	OpenedAt, DueAt               time.Time
	Failures                      int
}

// When cards are fetched.
const (
	// CardFresh is how long a fetched card is not fetched again.
	CardFresh = 5 * time.Minute
	// CardWanted is how long after a user has opened home cards are still fetched.
	CardWanted = time.Hour
	// CardKept is how long the last card of an unresponsive platform is shown.
	CardKept = 7 * 24 * time.Hour
	// CardLease is how long a process may take to fetch one before another takes over.
	CardLease = time.Minute
)

// Next returns when to fetch a card again, after success or failure; zero: not before the user
// opens home again.
func (f CardFetch) Next(came bool, now time.Time) time.Time {
	wait := CardFresh
	if !came { // with back-off: 1, 2, 4 … minutes
		wait = min(time.Minute<<min(f.Failures, 6), time.Hour)
	}
	next := now.Add(wait)
	if next.After(f.OpenedAt.Add(CardWanted)) {
		return time.Time{}
	}
	return next
}
