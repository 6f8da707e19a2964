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

var party = passkey.PartyOf(gatehouse.Site{Name: "Meridian UK", Hosts: []string{"uk.localhost", "second.localhost"}, Origin: "http://uk.localhost:8080"})

const challenge = "c29tZXRoaW5nIHRoYXQgaXMgcmFuZG9t"

// made is a new passkey of a device, as a browser answers.
func made(t *testing.T, d *testkit.Device) string {
	t.Helper()
	return d.Create(party.Creation(passkey.User{Handle: "aGFuZGxl", Name: "mira", DisplayName: "Mira"}, challenge, nil))
}

// A page of any host of the site may use its passkeys: they are related origins.
func TestHostsOfASite(t *testing.T) {
	for _, origin := range []string{"http://uk.localhost:8080", "http://second.localhost:8080"} {
		m, err := passkey.ReadMade(made(t, testkit.NewDevice(t, origin)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Verify(party, "aGFuZGxl", challenge, false); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

// Keys of other algorithms, invalid attestations, and answers with a changed byte anywhere are
// refused; nothing breaks.
func TestNewPasskeysThatAreChanged(t *testing.T) {
	answer := made(t, testkit.NewDevice(t, party.Origins[0]))
	verify := func(text string) error {
		m, err := passkey.ReadMade(text)
		if err == nil {
			_, err = m.Verify(party, "aGFuZGxl", challenge, false)
		}
		return err
	}
	if err := verify(answer); err != nil {
		t.Fatal(err)
	}
	change := func(in func(object string) string) string {
		var all map[string]any
		if err := json.Unmarshal([]byte(answer), &all); err != nil {
			t.Fatal(err)
		}
		response := all["response"].(map[string]any)
		object, err := base64.RawURLEncoding.DecodeString(response["attestationObject"].(string))
		if err != nil {
			t.Fatal(err)
		}
		response["attestationObject"] = base64.RawURLEncoding.EncodeToString([]byte(in(string(object))))
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	replace := func(old, new string) func(string) string {
		return func(object string) string {
			if !strings.Contains(object, old) {
				t.Fatalf("no %q", old)
			}
			return strings.Replace(object, old, new, 1)
		}
	}
	for what, changed := range map[string]func(string) string{
		"WA-R11: ES384":                       replace("\xa5\x01\x02\x03\x26", "\xa5\x01\x02\x03\x38\x22"),
		"WA-R11: another kind of key":         replace("\xa5\x01\x02", "\xa5\x01\x03"),
		"WA-R12: a format that nobody knows":  replace("\x64none", "\x64nune"),
		"WA-R12: a statement where none is":   replace("\x67attStmt\xa0", "\x67attStmt\xa1\x63alg\x26"),
		"WA-R12: packed, without a signature": replace("\x64none", "\x66packed"),
	} {
		if verify(change(changed)) == nil {
			t.Errorf("%s is taken", what)
		}
	}
	for n := range 200 {
		if verify(change(func(object string) string { return object[:min(n, len(object)-1)] })) == nil {
			t.Errorf("WA-R02: cut after %d bytes", n)
		}
	}
}

// A changed bit anywhere in the signed data, or in the signature, is detected.
func TestAnswersThatAreChanged(t *testing.T) {
	d := testkit.NewDevice(t, party.Origins[0])
	k := knows(t, d)
	var all map[string]any
	if err := json.Unmarshal([]byte(d.Answer(party.Request(challenge, nil))), &all); err != nil {
		t.Fatal(err)
	}
	verify := func() error {
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		a, err := passkey.ReadAnswer(string(text))
		if err == nil {
			_, err = a.Verify(party, k, challenge, true)
		}
		return err
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	response := all["response"].(map[string]any)
	for _, part := range []string{"authenticatorData", "clientDataJSON", "signature"} {
		kept := response[part].(string)
		raw, err := base64.RawURLEncoding.DecodeString(kept)
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			raw[i] ^= 1
			response[part] = base64.RawURLEncoding.EncodeToString(raw)
			if verify() == nil {
				t.Errorf("WA-A10: byte %d of %s is changed", i, part)
			}
			raw[i] ^= 1
		}
		response[part] = kept
	}
}
