package sso_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/outbound"
	"gatehouse/internal/sso"
)

// keyAddress is where an application publishes its keys.
type keyAddress struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  atomic.Int32
}

func newKeyAddress(t *testing.T) *keyAddress {
	a := &keyAddress{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked.Add(1)
		a.mu.Lock()
		answer := a.answer
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// answers sets what the address responds from now on.
func (a *keyAddress) answers(h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = h
}

func asJSON(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(body)) //nolint:errcheck // the test sees it
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var assertions atomic.Int32

// asserts tries a client assertion, and reports whether it is accepted.
func (s *stage) asserts(a gatehouse.Application, key *ecdsa.PrivateKey, kid string) bool {
	s.t.Helper()
	now := s.Clock.Now()
	text := signed(s.t, key, jose.ES256, map[jose.HeaderKey]any{"kid": kid}, map[string]any{"iss": a.ID, "sub": a.ID, "aud": s.st.Origin,
		"jti": fmt.Sprint("n", assertions.Add(1)), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	_, err := s.token("", s.exchange("no-code"), "client_assertion", text, "client_assertion_type", assertionType)
	if got := reason(err); got != gatehouse.InvalidGrant && got != gatehouse.InvalidClient {
		s.t.Fatal(err)
	}
	return reason(err) == gatehouse.InvalidGrant
}

// keyed returns an application that publishes its keys at an address.
func (s *stage) keyed(address string) gatehouse.Application {
	a, _ := s.application(func(a *gatehouse.ApplicationSettings) {
		a.Auth, a.JWKSURI = gatehouse.AuthPrivateKeyJWT, address
	})
	return a
}

// A newly published key is accepted soon, and its address is rarely fetched.
func TestKeysAtAnAddress(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		first, second, strange := newKey(t), newKey(t), newKey(t)
		at := newKeyAddress(t)
		at.answers(asJSON(jwks(t, first, "k1")))
		a := s.keyed(at.URL + "/jwks")
		for range 3 {
			if !s.asserts(a, first, "k1") {
				t.Fatal("the key at the address is not good")
			}
		}
		if n := at.asked.Load(); n != 1 {
			t.Errorf("asked %d times for one set of keys", n)
		}
		for range 5 { // somebody invents key IDs
			if s.asserts(a, strange, "k9") || s.asserts(a, strange, "k1") {
				t.Error("a key of nobody is good")
			}
		}
		if n := at.asked.Load(); n != 1 {
			t.Errorf("asked %d times in half a minute", n)
		}
		at.answers(asJSON(jwks(t, second, "k2"))) // it changes its key
		s.Clock.Add(time.Minute)
		if !s.asserts(a, second, "k2") || at.asked.Load() != 2 {
			t.Errorf("the new key is not known after a minute; asked %d times", at.asked.Load())
		}
		if s.asserts(a, first, "k1") {
			t.Error("the key that is gone is good")
		}
		at.answers(asJSON(strings.Replace(jwks(t, second, "k2"), `"keys":[`, `"keys":[{"kty":"oct","k":"AAAA"},{"kty":"X","kid":"z"},`, 1)))
		s.Clock.Add(20 * time.Minute)
		if !s.asserts(a, second, "k2") || at.asked.Load() != 3 {
			t.Error("a set that has other keys too")
		}
	})
}

// An unacceptable response of an address has no effect, is logged, and leaves the last valid keys
// in place, for a day.
func TestAnAddressOfKeysThatFails(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.SSO.Outbound = outbound.New(outbound.Policy{PlainLoopback: true, Timeout: 200 * time.Millisecond, Longest: 64 << 10}, nil)
		key := newKey(t)
		good := asJSON(jwks(t, key, "k1"))
		at := newKeyAddress(t)
		at.answers(good)
		a := s.keyed(at.URL)
		if !s.asserts(a, key, "k1") {
			t.Fatal("no key")
		}
		for what, test := range map[string]struct {
			answer http.HandlerFunc
			says   string
		}{
			"hangs":     {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "in time"},
			"redirects": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) }, "302"},
			"10 MB":     {asJSON(strings.Repeat(" ", 10<<20)), "more than 64 KiB"},
			"HTML":      {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) }, "is not application/json"}, //nolint:errcheck // seen
			"an error":  {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, "500"},
			"no keys":   {asJSON(`{"keys":[]}`), "no set of public keys"},
			"no JSON":   {asJSON(`<`), "no set of public keys"},
		} {
			at.answers(test.answer)
			s.Clock.Add(16 * time.Minute)
			if !s.asserts(a, key, "k1") {
				t.Errorf("an address that %s: the last good keys are gone", what)
			}
			if log := s.Log.String(); !strings.Contains(log, test.says) || !strings.Contains(log, a.ID) {
				t.Errorf("%s: the log does not say %q", what, test.says)
			}
			if n, err := s.SSO.TryKeys(t.Context(), operator, a); n != 0 || err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: the operator is told %v", what, err)
			}
		}
		s.Clock.Add(25 * time.Hour)
		if s.asserts(a, key, "k1") {
			t.Error("keys that are a day old are good although the address fails")
		}
		at.answers(good)
		s.Clock.Add(time.Minute)
		if !s.asserts(a, key, "k1") {
			t.Error("the address is back, and the keys are not")
		}
	})
}

