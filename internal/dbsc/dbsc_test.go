package dbsc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"gatehouse/internal/dbsc"
)

// part is a part of a JWT.
func part(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// jwt signs a header and a payload as they are: also wrong ones.
func jwt(t *testing.T, key crypto.Signer, head map[string]any, body any) string {
	t.Helper()
	input := part(t, head) + "." + part(t, body)
	sum := sha256.Sum256([]byte(input))
	var signature []byte
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		size := (key.Params().BitSize + 7) / 8
		signature = slices.Concat(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size)))
	case *rsa.PrivateKey:
		var err error
		if signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]); err != nil {
			t.Fatal(err)
		}
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jwk(t *testing.T, key any) map[string]any {
	t.Helper()
	text, err := jose.JSONWebKey{Key: key}.MarshalJSON()
	var all map[string]any
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var keys = sync.OnceValue(func() (all struct {
	p256, other, p384 *ecdsa.PrivateKey
	rsa, short        *rsa.PrivateKey
}) {
	var errs [5]error
	all.p256, errs[0] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	all.other, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	all.p384, errs[2] = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	all.rsa, errs[3] = rsa.GenerateKey(rand.Reader, 2048)
	all.short, errs[4] = rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // which is refused
	if err := errors.Join(errs[:]...); err != nil {
		panic(err)
	}
	return all
})

func TestAProofThatBringsItsKey(t *testing.T) {
	k := keys()
	head := func(alg string, key any) map[string]any {
		return map[string]any{"typ": "dbsc+jwt", "alg": alg, "jwk": jwk(t, key)}
	}
	with := func(h map[string]any, name string, value any) map[string]any {
		if h[name] = value; value == nil {
			delete(h, name)
		}
		return h
	}
	body := map[string]any{"jti": "challenge", "aud": "https://elsewhere.example", "iat": 1, "authorization": 7}
	good := jwt(t, k.p256, head("ES256", &k.p256.PublicKey), body)
	for what, text := range map[string]string{
		"ES256 (D03)": good,
		"RS256 (D04)": jwt(t, k.rsa, head("RS256", &k.rsa.PublicKey), body),
	} {
		key, challenge, err := dbsc.Registered(text)
		if err != nil || challenge != "challenge" || !strings.Contains(what, key.Algorithm) || len(key.Thumbprint) != 43 || strings.Contains(string(key.JWK), `"d"`) {
			t.Errorf("%s: %v %q %+v", what, err, challenge, key)
		}
	}
	none := part(t, with(head("none", &k.p256.PublicKey), "x", nil)) + "." + part(t, body) + "."
	parts := strings.Split(good, ".")
	der, err := ecdsa.SignASN1(rand.Reader, k.p256, func() []byte { sum := sha256.Sum256([]byte(parts[0] + "." + parts[1])); return sum[:] }())
	if err != nil {
		t.Fatal(err)
	}
	private := jwk(t, k.p256)
	for what, text := range map[string]string{
		"none (D05)":                 none,
		"no key (D06)":               jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "jwk", nil), body),
		"a private key (D07)":        jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "jwk", private), body),
		"another type (D08)":         jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "typ", "jwt"), body),
		"no type":                    jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "typ", nil), body),
		"no challenge (D09)":         jwt(t, k.p256, head("ES256", &k.p256.PublicKey), map[string]any{"aud": "x"}),
		"a challenge of no text":     jwt(t, k.p256, head("ES256", &k.p256.PublicKey), map[string]any{"jti": 5}),
		"DER (D11)":                  parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(der),
		"another key's signature":    jwt(t, k.other, head("ES256", &k.p256.PublicKey), body),
		"P-384":                      jwt(t, k.p384, head("ES384", &k.p384.PublicKey), body),
		"P-384 as ES256":             jwt(t, k.p384, head("ES256", &k.p384.PublicKey), body),
		"RSA with 1024 bits":         jwt(t, k.short, head("RS256", &k.short.PublicKey), body),
		"an RSA key as ES256":        jwt(t, k.rsa, head("ES256", &k.rsa.PublicKey), body),
		"a key ID":                   jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "kid", "1"), body),
		"an address of keys":         jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "jku", "https://evil.test/"), body),
		"an address of certificates": jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "x5u", "https://evil.test/"), body),
		"an unknown demand":          jwt(t, k.p256, with(head("ES256", &k.p256.PublicKey), "crit", []string{"x"}), body),
		"a changed payload":          parts[0] + "." + part(t, map[string]any{"jti": "other"}) + "." + parts[2],
		"no signature":               parts[0] + "." + parts[1] + ".",
		"one part":                   "x", "nothing": "", "too long": good + strings.Repeat("A", 8<<10),
	} {
		if _, challenge, err := dbsc.Registered(text); !errors.Is(err, dbsc.ErrProof) || challenge != "" {
			t.Errorf("%s: %v %q", what, err, challenge)
		}
	}
}

