package sso_test

import (
	"encoding/json"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
)

// A key is published before it signs, and afterwards (Core 10.1.1).
func TestKeysRotate(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		before := s.tokens()
		first, _ := s.read(before.ID)
		other := &sso.Service{Desk: s.SSO.Desk, Keys: s.Keys, NewRSA: s.SSO.NewRSA} // another process
		if _, err := other.JWKS(t.Context(), s.st); err != nil {
			t.Fatal(err)
		}
		if err := s.SSO.RotateKeys(t.Context(), s.st, operator); err != nil {
			t.Fatal(err)
		}
		if same, _ := s.read(s.tokens().ID); same.KeyID != first.KeyID {
			t.Error("a key signs that others do not publish yet")
		}
		if n := published(t, s.SSO, s); n != 6 {
			t.Errorf("%d keys are published, want the old and the new ones", n)
		}
		s.Clock.Add(2 * time.Minute)
		if n := published(t, other, s); n != 6 {
			t.Errorf("another process publishes %d keys long before they sign", n)
		}
		s.Clock.Add(gatehouse.KeyLead)
		if next, _ := s.read(s.tokens().ID); next.KeyID == first.KeyID {
			t.Error("the new key does not sign")
		}
		if again, _ := s.read(before.ID); again.KeyID != first.KeyID {
			t.Error("the old one is gone")
		}
		s.session = "" // it will have expired
		s.Clock.Add(gatehouse.KeyKept)
		if n := published(t, s.SSO, s); n != 3 {
			t.Errorf("%d keys are published after all that the old ones signed is over", n)
		}
		if err := s.SSO.RotateOldKeys(t.Context(), s.st); err != nil || published(t, s.SSO, s) != 3 {
			t.Error("keys are replaced before they are old", err)
		}
		s.Clock.Add(gatehouse.KeyAge)
		if err := s.SSO.RotateOldKeys(t.Context(), s.st); err != nil || published(t, s.SSO, s) != 6 {
			t.Error("old keys are not replaced", err)
		}
	})
}

// published counts the public keys, and checks that they contain nothing private.
func published(t *testing.T, provider *sso.Service, s *stage) int {
	t.Helper()
	doc, err := provider.JWKS(t.Context(), s.st)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(doc.Body, &set); err != nil {
		t.Fatal(err)
	}
	ids := map[any]bool{}
	for _, key := range set.Keys {
		ids[key["kid"]] = true
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if key[private] != nil {
				t.Errorf("%s is published", private)
			}
		}
		if key["kid"] == "" || key["use"] != "sig" || key["alg"] == "" {
			t.Errorf("%+v", key)
		}
	}
	return len(ids)
}

// Two processes that start at the same time make one set of keys.
func TestTheFirstKeysAreMadeOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		docs := make(chan string, 4)
		for range cap(docs) {
			provider := &sso.Service{Desk: s.SSO.Desk, Keys: s.Keys, NewRSA: s.SSO.NewRSA}
			go func() {
				doc, err := provider.JWKS(t.Context(), s.st)
				if err != nil {
					t.Error(err)
				}
				docs <- doc.ETag
			}()
		}
		first := <-docs
		for range cap(docs) - 1 {
			if next := <-docs; next != first {
				t.Error("two sets of keys")
			}
		}
	})
}

func TestEveryAlgorithmSigns(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, alg := range gatehouse.SigningAlgs {
			s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) {
				a.IDTokenAlg, a.UserinfoAlg, a.Sector = alg, alg, "shop.example"
			})
			got := s.tokens("claims", `{"id_token":{"email":null,"acr":{"essential":true,"values":["`+gatehouse.ACRLevel1+`"]}}}`)
			head, claims := s.read(got.ID)
			if head.Algorithm != string(alg) || claims["email"] != s.user.Email || claims["sub"] == s.user.ID || len(claims["sub"].(string)) != 43 {
				t.Errorf("%s: %+v %+v", alg, head, claims)
			}
			info, err := s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: got.Access})
			if err != nil {
				t.Fatal(err)
			}
			if head, body := s.read(info.Signed); head.Algorithm != string(alg) || body["sub"] != claims["sub"] || body["aud"] != s.app.ID || body["iss"] != s.st.Origin || body["nonce"] != nil {
				t.Errorf("userinfo by %s: %+v", alg, body)
			}
		}
	})
}
