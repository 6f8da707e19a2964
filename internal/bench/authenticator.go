package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// authenticator has one passkey, and answers as a browser does. That of the tests stops a
// test if anything fails, and there is none here.
type authenticator struct {
	key                *ecdsa.PrivateKey
	id, handle, public string
}

func newAuthenticator() (*authenticator, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return nil, err
	}
	cose := "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + string(point[1:33]) + "\x22\x58\x20" + string(point[33:])
	return &authenticator{key: key, id: base64url([]byte(rand.Text())), handle: base64url([]byte(rand.Text())), public: cose}, nil
}

// answer signs a challenge for a page (WebAuthn 6.3.3), with the user present and verified.
func (a *authenticator) answer(party, origin, challenge string) (string, error) {
	client, err := json.Marshal(map[string]any{"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": false})
	if err != nil {
		return "", err
	}
	const presentAndVerified = 1<<0 | 1<<2
	host, page := sha256.Sum256([]byte(party)), sha256.Sum256(client)
	data := append(host[:], presentAndVerified, 0, 0, 0, 0) // it does not count
	digest := sha256.Sum256(append(data[:len(data):len(data)], page[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"id": a.id, "rawId": a.id, "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature), "userHandle": a.handle}})
	return string(text), err
}

func base64url(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
