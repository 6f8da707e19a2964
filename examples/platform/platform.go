// Package platform is an ordinary OpenID Connect client: what an application needs to sign
// its users in at Gatehouse and out along with everything else. It uses nothing of
// Gatehouse; any provider will do, except for cards.go.
package platform

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Config is what the operator of the provider supplies, and the platform's own address.
type Config struct {
	Issuer, ClientID, ClientSecret string
	URL                            string // without a trailing slash
	HTTP                           *http.Client
	Now                            func() time.Time
}

// User is a signed-in user, as described by the provider.
type User struct {
	Subject       string `json:"-"`
	Name          string `json:"name"`
	Email         string `json:"email"`
	Company       string `json:"company_name"`
	AccountNumber string `json:"account_number"`
	Role          string `json:"role"`

	id, sid, idToken string
	access           oauth2.TokenSource
	until, asked     time.Time
}

// askAgain is how long a platform assumes that the user is still signed in at the provider.
const askAgain = time.Minute

// Platform keeps its sessions in memory: it is an example.
type Platform struct {
	Config
	found func() (*oidc.Provider, error)
	// arrived is called for everybody who signs in; asked makes cards on request.
	arrived func(User)
	asked   func(User) Card

	mu       sync.Mutex
	sessions map[string]User
}

// New makes a platform. The provider is asked for its addresses when the first user comes.
func New(c Config) *Platform {
	p := &Platform{Config: c, sessions: map[string]User{}}
	if p.HTTP == nil {
		p.HTTP = http.DefaultClient
	}
	p.found = retried(func() (*oidc.Provider, error) {
		return oidc.NewProvider(oidc.ClientContext(context.Background(), p.HTTP), c.Issuer)
	})
	return p
}

// retried keeps a success, and retries a failure.
func retried[T any](get func() (*T, error)) func() (*T, error) {
	var mu sync.Mutex
	var kept *T
	return func() (*T, error) {
		mu.Lock()
		defer mu.Unlock()
		if kept != nil {
			return kept, nil
		}
		var err error
		kept, err = get()
		return kept, err
	}
}

func (p *Platform) oauth(provider *oidc.Provider) *oauth2.Config {
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // or a failed request is sent again in another style, and only that one's error is seen
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: endpoint,
		RedirectURL: p.URL + "/callback", Scopes: []string{"openid", "profile", "email", "company"}}
}

// Handler serves the pages to signed-in users, and handles signing in and out.
func (p *Platform) Handler(pages func(w http.ResponseWriter, r *http.Request, u User)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", p.answer(p.callback))
	mux.HandleFunc("POST /sign-out", p.answer(p.signOut))
	mux.HandleFunc("POST /back-channel-logout", p.answer(p.loggedOut))
	mux.HandleFunc("GET "+cardPath, p.card)
	mux.HandleFunc("GET /", p.answer(func(w http.ResponseWriter, r *http.Request) error {
		if u, ok := p.user(r); ok && p.still(r, u) {
			w.Header().Set("Cache-Control", "no-store")
			pages(w, r, u)
			return nil
		}
		return p.signIn(w, r)
	}))
	return mux
}

// policy lets the sign-out form lead to the provider, and lets no script run.
func (p *Platform) policy() string {
	return "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' " + strings.TrimSuffix(p.Issuer, "/") + "/; base-uri 'none'; frame-ancestors 'none'"
}

func (p *Platform) answer(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", p.policy())
		if err := h(w, r.WithContext(oidc.ClientContext(r.Context(), p.HTTP))); err != nil {
			http.Error(w, "Signing in did not work: "+err.Error(), http.StatusBadRequest)
		}
	}
}

// begun is what a browser keeps while it signs in.
type begun struct{ State, Nonce, Verifier, Page string }

