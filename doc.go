// Package gatehouse holds the nouns of the sign-in server and every rule about
// them as a pure function.
//
// A rule takes a policy, facts and the time and returns a decision. Nothing in
// this package reads a clock, a database, the network or a source of
// randomness, so that each rule can be read, tested and proved on its own:
//
//	nextstep.go   what a sign-in must still do
//	lockout.go    when wrong attempts lock, and what unlocks
//	password.go   which new passwords a policy accepts, and when one has expired
//	terms.go      who must accept the terms, and who says whether they are alone
//	assurance.go  what a finished sign-in may claim about itself
//	user.go       who may have sessions, and how long those live
//	policy.go     the numbers of a site, with floors, ceilings and profiles
//
// Everything else is in internal/, as docs/architecture.md describes.
package gatehouse
