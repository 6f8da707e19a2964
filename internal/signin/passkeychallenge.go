package signin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/passkey"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Passkey challenges. Storing a row for each would let anybody who opens the sign-in page write to
// the database. So a challenge is a random number, the time, and a keyed hash of both with the
// browser that it is for: only this server can make one, and it is valid in that browser, at that
// site, for one use and for ten minutes. Answered ones are stored for that long.

// ChallengeUse is the purpose of a passkey challenge.
type ChallengeUse string

// The uses of challenges.
const (
	// ToSignIn: instead of the password, for any user who answers it.
	ToSignIn ChallengeUse = "sign-in"
	// ToProve: after the password, in one sign-in.
	ToProve ChallengeUse = "prove"
	// ToCreate: for a new passkey, in one session; ToCreateUnseen: without user interaction
	// (conditional creation).
	ToCreate       ChallengeUse = "create"
	ToCreateUnseen ChallengeUse = "create-unseen"
)

const (
	challengePurpose = "passkey-challenge"
	// challengeFor is how long a challenge is valid (WebAuthn 13.4.3: five to ten minutes).
	challengeFor = 10 * time.Minute
	// challengeRandom and challengeTime are its parts, in bytes; together they end at a base64
	// character boundary.
	challengeRandom, challengeTime = 28, 8
)

// The reasons to refuse a passkey's response.
const (
	// ReasonPasskeyFailed is the one reason for an unknown passkey, one that does not prove what
	// it should, and a locked or deactivated account (invariant 7).
	ReasonPasskeyFailed = "passkey-failed"
	// ReasonPasskeyLate: the challenge is too old, was answered before, or belongs to another
	// browser.
	ReasonPasskeyLate = "passkey-late"
	// ReasonPasskeyAlone: it was created without user verification, so it needs the password with
	// it until it has verified its user once.
	ReasonPasskeyAlone = "passkey-alone"
)

// NewChallenge makes a challenge for a browser, which is identified by one of its cookies.
func (s *Service) NewChallenge(siteID string, use ChallengeUse, browser string) string {
	raw := make([]byte, challengeRandom, challengeRandom+challengeTime)
	rand.Read(raw)
	text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, uint64(s.Now().Unix())))
	return text + s.Keys.MAC(challengePurpose, siteID, string(use), guard.Kept(guard.ChallengeOfBrowser, secret.HashToken(browser)), text)
}

// GoodChallenge reports whether a challenge is valid in this browser, and until when.
func (s *Service) GoodChallenge(siteID string, use ChallengeUse, browser, challenge string) (until time.Time, good bool) {
	const letters = (challengeRandom + challengeTime) / 3 * 4
	if browser == "" || len(challenge) <= letters {
		return time.Time{}, false
	}
	text, mac := challenge[:letters], challenge[letters:]
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !s.Keys.CheckMAC(challengePurpose, mac, siteID, string(use), guard.Kept(guard.ChallengeOfBrowser, secret.HashToken(browser)), text) {
		return time.Time{}, false
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(raw[challengeRandom:])), 0)
	until = made.Add(challengeFor)
	return until, s.Now().Before(until)
}

// SpendChallenge uses up a challenge; false if it was used before.
func (s *Service) SpendChallenge(tx *act.Unit, challenge string, until time.Time) (bool, error) {
	fresh, err := tx.SpendChallenge(tx, tx.Site.ID, secret.HashToken(challenge), until)
	return fresh || guard.Out(guard.ChallengeOnce), err
}

// SignInOptions are the options to request a passkey from a browser on the sign-in page.
func (s *Service) SignInOptions(st *site.Site, browser string) string {
	return passkey.PartyOf(st.Site).Request(s.NewChallenge(st.ID, ToSignIn, browser), nil)
}

// proveOptions are the options to request one of a user's passkeys from a browser.
func (s *Service) proveOptions(st *site.Site, signIn string, keys []gatehouse.Passkey) string {
	return passkey.PartyOf(st.Site).Request(s.NewChallenge(st.ID, ToProve, signIn), keys)
}
