package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/passkey"
	"gatehouse/internal/testkit"
)

// ceremony is a browser's answer, and what is expected of it, as both verify it.
type ceremony struct {
	Answer    string   `json:"answer"`
	Challenge string   `json:"challenge"`
	Origins   []string `json:"origins"`
	RP        string   `json:"rp"`
	// Verified: the user has to be verified.
	Verified bool `json:"verified"`
	// ID, Key and Counter are the known passkey's; empty for a new one.
	ID      string `json:"id,omitempty"`
	Key     string `json:"key,omitempty"`
	Counter uint32 `json:"counter"`

	what, want, theirs string
	known              gatehouse.Passkey
}

const (
	good    = "good"
	counter = "counter" // which we note, and refuse nobody for
	refused = "refused"
)

// ours is what this package says.
func (c ceremony) ours() string {
	if c.Key == "" {
		m, err := passkey.ReadMade(c.Answer)
		if err == nil {
			_, err = m.Verify(party, "aGFuZGxl", c.Challenge, false)
		}
		if err != nil {
			return refused + ": " + err.Error()
		}
		return good
	}
	a, err := passkey.ReadAnswer(c.Answer)
	if err != nil {
		return refused + ": " + err.Error()
	}
	proof, err := a.Verify(party, c.known, c.Challenge, c.Verified)
	switch {
	case err != nil:
		return refused + ": " + err.Error()
	case proof.CountedBack:
		return counter
	}
	return good
}

// tampered changes a field of an answer's response, as bytes or as text.
func tampered(t *testing.T, answer, field string, change func(string) string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(answer), &all); err != nil {
		t.Fatal(err)
	}
	in, raw := all, true
	if field != "type" && field != "id" && field != "rawId" {
		in = all["response"].(map[string]any)
	} else {
		raw = field == "rawId"
	}
	text := in[field].(string)
	if raw {
		text = fromBase64(t, text)
	}
	if text = change(text); raw {
		text = testkit.Base64([]byte(text))
	}
	in[field] = text
	if field == "rawId" {
		all["id"] = text
	}
	changed, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(changed)
}

func fromBase64(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// trick is how a ceremony differs from a good one.
type trick struct {
	what, want string
	device     func(d *testkit.Device)
	field      string
	change     func(string) string
	// lax: the other library accepts it, because it does not look at the end of the key before the
	// key is used.
	lax bool
}

func swap(old, changed string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, changed, 1) }
}

func cut(n int) func(string) string { return func(text string) string { return text[:len(text)-n] } }

// both are tricks for new and for known passkeys.
var both = []trick{
	{what: "as it should be", want: good},
	{what: "synced", want: good, device: func(d *testkit.Device) { d.Flags |= testkit.Syncable | testkit.BackedUp }},
	{what: "not synced yet", want: good, device: func(d *testkit.Device) { d.Flags |= testkit.Syncable }},
	{what: "a counter", want: good, device: func(d *testkit.Device) { d.Count = 7 }},
	{what: "a page of another host of the site", want: good, device: func(d *testkit.Device) { d.Origin = party.Origins[1] }},
	{what: "origin: another site", want: refused, device: func(d *testkit.Device) { d.Origin = "http://evil.localhost:8080" }},
	{what: "origin: another scheme", want: refused, device: func(d *testkit.Device) { d.Origin = "https://uk.localhost:8080" }},
	{what: "origin: another port", want: refused, device: func(d *testkit.Device) { d.Origin = "http://uk.localhost:8081" }},
	{what: "RP ID: another site", want: refused, device: func(d *testkit.Device) { d.RP = "evil.localhost" }},
	{what: "RP ID: a domain above", want: refused, device: func(d *testkit.Device) { d.RP = "localhost" }},
	{what: "challenge: another", want: refused, device: func(d *testkit.Device) { d.Change = func(data map[string]any) { data["challenge"] = "b3RoZXI" } }},
	{what: "challenge: none", want: refused, device: func(d *testkit.Device) { d.Change = func(data map[string]any) { data["challenge"] = "" } }},
	{what: "flags: nobody there", want: refused, device: func(d *testkit.Device) { d.Flags = testkit.UserVerified }},
	{what: "flags: none", want: refused, device: func(d *testkit.Device) { d.Flags = 0 }},
	{what: "type: of the other ceremony", want: refused, device: func(d *testkit.Device) {
		d.Change = func(data map[string]any) {
			data["type"] = map[string]string{"webauthn.create": "webauthn.get", "webauthn.get": "webauthn.create"}[data["type"].(string)]
		}
	}},
	{what: "type: a payment", want: refused, device: func(d *testkit.Device) { d.Change = func(data map[string]any) { data["type"] = "payment.get" } }},
	{what: "type of the credential", want: refused, field: "type", change: swap("public-key", "password")},
	{what: "client data cut", want: refused, field: "clientDataJSON", change: cut(1)},
}

