package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"github.com/dunglas/httpsfv"
	"github.com/go-jose/go-jose/v4"
)

// BoundKey is a device's key that a session is tied to. With a client it does what a browser with
// such a key does: but only when told to, so a test decides the order.
type BoundKey struct {
	t   testing.TB
	key *ecdsa.PrivateKey
	// ID is the binding, and Challenge the next one to sign, as the server has told them.
	ID, Challenge string
}

// NewBoundKey is a key that no server knows yet.
func NewBoundKey(t testing.TB) *BoundKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &BoundKey{t: t, key: key}
}

// Registration is the proof that brings the key.
func (k *BoundKey) Registration(challenge string) string { return k.sign(challenge, true) }

// Proof is the proof of a key that the server knows.
func (k *BoundKey) Proof(challenge string) string { return k.sign(challenge, false) }

func (k *BoundKey) sign(challenge string, bring bool) string {
	k.t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: bring}).WithType("dbsc+jwt")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: k.key}, options)
	if err != nil {
		k.t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"jti":"` + challenge + `"}`))
	if err != nil {
		k.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

// Register answers the offer that came with the response to a sign-in, and reports what it was
// answered.
func (k *BoundKey) Register(c *Client, offer string) *Page {
	k.t.Helper()
	list, err := httpsfv.UnmarshalList([]string{offer})
	if err != nil || len(list) != 1 {
		k.t.Fatalf("%q is no offer: %v", offer, err)
	}
	params := list[0].(httpsfv.InnerList).Params
	path, _ := params.Get("path")
	challenge, _ := params.Get("challenge")
	p := c.device(path.(string), map[string]string{"Secure-Session-Response": quoted(k.Registration(challenge.(string)))})
	if p.Status == http.StatusOK {
		_, rest, _ := strings.Cut(string(p.Body), `"session_identifier":"`)
		k.ID, _, _ = strings.Cut(rest, `"`)
	}
	return p
}

// Renew sends a proof for the challenge that the key has, if it has one, and takes the next one
// from the answer.
func (k *BoundKey) Renew(c *Client) *Page {
	k.t.Helper()
	proof := ""
	if k.Challenge != "" {
		proof = k.Proof(k.Challenge)
	}
	return k.Send(c, proof)
}

// Send asks the server to renew the binding with this proof; empty: without one.
func (k *BoundKey) Send(c *Client, proof string) *Page {
	k.t.Helper()
	headers := map[string]string{"Sec-Secure-Session-Id": quoted(k.ID)}
	if proof != "" {
		headers["Secure-Session-Response"] = quoted(proof)
	}
	p := c.device("/device-session/refresh", headers)
	if next := p.Header.Get("Secure-Session-Challenge"); next != "" {
		item, err := httpsfv.UnmarshalItem([]string{next})
		if id, _ := item.Params.Get("id"); err != nil || id != k.ID {
			k.t.Fatalf("%q is no challenge for %s: %v", next, k.ID, err)
		}
		k.Challenge = item.Value.(string)
	}
	return p
}

func quoted(text string) string { return `"` + text + `"` }

// device sends a request that the browser makes by itself, not for a page.
func (c *Client) device(path string, headers map[string]string) *Page {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.address(c.base, path).String(), http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("User-Agent", c.Agent)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "no-cors")
	r.Header.Set("Sec-Fetch-Dest", "empty")
	r.Header.Set("Origin", c.base.Scheme+"://"+c.base.Host)
	return c.Do(r)
}
