// Package signin signs people in: passwords, steps, sessions, sign-out.
//
// A sign-in goes through Service.Password, which can be read from top to bottom:
// fields, a place at the hash gate, who it is, limits, the attempt counted as open, the
// hash, and one transaction for what became of it. What is due next is never decided here but by
// gatehouse.NextStep.
package signin
