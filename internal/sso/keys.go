package sso

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ringAge is how old the cached keys of a site may be. It is a fraction of gatehouse.KeyLead:
// before a key signs, every process publishes it.
const ringAge = time.Minute

// rsaBits is more than the 2048 that RS256 requires: ASVS 11.2.3 requires 128 bits of security.
const rsaBits = 3072

// salt is the kind of secret that pairwise subjects are derived from. It is stored with the keys,
// but does not sign, and never changes.
const salt gatehouse.SigningAlg = "salt"

// ring is a site's keys, ready for use.
type ring struct {
	read    time.Time
	keys    []gatehouse.SigningKey
	signers map[string]crypto.Signer   // by ID
	public  map[string]jose.JSONWebKey // by ID
	salt    []byte
	jwks    Document
	// accesses are tokens that these keys have signed.
	accesses signedTokens
}

// kept is the cached ring of a site.
type kept struct {
	mu   sync.Mutex
	ring *ring
}

// Document is a response that is the same for everybody, with its ETag.
type Document struct {
	Body []byte
	ETag string
}

func document(v any) (Document, error) {
	body, err := json.Marshal(v)
	sum := sha256.Sum256(body)
	return Document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, err
}

// JWKS returns the public keys of a site (RFC 7517).
func (s *Service) JWKS(ctx context.Context, st *site.Site) (Document, error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return Document{}, err
	}
	return r.jwks, nil
}

// ring returns a site's keys, which are made on first use: one of each algorithm at once, so no
// process ever knows one of them without the others.
func (s *Service) ring(ctx context.Context, st *site.Site) (*ring, error) {
	held, _ := s.rings.LoadOrStore(st.ID, new(kept))
	k := held.(*kept)
	k.mu.Lock()
	defer k.mu.Unlock()
	now := s.Now()
	if r := k.ring; r != nil && now.Sub(r.read).Abs() < ringAge {
		return r, nil
	}
	keys, _, err := s.Store.Read().SigningKeys(ctx, st.ID)
	if err == nil && len(keys) == 0 {
		if err = s.makeKeys(ctx, st, gatehouse.Caller{Kind: gatehouse.System}, nil, now); err == nil || gatehouse.KindOf(err) == gatehouse.Conflict {
			keys, _, err = s.Store.Read().SigningKeys(ctx, st.ID)
		}
	}
	if err != nil {
		return nil, err
	}
	r, err := s.open(keys, now)
	if err != nil {
		return nil, err
	}
	k.ring = r
	return r, nil
}

// open prepares keys for use.
func (s *Service) open(keys []gatehouse.SigningKey, now time.Time) (*ring, error) {
	r := &ring{read: now, signers: map[string]crypto.Signer{}, public: map[string]jose.JSONWebKey{}}
	published := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		if !k.Published(now) {
			continue
		}
		private, err := s.Keys.Open(sealing(k), k.Sealed)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", k.ID, err)
		}
		if k.Alg == salt {
			r.salt = private
			continue
		}
		signer, err := x509.ParsePKCS8PrivateKey(private)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w", k.ID, err)
		}
		var public jose.JSONWebKey
		if err := public.UnmarshalJSON([]byte(k.Public)); err != nil {
			return nil, fmt.Errorf("signing key %s: %w", k.ID, err)
		}
		r.keys, r.signers[k.ID], r.public[k.ID] = append(r.keys, k), signer.(crypto.Signer), public
		published.Keys = append(published.Keys, public)
	}
	var err error
	r.jwks, err = document(published)
	return r, err
}

// TryOwnKeys returns why the keys of a site cannot be used, such as that the key file no longer
// has the line that sealed them. It makes none.
func (s *Service) TryOwnKeys(ctx context.Context, st *site.Site) error {
	keys, _, err := s.Store.Read().SigningKeys(ctx, st.ID)
	if err == nil {
		_, err = s.open(keys, s.Now())
	}
	return err
}

// sealing returns the purpose that a key is sealed for.
func sealing(k gatehouse.SigningKey) string { return "signing-key/" + k.SiteID + "/" + k.ID }