func TestAProofByAKnownKey(t *testing.T) {
	k := keys()
	key, _, err := dbsc.Registered(jwt(t, k.p256, map[string]any{"typ": "dbsc+jwt", "alg": "ES256", "jwk": jwk(t, &k.p256.PublicKey)}, map[string]any{"jti": "c"}))
	if err != nil {
		t.Fatal(err)
	}
	head, body := map[string]any{"typ": "dbsc+jwt", "alg": "ES256"}, map[string]any{"jti": "next"}
	if challenge, err := dbsc.Proved(jwt(t, k.p256, head, body), key.JWK, key.Algorithm); err != nil || challenge != "next" {
		t.Errorf("%v %q", err, challenge)
	}
	for what, text := range map[string]string{
		"with a key (D18)":      jwt(t, k.p256, map[string]any{"typ": "dbsc+jwt", "alg": "ES256", "jwk": jwk(t, &k.p256.PublicKey)}, body),
		"with another key":      jwt(t, k.other, map[string]any{"typ": "dbsc+jwt", "alg": "ES256", "jwk": jwk(t, &k.other.PublicKey)}, body),
		"by another key (D19)":  jwt(t, k.other, head, body),
		"by an RSA key":         jwt(t, k.rsa, map[string]any{"typ": "dbsc+jwt", "alg": "RS256"}, body),
		"of another type (D08)": jwt(t, k.p256, map[string]any{"typ": "JWT", "alg": "ES256"}, body),
		"none (D05)":            part(t, map[string]any{"typ": "dbsc+jwt", "alg": "none"}) + "." + part(t, body) + ".",
	} {
		if challenge, err := dbsc.Proved(text, key.JWK, key.Algorithm); !errors.Is(err, dbsc.ErrProof) || challenge != "" {
			t.Errorf("%s: %v %q", what, err, challenge)
		}
	}
}

func TestHeaders(t *testing.T) {
	if got := dbsc.Registration("/device-session", "abc"); got != `(ES256 RS256);path="/device-session";challenge="abc"` {
		t.Errorf("%s (D02)", got)
	}
	if got := dbsc.Challenge("abc", "1"); got != `"abc";id="1"` {
		t.Errorf("%s", got)
	}
	for _, c := range []struct {
		values []string
		want   string
		bad    bool
	}{
		{nil, "", false},
		{[]string{`"a.b.c"`}, "a.b.c", false},
		{[]string{`a.b.c`}, "a.b.c", false},
		{[]string{`"a.b.c";x=1`}, "a.b.c", false},
		{[]string{`"a`}, "", true},
		{[]string{`"a"`, `"b"`}, "", true},
		{[]string{`"a", "b"`}, "", true},
	} {
		if got, err := dbsc.Response(c.values); got != c.want || (err != nil) != c.bad {
			t.Errorf("%q: %q %v", c.values, got, err)
		}
	}
	for _, value := range []string{`"-9aZ_"`, "-9aZ_"} {
		if id, err := dbsc.ID([]string{value}); err != nil || id != "-9aZ_" {
			t.Errorf("%s: %q %v", value, id, err)
		}
	}
	for value, want := range map[string][]string{
		`unreachable;session_identifier="1"`:     {"unreachable"},
		`quota_exceeded, server_error;x, "text"`: {"quota_exceeded", "server_error", dbsc.SkipOther},
		`made_up, made_up_too`:                   {dbsc.SkipOther},
		`((`:                                     {dbsc.SkipOther},
	} {
		if got := dbsc.Skipped([]string{value}); !slices.Equal(got, want) {
			t.Errorf("%s: %q", value, got)
		}
	}
}

func TestInstructions(t *testing.T) {
	got := string(dbsc.Instructions("7", "/refresh", dbsc.Cookie{Name: "__Host-b", Attributes: "Path=/; Secure"}, []string{"/static"}))
	const want = `{"session_identifier":"7","refresh_url":"/refresh","continue":true,"scope":{"include_site":false,` +
		`"scope_specification":[{"type":"exclude","domain":"*","path":"/static"}]},` +
		`"credentials":[{"type":"cookie","name":"__Host-b","attributes":"Path=/; Secure"}],"allowed_refresh_initiators":["*"]}`
	if got != want {
		t.Errorf("D13:\n got %s\nwant %s", got, want)
	}
}

// Whatever a browser sends is answered without a panic, and nothing but a proof is one.
func FuzzHeadersAndProofs(f *testing.F) {
	for _, text := range []string{`"a.b.c"`, "a.b.c", `unreachable;session_identifier="1"`, "eyJhbGciOiJub25lIn0.e30.", "((", `"\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dbsc.Response([]string{text}) //nolint:errcheck // it must not panic
		dbsc.ID([]string{text})       //nolint:errcheck // it must not panic
		if len(dbsc.Skipped([]string{text})) > len(dbsc.SkipReasons)+1 {
			t.Error("more reasons than there are")
		}
		if _, _, err := dbsc.Registered(text); err == nil && strings.Count(text, ".") != 2 {
			t.Error("a proof of other parts")
		}
	})
}
