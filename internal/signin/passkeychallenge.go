package signin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/passkey"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Challenges of passkeys. To keep a row for each would let anybody who opens the sign-in page write
// into the database. So a challenge is a random number, the time, and a keyed hash of both with
// the browser that it is for: only this server makes one, it is good in that browser, at that
// site, for one use and for ten minutes; and those that were answered are kept for as long.

// ChallengeUse is what a challenge of a passkey is good for.
type ChallengeUse string

// The uses of challenges.
const (
	// ToSignIn: in place of the password, for the one who answers it.
	ToSignIn ChallengeUse = "sign-in"
	// ToProve: after the password, in one sign-in.
	ToProve ChallengeUse = "prove"
	// ToCreate: for a new passkey, in one session; ToCreateUnseen: without anybody having done
	// anything (conditional creation).
	ToCreate       ChallengeUse = "create"
	ToCreateUnseen ChallengeUse = "create-unseen"
)

const (
	challengePurpose = "passkey-challenge"
	// challengeFor is how long a challenge is good (WebAuthn 13.4.3: five to ten minutes).
	challengeFor = 10 * time.Minute
	// challengeRandom and challengeTime are its parts, in bytes; both together end at a whole
	// letter of base64.
	challengeRandom, challengeTime = 28, 8
)

// The reasons why an answer of a passkey is not taken.
const (
	// ReasonPasskeyFailed is the one answer for a passkey that is not known, one that does not
	// prove what it should, a locked and a deactivated account (invariant 7).
	ReasonPasskeyFailed = "passkey-failed"
	// ReasonPasskeyLate: the challenge is too old, was answered before, or is another browser's.
	ReasonPasskeyLate = "passkey-late"
	// ReasonPasskeyAlone: it was made without verifying its user, so it needs the password beside
	// it until it has done that once.
	ReasonPasskeyAlone = "passkey-alone"
)

// NewChallenge makes a challenge for a browser, which is known by one of its cookies.
func (s *Service) NewChallenge(siteID string, use ChallengeUse, browser string) string {
	raw := make([]byte, challengeRandom, challengeRandom+challengeTime)
	rand.Read(raw)
	text := base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, uint64(s.Now().Unix())))
	return text + s.Keys.MAC(challengePurpose, siteID, string(use), secret.HashToken(browser), text)
}

// GoodChallenge reports whether a challenge is one for this browser, and until when it is good.
func (s *Service) GoodChallenge(siteID string, use ChallengeUse, browser, challenge string) (until time.Time, good bool) {
	const letters = (challengeRandom + challengeTime) / 3 * 4
	if browser == "" || len(challenge) <= letters {
		return time.Time{}, false
	}
	text, mac := challenge[:letters], challenge[letters:]
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || !s.Keys.CheckMAC(challengePurpose, mac, siteID, string(use), secret.HashToken(browser), text) {
		return time.Time{}, false
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(raw[challengeRandom:])), 0)
	until = made.Add(challengeFor)
	return until, s.Now().Before(until)
}

// SpendChallenge uses a challenge up; false if it was used before.
func (s *Service) SpendChallenge(tx *act.Unit, challenge string, until time.Time) (bool, error) {
	return tx.SpendChallenge(tx, tx.Site.ID, secret.HashToken(challenge), until)
}

// SignInOptions are what a browser is asked for a passkey with on the sign-in page.
func (s *Service) SignInOptions(st *site.Site, browser string) string {
	return passkey.PartyOf(st.Site).Request(s.NewChallenge(st.ID, ToSignIn, browser), nil)
}

// proveOptions are what a browser is asked for one of a user's passkeys with.
func (s *Service) proveOptions(st *site.Site, signIn string, keys []gatehouse.Passkey) string {
	return passkey.PartyOf(st.Site).Request(s.NewChallenge(st.ID, ToProve, signIn), keys)
}
