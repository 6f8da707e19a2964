package testkit

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/assembly"
	"gatehouse/internal/sms"
)

// Phones is a gateway for text messages, and all the phones behind it.
type Phones struct {
	t      testing.TB
	server *httptest.Server

	mu     sync.Mutex
	status int
	texts  []PhoneText
}

// PhoneText is a text message on a phone.
type PhoneText struct {
	To, Text string
	read     bool
}

// NewPhones is a gateway that accepts everything.
func NewPhones(t testing.TB) *Phones {
	t.Helper()
	p := &Phones{t: t, status: http.StatusAccepted}
	p.server = httptest.NewServer(http.HandlerFunc(p.take))
	t.Cleanup(p.server.Close)
	return p
}

// With makes a server send text messages through the gateway, up to this number per
// day.
func (p *Phones) With(perDay int) ServerOption {
	return With(func(o *assembly.Options) {
		gateway, err := sms.New(sms.Settings{URL: p.server.URL, Method: http.MethodPost, Timeout: time.Minute,
			Body: `{"To": {{json .To}}, "Text": {{json .Text}}}`})
		if err != nil {
			p.t.Fatal(err)
		}
		o.Gateway, o.TextsPerDay, o.SecurityAddress = gateway, perDay, "security@platform.example"
	})
}

func (p *Phones) take(w http.ResponseWriter, r *http.Request) {
	var m PhoneText
	err := json.NewDecoder(r.Body).Decode(&m)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case p.status >= 300:
		http.Error(w, "no: "+m.Text, p.status)
	default:
		m.read = slices.ContainsFunc(p.texts, func(other PhoneText) bool { return other.To == m.To && other.Text == m.Text }) // sent again; see SMTP.isAgain
		p.texts = append(p.texts, m)
		w.WriteHeader(p.status)
	}
}

// Answer sets the status of the gateway's answers from now on.
func (p *Phones) Answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

// Texts are the messages to a number, oldest first.
func (p *Phones) Texts(to string) []PhoneText {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.texts), func(m PhoneText) bool { return m.To != to })
}

var textCode = regexp.MustCompile(`^(\d{6}) `)

// Code waits for the next unread message to a number, and returns its code.
func (p *Phones) Code(to string) string {
	p.t.Helper()
	var code string
	Eventually(p.t, "a text message to "+to, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := range p.texts {
			if m := &p.texts[i]; m.To == to && !m.read {
				m.read = true
				if found := textCode.FindStringSubmatch(m.Text); found != nil {
					code = found[1]
				}
				return true
			}
		}
		return false
	})
	if code == "" {
		p.t.Fatalf("the text message to %s has no code", to)
	}
	return code
}
