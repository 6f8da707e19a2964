package gatehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Acceptance is a user's consent to one text of one version of the terms (A03).
type Acceptance struct {
	ID      string
	SiteID  string
	UserID  string
	Version string
	// TextHash is TermsHash of the exact text that was shown.
	TextHash string
	// Lang is the BCP 47 tag of that text's language.
	Lang       string
	AcceptedAt time.Time
	IPAddress  string
}

// TermsHash is the key of a text of the terms: its SHA-256 in hexadecimal, which anybody can
// recompute from a download.
func TermsHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TermsDue reports whether a user must accept the terms before anything else
// works: a new version asks everyone again (A03).
func TermsDue(s Site, u User) bool {
	return s.TermsVersion != "" && u.TermsAccepted != s.TermsVersion
}

// SoleUserDue reports whether to ask "are you the only person who uses this sign-in?": once for
// each version of the terms, if the site asks it (A04).
func SoleUserDue(s Site, u User) bool {
	return s.AsksSoleUser && u.SoleUserFor != SoleUserVersion(s)
}

// SoleUserVersion is the version that the answer is kept for; a site without terms asks once.
func SoleUserVersion(s Site) string {
	if s.TermsVersion == "" {
		return "once"
	}
	return s.TermsVersion
}
