package platform

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Cards on the provider's home page are the one thing here that only Gatehouse has. A card is
// sent whenever something changes, or the provider asks for it: a platform does what suits it.

// Card is what a platform shows of itself on a user's home page.
type Card struct {
	Title string `json:"title"`
	Link  string `json:"link"`
	Lang  string `json:"lang"`
	Lines []Line `json:"lines"`
}

// Line is one line of a card. Everything but the title may be empty.
type Line struct {
	Title    string `json:"title"`
	Text     string `json:"text,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	Date     string `json:"date,omitempty"`
	State    string `json:"state,omitempty"`
	Tone     string `json:"tone,omitempty"`
}

// cardPath is where the provider asks for a card.
const cardPath = "/card"

// mostCardTime is how long sending a card may take. Nobody waits for it.
const mostCardTime = 10 * time.Second

// SendCards sends the provider a card with this name for everybody who signs in. The
// application needs the scope cards.
func (p *Platform) SendCards(name string, of func(User) Card) {
	p.arrived = func(u User) {
		ctx, cancel := context.WithTimeout(context.Background(), mostCardTime)
		defer cancel()
		if err := p.putCard(ctx, name, u.Subject, of(u)); err != nil {
			log.Printf("the card %s was not taken: %v", name, err)
		}
	}
}

func (p *Platform) putCard(ctx context.Context, name, subject string, c Card) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	address := strings.TrimSuffix(p.Issuer, "/") + "/api/v1/cards/" + name + "/users/" + url.PathEscape(subject)
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret)) // RFC 6749 2.3.1
	answer, err := p.HTTP.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the provider answered %s", answer.Status)
	}
	return nil
}

// AnswerCards answers the provider when it asks for a user's card. A user who is not signed
// in here has a subject and nothing else.
func (p *Platform) AnswerCards(of func(User) Card) { p.asked = of }

func (p *Platform) card(w http.ResponseWriter, r *http.Request) {
	subject, err := p.askedFor(r)
	if err != nil || p.asked == nil {
		http.Error(w, "No card for you.", http.StatusUnauthorized)
		return
	}
	text, err := json.Marshal(p.asked(p.known(subject)))
	if err != nil {
		http.Error(w, "No card.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(text) //nolint:errcheck // the provider asks again
}

// askedFor is the user of the card that the provider asks for. Its token is valid at this
// address only, and has its own type: no other token of the provider's opens this.
func (p *Platform) askedFor(r *http.Request) (subject string, err error) {
	raw, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	text, _, _ := strings.Cut(raw, ".")
	header, err := base64.RawURLEncoding.DecodeString(text)
	var is struct {
		Typ string `json:"typ"`
	}
	if err != nil || !bearer || json.Unmarshal(header, &is) != nil || is.Typ != "card+jwt" {
		return "", errors.New("no token for a card")
	}
	provider, err := p.found()
	if err != nil {
		return "", err
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: p.URL + cardPath, SupportedSigningAlgs: []string{oidc.ES256}, Now: p.Now}).Verify(r.Context(), raw)
	if err != nil {
		return "", err
	}
	return token.Subject, nil
}

// known is what the platform knows about a user: much, as long as the user is signed in here.
func (p *Platform) known(subject string) User {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.sessions {
		if u.Subject == subject && p.Now().Before(u.until) {
			return u
		}
	}
	return User{Subject: subject}
}