// creations are tricks for new passkeys.
var creations = []trick{
	{what: "user not verified", want: good, device: func(d *testkit.Device) { d.Flags = testkit.UserPresent }},
	{what: "CBOR cut by a byte", want: refused, lax: true, field: "attestationObject", change: cut(1)},
	{what: "CBOR cut in the key", want: refused, field: "attestationObject", change: cut(40)},
	{what: "CBOR cut in the data", want: refused, field: "attestationObject", change: cut(120)},
	{what: "an unknown format", want: refused, field: "attestationObject", change: swap("\x64none", "\x64nune")},
	{what: "a statement where none is", want: refused, field: "attestationObject", change: swap("\x67attStmt\xa0", "\x67attStmt\xa1\x63alg\x26")},
	{what: "key: ES384", want: refused, field: "attestationObject", change: swap("\xa5\x01\x02\x03\x26", "\xa5\x01\x02\x03\x38\x22")},
}

// answers are tricks for known passkeys.
var answers = []trick{
	{what: "counter: back", want: counter, device: func(d *testkit.Device) { d.Count = 2 }},
	{what: "counter: the same", want: counter, device: func(d *testkit.Device) { d.Count = 5 }},
	{what: "user not verified", want: refused, device: func(d *testkit.Device) { d.Flags = testkit.UserPresent }},
	{what: "signature cut", want: refused, field: "signature", change: cut(1)},
	{what: "signature of other data", want: refused, field: "authenticatorData", change: func(data string) string { return data[:36] + "\x09" }},
	{what: "flags changed afterwards", want: refused, field: "authenticatorData", change: func(data string) string { return data[:32] + "\x1d" + data[33:] }},
	{what: "authenticator data cut", want: refused, field: "authenticatorData", change: cut(3)},
}

// do performs the ceremony of a trick; known is a passkey that the device has made before, and whose
// counter was 5 then.
func (k trick) do(t *testing.T, d *testkit.Device, known *gatehouse.Passkey) ceremony {
	t.Helper()
	c := ceremony{Challenge: challenge, Origins: party.Origins, RP: party.ID, what: "a new passkey, " + k.what, want: k.want, theirs: k.want}
	if k.lax {
		c.theirs = good
	}
	if known != nil {
		c.what, c.known = "a known passkey, "+k.what, *known
		c.Verified, c.ID, c.Key, c.Counter = true, known.CredentialID, testkit.Base64(known.PublicKey), known.SignCount
	}
	if k.device != nil {
		k.device(d)
	}
	if known == nil {
		c.Answer = made(t, d)
	} else {
		c.Answer = d.Answer(party.Request(challenge, nil))
	}
	if k.field != "" {
		c.Answer = tampered(t, c.Answer, k.field, k.change)
	}
	return c
}

// knows makes a passkey of a device known.
func knows(t *testing.T, d *testkit.Device) gatehouse.Passkey {
	t.Helper()
	m, err := passkey.ReadMade(made(t, d))
	if err != nil {
		t.Fatal(err)
	}
	known, err := m.Verify(party, "aGFuZGxl", challenge, false)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// Another library says the same as this package about 50 ceremonies, good ones and others.
func TestAnotherLibraryAgrees(t *testing.T) {
	var all []ceremony
	for _, k := range append(both, creations...) {
		all = append(all, k.do(t, testkit.NewDevice(t, party.Origins[0]), nil))
	}
	for _, k := range append(both, answers...) {
		d := testkit.NewDevice(t, party.Origins[0])
		if strings.Contains(k.what, "synced") {
			d.Flags |= testkit.Syncable // which a passkey is, or is not, from the beginning
		}
		if strings.HasPrefix(k.what, "counter") {
			d.Count = 5
		}
		known := knows(t, d)
		all = append(all, k.do(t, d, &known))
	}
	all = append(all, wrongKeys(t)...)
	if len(all) < 50 {
		t.Errorf("only %d ceremonies", len(all))
	}
	theirs := testkit.SimpleWebAuthn(t, all)
	if len(theirs) != len(all) {
		t.Fatalf("%d answers to %d ceremonies", len(theirs), len(all))
	}
	for i, c := range all {
		ours, _, _ := strings.Cut(c.ours(), ":")
		others, _, _ := strings.Cut(theirs[i], ":")
		if ours != c.want || others != c.theirs {
			t.Errorf("%s: want %s, we say %q, they say %q", c.what, c.want, c.ours(), theirs[i])
		}
	}
}

// wrongKeys are answers that are checked with a key that did not sign them, or is none.
func wrongKeys(t *testing.T) (all []ceremony) {
	t.Helper()
	other := knows(t, testkit.NewDevice(t, party.Origins[0])).PublicKey
	for what, change := range map[string]func(key string) string{
		"another device's key":           func(string) string { return string(other) },
		"a key of another kind (OKP)":    swap("\xa5\x01\x02", "\xa5\x01\x01"),
		"a key for another algorithm":    swap("\x03\x26", "\x03\x27"),
		"a key that is cut":              cut(5),
		"a point that is not on a curve": func(key string) string { return key[:len(key)-1] + string(key[len(key)-1]^1) },
	} {
		d := testkit.NewDevice(t, party.Origins[0])
		known := knows(t, d)
		known.PublicKey = []byte(change(string(known.PublicKey)))
		all = append(all, trick{what: what, want: refused}.do(t, d, &known))
	}
	return all
}
