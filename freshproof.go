package gatehouse

import (
	"slices"
	"time"
)

// FreshFor is how old a proof of who somebody is may be, to change what matters: factors, the
// password, the address, or the same of others (ASVS 7.5.1).
const FreshFor = 15 * time.Minute

// IsFresh reports whether something that was proved then is a recent proof.
func IsFresh(proved, now time.Time) bool { return now.Sub(proved) < FreshFor }

// ErrProofFirst says that a change needs fresh proof of who its caller is. The page that asks for
// it leads back.
var ErrProofFirst = &Error{Kind: Forbidden, Reason: "proof-first"}

// Proof is something that a user has proved in a session: at its sign-in, or later, when a page
// asked again.
type Proof struct {
	Method Method
	At     time.Time
}

// Proofs returns what a session has proved.
func (s Session) Proofs() []Proof {
	proofs := []Proof{s.Proved}
	for _, m := range s.Assurance.Methods {
		proofs = append(proofs, Proof{m, s.CreatedAt})
	}
	return proofs
}

// strength ranks proofs for changes that matter. A recovery code replaces a factor that was lost.
// A code by email proves the mailbox that also recovers the password, and trust in a device proves
// nothing about who sits at it: neither counts.
var strength = map[Method]int{
	MethodPassword: 1, MethodTextMessage: 2,
	MethodTOTP: 3, MethodRecoveryCode: 3, MethodPasskey: 3, MethodVerifiedPasskey: 3, MethodSyncedPasskey: 3, MethodVerifiedSyncedPasskey: 3,
}

// proofWays are the ways to prove oneself again, the preferred first. Anyone who has a better way
// than a text message or the password cannot use those: somebody who knows the password, or has
// taken over the phone number, must not get at the factors.
var proofWays = []struct {
	of, way  Way
	strength int
}{{WayPasskey, WayPasskey, 3}, {WayApp, WayApp, 3}, {WayText, WayText, 2}, {WayEmail, WayPassword, 1}}

// AskProof returns how a user has to prove who they are before a change that matters, with the
// best factor that they have; the preferred way first. Empty: a proof in this session is fresh.
// has are the user's ways at a sign-in; see Ways.
func AskProof(has []Way, proofs []Proof, now time.Time) []Way {
	var ask []Way
	needed := 0
	for _, p := range proofWays {
		if slices.Contains(has, p.of) && p.strength >= needed {
			ask, needed = append(ask, p.way), p.strength
		}
	}
	if needed == 0 { // unknown ways: at least the password
		ask, needed = []Way{WayPassword}, 1
	}
	for _, p := range proofs {
		if strength[p.Method] >= needed && IsFresh(p.At, now) {
			return nil
		}
	}
	if slices.Contains(has, WayRecoveryCode) {
		ask = append(ask, WayRecoveryCode)
	}
	return ask
}
