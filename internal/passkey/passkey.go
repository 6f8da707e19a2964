// Package passkey makes what a site sends to browsers about passkeys, and verifies their
// answers (WebAuthn Level 3, chapter 7). It has no database and no clock: its callers know
// whether a challenge is one of ours, is fresh, and has not been answered before.
package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"gatehouse"
)

// Party is a site as browsers see it (a relying party).
type Party struct {
	// ID is the host that passkeys are bound to, Name what people call the site.
	ID, Name string
	// Origins are the origins of all hosts of the site: no other page may use its
	// passkeys.
	Origins []string
}

// PartyOf is the party of a site: passkeys are bound to its first host, and its other hosts are
// related origins of that one.
func PartyOf(s gatehouse.Site) Party {
	return Party{ID: s.Hosts[0], Name: s.Name, Origins: s.Origins()}
}

// User is the user a passkey is made for. The browser shows Name and DisplayName.
type User struct{ Handle, Name, DisplayName string }

// algorithms are the allowed key algorithms: ECDSA with SHA-256, Ed25519, and RSA with SHA-256
// for devices that know no other.
var algorithms = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}

func parameters() (all []protocol.CredentialParameter) {
	for _, alg := range algorithms {
		all = append(all, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return all
}

// credential identifies a passkey for a browser.
type credential struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

func credentials(keys []gatehouse.Passkey) []credential {
	all := []credential{}
	for _, k := range keys {
		all = append(all, credential{"public-key", k.CredentialID, k.Transports})
	}
	return all
}

// timeout is how long a browser waits, in milliseconds; somewhat less than a challenge's
// lifetime.
const timeout = 5 * 60 * 1000

type parameter struct {
	Type string `json:"type"`
	Alg  int64  `json:"alg"`
}

// creation is a PublicKeyCredentialCreationOptionsJSON.
type creation struct {
	RP struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"rp"`
	User struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	} `json:"user"`
	Challenge   string       `json:"challenge"`
	Parameters  []parameter  `json:"pubKeyCredParams"`
	Timeout     int          `json:"timeout"`
	Exclude     []credential `json:"excludeCredentials"`
	Selection   selection    `json:"authenticatorSelection"`
	Attestation string       `json:"attestation"`
}

type selection struct {
	ResidentKey  string `json:"residentKey"`
	Required     bool   `json:"requireResidentKey"`
	Verification string `json:"userVerification"`
}

// Creation is the request to a browser for a new passkey, in the standard's JSON. A device that
// has one of the existing ones makes no second one. The user is verified if the device can: a
// passkey without that is one factor and not two. Attestation is not requested.
func (p Party) Creation(u User, challenge string, there []gatehouse.Passkey) string {
	c := creation{Challenge: challenge, Timeout: timeout, Exclude: credentials(there), Attestation: "none",
		Selection: selection{ResidentKey: "required", Required: true, Verification: "preferred"}}
	c.RP.ID, c.RP.Name = p.ID, p.Name
	c.User.ID, c.User.Name, c.User.DisplayName = u.Handle, u.Name, u.DisplayName
	for _, alg := range algorithms {
		c.Parameters = append(c.Parameters, parameter{"public-key", int64(alg)})
	}
	return inJSON(c)
}

// request is a PublicKeyCredentialRequestOptionsJSON.
type request struct {
	RPID         string       `json:"rpId"`
	Challenge    string       `json:"challenge"`
	Timeout      int          `json:"timeout"`
	Allow        []credential `json:"allowCredentials"`
	Verification string       `json:"userVerification"`
}

// Request is the request to a browser for an answer. Without keys it is for a sign-in without a
// username: any passkey of the site will do, and it has to verify its user.
func (p Party) Request(challenge string, keys []gatehouse.Passkey) string {
	r := request{RPID: p.ID, Challenge: challenge, Timeout: timeout, Allow: credentials(keys), Verification: "preferred"}
	if len(keys) == 0 {
		r.Verification = "required"
	}
	return inJSON(r)
}

func inJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // of strings and numbers, which always marshal
		panic(err)
	}
	return string(text)
}

// server is the library's view of a party. Unrequested extension outputs are ignored, and are
// not an error: some browsers send them.
func (p Party) server() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{RPID: p.ID, RPDisplayName: p.Name, RPOrigins: p.Origins,
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore})
}

// Made is a browser's answer with a new passkey.
type Made struct {
	parsed *protocol.ParsedCredentialCreationData
}

// ReadMade reads an answer as PublicKeyCredential.toJSON writes it.
func ReadMade(answer string) (Made, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	return Made{parsed}, err
}

// Challenge is the answered challenge, in base64url.
func (m Made) Challenge() string { return m.parsed.Response.CollectedClientData.Challenge }

// Verify checks a new passkey of the user with a handle, and returns it. unseen: the browser
// made it by itself after a sign-in, so no user presence is required (WebAuthn 7.1 step 15).
func (m Made) Verify(p Party, handle, challenge string, unseen bool) (gatehouse.Passkey, error) {
	server, err := p.server()
	if err != nil {
		return gatehouse.Passkey{}, err
	}
	session := webauthn.SessionData{Challenge: challenge, RelyingPartyID: p.ID, UserID: []byte(handle), CredParams: parameters()}
	if unseen {
		session.Mediation = protocol.MediationConditional
	}
	c, err := server.CreateCredential(&owner{handle: handle}, session, m.parsed)
	if err != nil {
		return gatehouse.Passkey{}, explained(err)
	}
	if err := checkKey(c.PublicKey); err != nil {
		return gatehouse.Passkey{}, err
	}
	if len(c.ID) > gatehouse.MaxCredentialID {
		return gatehouse.Passkey{}, errors.New("the ID of the credential is too long")
	}
	return keyOf(c, handle), nil
}

// checkKey refuses a key that does not match its algorithm: the library checks that only when
// the key is used.
func checkKey(raw []byte) error {
	key, err := webauthncose.ParsePublicKey(raw)
	if err != nil {
		return err
	}
	fits := false
	switch key := key.(type) {
	case webauthncose.EC2PublicKeyData:
		fits = key.Algorithm == int64(webauthncose.AlgES256)
	case webauthncose.OKPPublicKeyData:
		fits = key.Algorithm == int64(webauthncose.AlgEdDSA)
	case webauthncose.RSAPublicKeyData:
		fits = key.Algorithm == int64(webauthncose.AlgRS256)
	}
	if !fits {
		return errors.New("the key is of another kind than its algorithm")
	}
	return nil
}

func keyOf(c *webauthn.Credential, handle string) gatehouse.Passkey {
	k := gatehouse.Passkey{CredentialID: encode(c.ID), Handle: handle, PublicKey: c.PublicKey, SignCount: c.Authenticator.SignCount,
		Syncable: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState, Verified: c.Flags.UserVerified}
	k.Kind = gatehouse.FactorPasskey
	if m := c.Authenticator.AAGUID; len(m) == 16 && !bytes.Equal(m, make([]byte, 16)) {
		k.Model = fmt.Sprintf("%x-%x-%x-%x-%x", m[:4], m[4:6], m[6:8], m[8:10], m[10:])
	}
	for _, t := range c.Transport {
		if slices.Contains(transports, t) {
			k.Transports = append(k.Transports, string(t))
		}
	}
	return k
}

// transports are those in the standard; the browser could send anything.
var transports = []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal}

// Answer is a browser's answer with an existing passkey.
type Answer struct {
	parsed *protocol.ParsedCredentialAssertionData
}

// ReadAnswer reads an answer as PublicKeyCredential.toJSON writes it.
func ReadAnswer(answer string) (Answer, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	return Answer{parsed}, err
}

// Challenge is the answered challenge, in base64url.
func (a Answer) Challenge() string { return a.parsed.Response.CollectedClientData.Challenge }

// CredentialID is the passkey's ID, in base64url.
func (a Answer) CredentialID() string { return encode(a.parsed.RawID) }

// Proof is what a passkey has proved.
type Proof struct {
	// Passkey is its new state: its counter, and whether it is backed up.
	Passkey gatehouse.Passkey
	// Verified: it has verified its user this time.
	Verified bool
	// CountedBack: its counter has decreased. There may be a copy, or the device counts in its
	// own way: nobody is refused for it (WebAuthn 7.2 step 22).
	CountedBack bool
}

// Verify checks the answer against the passkey that it names. unnamed: the user is not known
// yet, so the answer must identify and verify the user.
func (a Answer) Verify(p Party, k gatehouse.Passkey, challenge string, unnamed bool) (Proof, error) {
	server, err := p.server()
	if err != nil {
		return Proof{}, err
	}
	if unnamed && len(a.parsed.Response.UserHandle) == 0 {
		return Proof{}, errors.New("the answer names no user")
	}
	session := webauthn.SessionData{Challenge: challenge, RelyingPartyID: p.ID, UserID: []byte(k.Handle)}
	if unnamed {
		session.UserVerification = protocol.VerificationRequired
	}
	c, err := server.ValidateLogin(&owner{k.Handle, &k}, session, a.handled())
	if err != nil {
		return Proof{}, explained(err)
	}
	proof := Proof{Passkey: k, Verified: a.parsed.Response.AuthenticatorData.Flags.UserVerified(), CountedBack: c.Authenticator.CloneWarning}
	proof.Passkey.SignCount, proof.Passkey.BackedUp = a.parsed.Response.AuthenticatorData.Counter, c.Flags.BackupState
	// With the password, it may report user verification for the first time (step 24).
	proof.Passkey.Verified = k.Verified || proof.Verified && !unnamed
	return proof, nil
}

// handled is the answer with its user in our form of handles.
func (a Answer) handled() *protocol.ParsedCredentialAssertionData {
	parsed := *a.parsed
	if len(parsed.Response.UserHandle) > 0 {
		parsed.Response.UserHandle = []byte(encode(parsed.Response.UserHandle))
	}
	return &parsed
}

// owner is a user of the library, identified by the text of the handle.
type owner struct {
	handle string
	key    *gatehouse.Passkey
}

func (o *owner) WebAuthnID() []byte          { return []byte(o.handle) }
func (o *owner) WebAuthnName() string        { return "" }
func (o *owner) WebAuthnDisplayName() string { return "" }

func (o *owner) WebAuthnCredentials() []webauthn.Credential {
	if o.key == nil {
		return nil
	}
	id, err := base64.RawURLEncoding.DecodeString(o.key.CredentialID)
	if err != nil {
		return nil
	}
	return []webauthn.Credential{{ID: id, PublicKey: o.key.PublicKey, AttestationType: "none", AttestationFormat: "none",
		Flags:         webauthn.CredentialFlags{BackupEligible: o.key.Syncable, BackupState: o.key.BackedUp, UserVerified: o.key.Verified},
		Authenticator: webauthn.Authenticator{SignCount: o.key.SignCount}}}
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// explained is an error with the details that the library has for developers: it goes to the
// log alone.
func explained(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return errors.New(e.Details + ": " + e.DevInfo)
	}
	return err
}
