package sso

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
)

// The lifetimes of keys that an application publishes at an address.
const (
	// keysFresh is how long they are used without fetching them again.
	keysFresh = 15 * time.Minute
	// keysRetry is how long an address is left alone after a request: nobody can make this server
	// fetch keys again and again by naming unknown ones.
	keysRetry = 30 * time.Second
	// keysKept is how long the last valid ones are used while the address fails.
	keysKept = 24 * time.Hour
)

// keyset are the keys of one application, from the last response of its address.
type keyset struct {
	mu     sync.Mutex
	keys   []jose.JSONWebKey
	at     time.Time     // when they were received
	tried  time.Time     // when the address was last tried
	asking chan struct{} // closed when the pending response has arrived; nil: none is pending

}

// keysetName is the key of a cached key set: a changed address gets a new one.
type keysetName struct{ site, application, address string }

// openByClient returns what an application has signed. If the known keys do not fit, keys at an
// address are fetched again, once. types are the allowed types of the text; "" allows a text
// without one.
//
// Errors: errNotOurs for anything wrong with the text or the keys.
func (s *Service) openByClient(ctx context.Context, a gatehouse.Application, text string, types []string) ([]byte, error) {
	if a.Settings.JWKSURI == "" {
		keys, err := clientKeys(a.Settings.JWKS)
		if err != nil {
			return nil, errNotOurs
		}
		return openSigned(text, types, keys)
	}
	held, _ := s.keysets.LoadOrStore(keysetName{a.SiteID, a.ID, a.Settings.JWKSURI}, new(keyset))
	set := held.(*keyset)
	keys, at := s.knownKeys(ctx, a, set, time.Time{})
	body, err := openSigned(text, types, keys)
	if err == nil {
		return body, nil
	}
	again, newer := s.knownKeys(ctx, a, set, at)
	if !newer.After(at) {
		return nil, err
	}
	return openSigned(text, types, again)
}

// knownKeys returns the keys of an application and when they were received. They are fetched if
// they are old, or as old as those that did not fit; a caller with valid ones does not wait for
// that.
func (s *Service) knownKeys(ctx context.Context, a gatehouse.Application, set *keyset, unfit time.Time) ([]jose.JSONWebKey, time.Time) {
	set.mu.Lock()
	now := s.Now()
	if fresh := now.Sub(set.at) < keysFresh && set.at.After(unfit); !fresh && set.asking == nil && now.Sub(set.tried) >= keysRetry {
		set.tried, set.asking = now, make(chan struct{})
		go s.askForKeys(context.WithoutCancel(ctx), a, set)
	} else if fresh {
		defer set.mu.Unlock()
		return set.keys, set.at
	}
	asking := set.asking
	set.mu.Unlock()
	if asking != nil {
		select {
		case <-asking:
		case <-ctx.Done():
			return nil, time.Time{}
		}
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	if s.Now().Sub(set.at) >= keysKept {
		return nil, time.Time{}
	}
	return set.keys, set.at
}

// askForKeys fetches an application's keys from its address. If that fails, the previous ones
// stay.
func (s *Service) askForKeys(ctx context.Context, a gatehouse.Application, set *keyset) {
	keys, err := s.fetchKeys(ctx, a.Settings.JWKSURI)
	if err != nil && s.Log != nil {
		s.Log.WarnContext(ctx, "keys of an application", "site", a.SiteID, "application", a.ID, "error", err)
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	if err == nil {
		set.keys, set.at = keys, s.Now()
	}
	close(set.asking)
	set.asking = nil
}

// fetchKeys fetches a set of keys. It may contain others, for other uses and other servers (RFC
// 7517 5).
func (s *Service) fetchKeys(ctx context.Context, address string) ([]jose.JSONWebKey, error) {
	body, err := s.Outbound.Get(ctx, address, "application/json", "application/jwk-set+json")
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	if json.Unmarshal(body, &set) != nil {
		return nil, errKeys
	}
	keys := slices.DeleteFunc(set.Keys, unusable)
	if len(keys) == 0 || len(keys) > mostKeys {
		return nil, errKeys
	}
	return keys, nil
}

// TryKeys fetches the keys of an application from its address and returns how many there are: for
// an operator who has just entered the address.
//
// Errors: Forbidden; *outbound.Error and others that describe what is wrong with the address.
func (s *Service) TryKeys(ctx context.Context, c gatehouse.Caller, a gatehouse.Application) (int, error) {
	if err := operatorOnly(c); err != nil {
		return 0, err
	}
	keys, err := s.fetchKeys(ctx, a.Settings.JWKSURI)
	return len(keys), err
}

// openSigned returns the content of a text signed with one of the keys. The key decides which
// algorithm is right, and nothing that the text names or contains is fetched or used (RFC 8725
// 3.1, 3.10).
func openSigned(text string, types []string, keys []jose.JSONWebKey) ([]byte, error) {
	signed, head, err := parseSigned(text)
	if err != nil {
		return nil, err
	}
	if typ, _ := head.ExtraHeaders[jose.HeaderType].(string); !slices.ContainsFunc(types, func(one string) bool { return strings.EqualFold(one, strings.TrimPrefix(typ, "application/")) }) {
		return nil, errNotOurs
	}
	for _, key := range keys {
		if head.KeyID != "" && key.KeyID != "" && head.KeyID != key.KeyID || head.Algorithm != algOf(key) {
			continue
		}
		if body, err := signed.Verify(key.Key); err == nil {
			return body, nil
		}
	}
	return nil, errNotOurs
}

// algOf returns the one algorithm that a key is for.
func algOf(key jose.JSONWebKey) string {
	switch key.Key.(type) {
	case *ecdsa.PublicKey:
		return string(jose.ES256)
	case *rsa.PublicKey:
		return string(jose.RS256)
	case ed25519.PublicKey:
		return string(jose.EdDSA)
	}
	return ""
}

// mostKeys is the maximum number of an application's keys.
const mostKeys = 10

// clientKeys reads an application's public keys. Anything other than a public key for one of our
// algorithms is an error.
func clientKeys(text string) ([]jose.JSONWebKey, error) {
	var set jose.JSONWebKeySet
	if len(text) > 64<<10 || json.Unmarshal([]byte(text), &set) != nil || len(set.Keys) == 0 || len(set.Keys) > mostKeys || slices.ContainsFunc(set.Keys, unusable) {
		return nil, errKeys
	}
	return set.Keys, nil
}

// unusable reports whether an application cannot sign with a key.
func unusable(key jose.JSONWebKey) bool {
	if !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" || key.Algorithm != "" && key.Algorithm != algOf(key) {
		return true
	}
	switch public := key.Key.(type) {
	case *ecdsa.PublicKey:
		return public.Curve != elliptic.P256()
	case *rsa.PublicKey:
		return public.N.BitLen() < 2048 || public.N.BitLen() > 8192
	case ed25519.PublicKey:
		return false
	}
	return true
}

var errKeys = errors.New("no set of public keys for ES256, RS256 or EdDSA")