// RotateKeys makes new keys for a site's tokens. They are published at once, and replace the old
// ones for signing once every process has them.
//
// Errors: Forbidden, Conflict if somebody else does it at the same time, Unavailable.
func (s *Service) RotateKeys(ctx context.Context, st *site.Site, c gatehouse.Caller) error {
	if err := operatorOnly(c); err != nil {
		return err
	}
	if _, err := s.ring(ctx, st); err != nil { // there are some
		return err
	}
	return s.rotate(ctx, st, c, gatehouse.SigningAlgs)
}

// RotateOldKeys replaces keys that have reached gatehouse.KeyAge.
func (s *Service) RotateOldKeys(ctx context.Context, st *site.Site) error {
	keys, _, err := s.Store.Read().SigningKeys(ctx, st.ID)
	if err != nil {
		return err
	}
	now := s.Now()
	var old []gatehouse.SigningAlg
	for _, alg := range gatehouse.SigningAlgs {
		newest := time.Time{}
		for _, k := range keys {
			if k.Alg == alg && k.CreatedAt.After(newest) {
				newest = k.CreatedAt
			}
		}
		if !newest.IsZero() && now.Sub(newest) >= gatehouse.KeyAge {
			old = append(old, alg)
		}
	}
	if len(old) == 0 {
		return nil
	}
	err = s.rotate(ctx, st, gatehouse.Caller{Kind: gatehouse.System}, old)
	if gatehouse.KindOf(err) == gatehouse.Conflict { // another process has done it
		return nil
	}
	return err
}

func (s *Service) rotate(ctx context.Context, st *site.Site, c gatehouse.Caller, algs []gatehouse.SigningAlg) error {
	err := s.makeKeys(ctx, st, c, algs, s.Now().Add(gatehouse.KeyLead))
	s.rings.Delete(st.ID)
	return err
}

// makeKeys makes the next key of some algorithms; nil: the first keys of a site.
func (s *Service) makeKeys(ctx context.Context, st *site.Site, c gatehouse.Caller, algs []gatehouse.SigningAlg, from time.Time) error {
	_, numbers, err := s.Store.Read().SigningKeys(ctx, st.ID)
	if err != nil {
		return err
	}
	first := algs == nil
	if first {
		algs, numbers = append([]gatehouse.SigningAlg{salt}, gatehouse.SigningAlgs...), nil
	}
	number := 1
	for _, n := range numbers {
		number = max(number, n+1)
	}
	made := make([]gatehouse.SigningKey, len(algs))
	for i, alg := range algs { // before the transaction: it takes a while
		if made[i], err = s.newKey(st, alg, from); err != nil {
			return err
		}
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		for _, k := range made {
			if err := tx.InsertSigningKey(tx, k, number); err != nil {
				return err
			}
			if err := tx.RetireSigningKeys(tx, st.ID, k.Alg, number, from.Add(gatehouse.KeyKept)); err != nil {
				return err
			}
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventKeysRotated, gatehouse.ResultOK, map[string]string{"number": fmt.Sprint(number)})
	})
}

func (s *Service) newRSA() (*rsa.PrivateKey, error) {
	if s.NewRSA != nil {
		return s.NewRSA()
	}
	return rsa.GenerateKey(rand.Reader, rsaBits)
}

// newKey makes a key and seals it.
func (s *Service) newKey(st *site.Site, alg gatehouse.SigningAlg, from time.Time) (gatehouse.SigningKey, error) {
	now := s.Now()
	k := gatehouse.SigningKey{SiteID: st.ID, ID: store.NewID("key", now), Alg: alg, CreatedAt: now, SignFrom: from}
	var signer crypto.Signer
	var err error
	switch alg {
	case gatehouse.ES256:
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case gatehouse.RS256:
		signer, err = s.newRSA()
	case gatehouse.EdDSA:
		_, signer, err = ed25519.GenerateKey(rand.Reader)
	case salt:
		random := make([]byte, 32)
		rand.Read(random)
		k.Public = "{}"
		k.Sealed, err = s.Keys.Seal(sealing(k), random)
		return k, err
	}
	if err != nil {
		return k, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return k, err
	}
	public, err := jose.JSONWebKey{Key: signer.Public(), KeyID: k.ID, Algorithm: string(alg), Use: "sig"}.MarshalJSON()
	if err != nil {
		return k, err
	}
	k.Public = string(public)
	k.Sealed, err = s.Keys.Seal(sealing(k), private)
	return k, err
}