func (p *Platform) signIn(w http.ResponseWriter, r *http.Request) error {
	provider, err := p.found()
	if err != nil {
		return err
	}
	b := begun{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Page: r.URL.RequestURI()}
	kept, err := json.Marshal(b)
	if err != nil {
		return err
	}
	p.cookie(w, "signing-in-"+b.State, url.QueryEscape(string(kept)), 600) // a cookie for each tab
	http.Redirect(w, r, p.oauth(provider).AuthCodeURL(b.State, oidc.Nonce(b.Nonce), oauth2.S256ChallengeOption(b.Verifier)), http.StatusSeeOther)
	return nil
}

func (p *Platform) callback(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	c, err := r.Cookie("signing-in-" + q.Get("state"))
	if err != nil {
		return errors.New("this browser did not begin it")
	}
	p.cookie(w, c.Name, "", -1)
	var b begun
	if text, err := url.QueryUnescape(c.Value); err != nil || json.Unmarshal([]byte(text), &b) != nil || b.State != q.Get("state") {
		return errors.New("this browser did not begin it")
	}
	if q.Get("error") != "" {
		return errors.New(q.Get("error") + ": " + q.Get("error_description"))
	}
	if q.Get("iss") != p.Issuer { // mix-up (RFC 9207)
		return errors.New("another provider answered")
	}
	u, err := p.exchange(r.Context(), q.Get("code"), b)
	if err != nil {
		return err
	}
	u.id = rand.Text()
	p.mu.Lock()
	p.sessions[u.id] = u
	p.mu.Unlock()
	if p.arrived != nil {
		go p.arrived(u)
	}
	p.cookie(w, "session", u.id, 0)
	http.Redirect(w, r, p.URL+b.Page, http.StatusSeeOther)
	return nil
}

func (p *Platform) exchange(ctx context.Context, code string, b begun) (u User, err error) {
	provider, err := p.found()
	if err != nil {
		return u, err
	}
	tokens, err := p.oauth(provider).Exchange(ctx, code, oauth2.VerifierOption(b.Verifier))
	if err != nil {
		return u, err
	}
	u.idToken, _ = tokens.Extra("id_token").(string)
	token, err := provider.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: []string{oidc.ES256}, Now: p.Now}).Verify(ctx, u.idToken)
	if err != nil {
		return u, err
	}
	if token.Nonce != b.Nonce {
		return u, errors.New("the answer is to another question")
	}
	var session struct {
		SID string `json:"sid"`
	}
	if err := token.Claims(&session); err != nil {
		return u, err
	}
	u.access = oauth2.StaticTokenSource(tokens)
	about, err := provider.UserInfo(ctx, u.access)
	if err != nil {
		return u, err
	}
	if about.Subject != token.Subject { // a swapped access token (OpenID Connect Core 5.3.2)
		return u, errors.New("the provider tells of somebody else")
	}
	u.Subject, u.sid, u.asked, u.until = token.Subject, session.SID, p.Now(), p.Now().Add(8*time.Hour)
	return u, about.Claims(&u)
}

// user is the user who is signed in with this browser.
func (p *Platform) user(r *http.Request) (User, bool) {
	c, err := r.Cookie("session")
	if err != nil {
		return User{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	u, ok := p.sessions[c.Value]
	return u, ok && p.Now().Before(u.until)
}

// still reports whether the user is signed in at the provider, which is asked at most once a
// minute. An expired access token counts as signed out: signing in again asks nothing of a
// user who is still signed in.
func (p *Platform) still(r *http.Request, u User) bool {
	if p.Now().Before(u.asked.Add(askAgain)) {
		return true
	}
	signedIn := false
	if provider, err := p.found(); err == nil {
		about, err := provider.UserInfo(r.Context(), u.access)
		signedIn = err == nil && about.Subject == u.Subject
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.sessions[u.id]; !there || !signedIn { // it may have ended meanwhile
		delete(p.sessions, u.id)
		return false
	}
	u.asked = p.Now()
	p.sessions[u.id] = u
	return true
}

func (p *Platform) cookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true,
		Secure: strings.HasPrefix(p.URL, "https:"), SameSite: http.SameSiteLaxMode})
}
