// Package signin is everything that proves who somebody is: passwords, the steps of a
// sign-in, recoveries, challenge questions, sessions.
//
// A sign-in goes through Service.Password, which can be read from top to bottom:
// fields, a place at the hash gate, who it is, limits, the attempt counted as open, the
// hash, and one transaction for what became of it. What is due next is never decided here
// but by gatehouse.NextStep; each step (steps.go) does its one thing in a transaction and
// comes back to it.
//
// A forgotten password comes back by a challenge question (recovery.go) or by a link
// (resetlink.go). Neither signs anybody in. A guess, whatever it is at, is counted and
// committed before it is looked at.
package signin