// While one application's address hangs, others are served, and so is a client with a known key.
func TestAnAddressOfKeysDelaysNobodyElse(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		key := newKey(t)
		held, arrived := make(chan struct{}), make(chan struct{}, 1)
		slow, quick := newKeyAddress(t), newKeyAddress(t)
		slow.answers(asJSON(jwks(t, key, "k1")))
		quick.answers(asJSON(jwks(t, key, "k1")))
		a, b := s.keyed(slow.URL), s.keyed(quick.URL)
		if !s.asserts(a, key, "k1") {
			t.Fatal("no key")
		}
		slow.answers(func(w http.ResponseWriter, r *http.Request) { arrived <- struct{}{}; <-held })
		s.Clock.Add(time.Minute)
		done := make(chan bool)
		go func() { done <- s.asserts(a, newKey(t), "k2") }()
		<-arrived
		if !s.asserts(b, key, "k1") || !s.asserts(a, key, "k1") {
			t.Error("somebody else is refused")
		}
		close(held)
		if <-done {
			t.Error("a key of nobody is good")
		}
	})
}

// SSRF: an address inside a network is never accepted, nor fetched if a name resolves to it.
func TestKeysAreNotFetchedFromInside(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		at := newKeyAddress(t)
		at.answers(asJSON(jwks(t, newKey(t), "k1")))
		port := at.URL[strings.LastIndex(at.URL, ":"):]
		s.SSO.Outbound = outbound.New(outbound.Policy{Timeout: time.Second, Longest: 64 << 10}, nil)
		for _, address := range []string{"http://shop.example/jwks", "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data",
			"https://[::ffff:10.0.0.1]/", "https://user@shop.example/", "ftp://shop.example/", "https:///x", "javascript:1"} {
			settings := gatehouse.DefaultApplication()
			settings.RedirectURIs, settings.Auth, settings.JWKSURI = []string{redirect}, gatehouse.AuthPrivateKeyJWT, address
			if _, _, err := s.SSO.Create(t.Context(), s.st, operator, "x", settings); gatehouse.KindOf(err) != gatehouse.Invalid {
				t.Errorf("%s is written down: %v", address, err)
			}
		}
		for _, address := range []string{"https://localhost" + port + "/jwks", "https://127.1" + port + "/"} {
			a := gatehouse.Application{ID: "app_x", SiteID: s.st.ID, Settings: gatehouse.ApplicationSettings{JWKSURI: address}}
			if _, err := s.SSO.TryKeys(t.Context(), operator, a); err == nil || at.asked.Load() != 0 {
				t.Errorf("%s was asked: %v", address, err)
			}
		}
		if _, err := s.SSO.TryKeys(t.Context(), gatehouse.Caller{Kind: gatehouse.SignedIn}, gatehouse.Application{}); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Error("a user asks for keys: ", err)
		}
		if _, err := (&sso.Service{Desk: s.SSO.Desk}).TryKeys(t.Context(), operator, s.keyed("https://shop.example/jwks")); err == nil {
			t.Error("a program that makes no requests made one")
		}
	})
}
