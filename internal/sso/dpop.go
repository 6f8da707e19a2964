package sso

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Headers are what the headers of a program's request prove.
type Headers struct {
	Authorization string
	// DPoP are the values of that header: proofs of possession of a key (RFC 9449 4).
	DPoP []string
}

// ProofAlgs are the algorithms of proofs, for WWW-Authenticate (RFC 9449 7.1).
const ProofAlgs = "ES256 RS256 EdDSA"

// proofAge is how old a proof may be. It is made for one request, and the rest allows for clocks
// that differ.
const proofAge = 2 * time.Minute

// proof are the claims of a DPoP proof (RFC 9449 4.2).
type proof struct {
	Jti string      `json:"jti"`
	Htm string      `json:"htm"`
	Htu string      `json:"htu"`
	Iat json.Number `json:"iat"`
	Ath string      `json:"ath"`
}

func badProof(says string) error { return refuse(gatehouse.InvalidDPoPProof, says) }

// provedKey returns the thumbprint of the key that a request proves to have; empty if it has no
// proof. A proof is for one request to one address, with one access token if there is one, and
// valid once, over all processes (RFC 9449 4.3).
//
// Errors: *ProtocolError (InvalidDPoPProof), Unavailable.
func (s *Service) provedKey(ctx context.Context, st *site.Site, proofs []string, method, path, access string) (string, error) {
	switch {
	case len(proofs) == 0:
		return "", nil
	case len(proofs) > 1:
		return "", badProof("more than one DPoP header")
	}
	body, jkt, err := openProof(proofs[0])
	if err != nil {
		return "", err
	}
	var p proof
	if json.Unmarshal(body, &p) != nil {
		return "", badProof("the claims of the DPoP proof cannot be read")
	}
	now := s.Now()
	iat, iatErr := p.Iat.Float64()
	made := time.Unix(int64(iat), 0)
	switch {
	case p.Jti == "", len(p.Jti) > 256:
		return "", badProof("the DPoP proof has no jti, or a long one")
	case p.Htm != method, !sameAddress(p.Htu, Issuer(st)+path):
		return "", badProof("the DPoP proof is for another request")
	case iatErr != nil, made.After(now.Add(clockSkew)), now.Sub(made) > proofAge:
		return "", badProof("the DPoP proof is too old, or of a clock that is wrong")
	case access != "" && p.Ath != thumb(access):
		return "", badProof("the DPoP proof is for another access token")
	}
	first := false
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		first, err = q.UseAssertion(ctx, st.ID, "dpop", secret.HashToken(jkt+" "+p.Jti), made.Add(proofAge+clockSkew))
		return err
	})
	if err == nil && !first {
		err = badProof("the DPoP proof has been used")
	}
	return jkt, err
}

// openProof returns the content of a proof, and the thumbprint of the key in it. The key belongs
// to nobody known; it only has to be the same one again.
func openProof(text string) (body []byte, jkt string, err error) {
	bad := badProof("the DPoP proof is no JWT that its own key has signed")
	signed, head, err := parseSigned(text)
	if err != nil {
		return nil, "", bad
	}
	key := head.JSONWebKey
	if head.ExtraHeaders[jose.HeaderType] != "dpop+jwt" || key == nil || unusable(*key) || head.Algorithm != algOf(*key) {
		return nil, "", bad
	}
	if body, err = signed.Verify(key.Key); err != nil {
		return nil, "", bad
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", bad
	}
	return body, base64.RawURLEncoding.EncodeToString(sum), nil
}

// sameAddress compares addresses without query and fragment, after normalising scheme and host
// (RFC 9449 4.3).
func sameAddress(said, ours string) bool {
	plain := func(address string) string {
		u, err := url.Parse(address)
		if err != nil || u.User != nil || u.Opaque != "" {
			return ""
		}
		host := strings.ToLower(u.Host)
		if u.Scheme == "https" {
			host = strings.TrimSuffix(host, ":443")
		}
		return u.Scheme + "://" + host + u.EscapedPath()
	}
	return len(said) <= maxParam && plain(said) == plain(ours)
}

// thumb returns the hash of a token, as a proof names it.
func thumb(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// tokenType returns the type under which an access token is presented.
func tokenType(jkt string) string {
	if jkt != "" {
		return "DPoP"
	}
	return "Bearer"
}

// cnf returns the confirmation of a token that is bound to a key (RFC 7800, RFC 9449 6); nil: it
// is not bound.
func cnf(jkt string) map[string]string {
	if jkt == "" {
		return nil
	}
	return map[string]string{"jkt": jkt}
}
