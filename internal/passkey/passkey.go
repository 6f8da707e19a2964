// Package passkey is what a site says to browsers about passkeys, and judges of what they answer
// (WebAuthn Level 3, chapter 7). It has no database and no clock: whether a challenge is one of
// ours, is fresh, and has not been answered before, its callers know.
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
	// Origins are those of all hosts of the site: no other page may use its passkeys.
	Origins []string
}

// PartyOf is the party of a site: passkeys are bound to its first host, and its other hosts are
// related origins of that one.
func PartyOf(s gatehouse.Site) Party {
	return Party{ID: s.Hosts[0], Name: s.Name, Origins: s.Origins()}
}

// User is whom a passkey is made for. Name and DisplayName are what the browser shows.
type User struct{ Handle, Name, DisplayName string }

// algorithms are those that keys may have: ECDSA with SHA-256, Ed25519, and RSA with SHA-256 for
// devices that know no other.
var algorithms = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256}

func parameters() (all []protocol.CredentialParameter) {
	for _, alg := range algorithms {
		all = append(all, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return all
}

// credential names a passkey for a browser.
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

// timeout is how long a browser waits, in milliseconds; somewhat shorter than a challenge is good.
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

// Creation is what a browser is asked for a new passkey with, in the standard's JSON. A device
// that has one of those that are there makes no second one. The user is verified where the device
// can: a passkey without that is one factor and not two. No device is asked to prove its make.
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

// Request is what a browser is asked for an answer with. Without keys it is for a sign-in without
// a username: any passkey of the site will do, and it has to verify its user.
func (p Party) Request(challenge string, keys []gatehouse.Passkey) string {
	r := request{RPID: p.ID, Challenge: challenge, Timeout: timeout, Allow: credentials(keys), Verification: "preferred"}
	if len(keys) == 0 {
		r.Verification = "required"
	}
	return inJSON(r)
}

func inJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // of texts and numbers, which can be written
		panic(err)
	}
	return string(text)
}

// server is the library's view of a party. Answers to extensions that nobody has asked for count
// for nothing, and are no error: some browsers send them.
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

// Challenge is the one that is answered, in base64url.
func (m Made) Challenge() string { return m.parsed.Response.CollectedClientData.Challenge }

// Verify checks a new passkey of the user with a handle, and returns it. unseen: it was made by
// itself after a sign-in, so nobody need have touched anything (WebAuthn 7.1 step 15).
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

// checkKey refuses a key that is not of the kind that its algorithm has: the library looks at that
// only when the key is used.
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

// transports are those that the standard knows; the browser could send anything.
var transports = []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard, protocol.Hybrid, protocol.Internal}

// Answer is a browser's answer with a passkey that there is.
type Answer struct {
	parsed *protocol.ParsedCredentialAssertionData
}

// ReadAnswer reads an answer as PublicKeyCredential.toJSON writes it.
func ReadAnswer(answer string) (Answer, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	return Answer{parsed}, err
}

// Challenge is the one that is answered, in base64url.
func (a Answer) Challenge() string { return a.parsed.Response.CollectedClientData.Challenge }

// CredentialID is that of the passkey, in base64url.
func (a Answer) CredentialID() string { return encode(a.parsed.RawID) }

// Proof is what a passkey has proved.
type Proof struct {
	// Passkey is as it is now: what it has counted, and whether it is backed up.
	Passkey gatehouse.Passkey
	// Verified: it has verified its user now.
	Verified bool
	// CountedBack: it has counted less than before. A copy may be about, or the device counts in
	// its own way: nobody is refused for it (WebAuthn 7.2 step 22).
	CountedBack bool
}

// Verify checks the answer against the passkey that it names. unnamed: nobody has said who it is,
// so the answer must, and the user must be verified.
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
	// Beside the password, it may say for the first time that it verifies its user (step 24).
	proof.Passkey.Verified = k.Verified || proof.Verified && !unnamed
	return proof, nil
}

// handled is the answer with its user as we write handles.
func (a Answer) handled() *protocol.ParsedCredentialAssertionData {
	parsed := *a.parsed
	if len(parsed.Response.UserHandle) > 0 {
		parsed.Response.UserHandle = []byte(encode(parsed.Response.UserHandle))
	}
	return &parsed
}

// owner is a user of the library. It is known by the text of the handle.
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

// explained is an error with what the library keeps for developers: it goes to the log alone.
func explained(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return errors.New(e.Details + ": " + e.DevInfo)
	}
	return err
}
