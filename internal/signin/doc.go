// Package signin does everything that proves who a user is: passwords, the steps of a sign-in,
// recoveries, challenge questions, sessions.
//
// A sign-in goes through Service.Password, which can be read from top to bottom: fields, a place
// at the hash gate, the user, limits, the attempt counted as open, the hash, and one transaction
// for the outcome. gatehouse.NextStep alone decides what is due next; each step (steps.go) does
// its one thing in a transaction and returns to it.
//
// A forgotten password is recovered by a challenge question (recovery.go) or by a link
// (resetlink.go). Neither signs anybody in. Every guess, at anything, is counted and committed
// before it is checked.
package signin
