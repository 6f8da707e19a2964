package testkit

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// The flags of a device's answer (WebAuthn 6.1).
const (
	UserPresent  byte = 1 << 0
	UserVerified byte = 1 << 2
	Syncable     byte = 1 << 3
	BackedUp     byte = 1 << 4
	attested     byte = 1 << 6
)

// Device keeps one passkey in memory, and answers as a browser with it does. For a
// wrong answer, change a field first.
type Device struct {
	t testing.TB
	// Origin is the page that the browser believes to be on.
	Origin string
	Flags  byte
	// Count is its counter: it does not count by itself.
	Count uint32
	Model [16]byte
	// Handle identifies its user, and ID the passkey.
	Handle, ID []byte
	// RP is the host that it answers for; empty: the one that asks.
	RP string
	// Change changes the client data before they are signed; nil: it does not.
	Change func(data map[string]any)

	key *ecdsa.PrivateKey
}

// NewDevice is a device with a passkey that no site knows yet. It verifies its user.
func NewDevice(t testing.TB, origin string) *Device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &Device{t: t, Origin: origin, Flags: UserPresent | UserVerified, ID: make([]byte, 32), key: key}
	rand.Read(d.ID)
	return d
}

// asking is what a site sends.
type asking struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

func (d *Device) read(options string) (asked asking) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(options), &asked); err != nil {
		d.t.Fatalf("%v in %q", err, options)
	}
	if asked.RP.ID != "" {
		asked.RPID = asked.RP.ID
	}
	if d.RP != "" {
		asked.RPID = d.RP
	}
	return asked
}

// Create answers options for a new passkey, in the standard's JSON.
func (d *Device) Create(options string) string {
	d.t.Helper()
	asked := d.read(options)
	var err error
	if d.Handle, err = base64.RawURLEncoding.DecodeString(asked.User.ID); err != nil {
		d.t.Fatal(err)
	}
	public, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	// {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR.
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, public[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), public[33:]...)
	data := d.authData(asked.RPID, d.Flags|attested)
	data = append(data, d.Model[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(d.ID)))
	data = append(append(data, d.ID...), cose...)
	// {"fmt": "none", "attStmt": {}, "authData": data} in CBOR.
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"), byte(len(data)>>8), byte(len(data)))
	return d.answer("webauthn.create", asked.Challenge, func(client []byte) map[string]any {
		return map[string]any{"clientDataJSON": Base64(client), "attestationObject": Base64(append(object, data...)), "transports": []string{"internal", "bogus"}}
	})
}

// Answer answers options for an existing passkey, in the standard's JSON.
func (d *Device) Answer(options string) string {
	d.t.Helper()
	asked := d.read(options)
	data := d.authData(asked.RPID, d.Flags)
	return d.answer("webauthn.get", asked.Challenge, func(client []byte) map[string]any {
		hash := sha256.Sum256(client)
		digest := sha256.Sum256(bytes.Join([][]byte{data, hash[:]}, nil))
		signature, err := ecdsa.SignASN1(rand.Reader, d.key, digest[:])
		if err != nil {
			d.t.Fatal(err)
		}
		return map[string]any{"clientDataJSON": Base64(client), "authenticatorData": Base64(data), "signature": Base64(signature), "userHandle": Base64(d.Handle)}
	})
}

func (d *Device) authData(rp string, flags byte) []byte {
	hash := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), d.Count)
}

func (d *Device) answer(kind, challenge string, response func(client []byte) map[string]any) string {
	d.t.Helper()
	data := map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false}
	if d.Change != nil {
		d.Change(data)
	}
	client, err := json.Marshal(data)
	if err != nil {
		d.t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"id": Base64(d.ID), "rawId": Base64(d.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{"credProps": map[string]any{"rk": true}}, "response": response(client)})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// Base64 is base64url without padding, as browsers write bytes in JSON.
func Base64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
