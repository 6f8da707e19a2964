// Package signin signs people in: passwords, steps, sessions, sign-out.
//
// A sign-in goes through Service.Password, which can be read from top to bottom:
// fields, limits, a place at the hash gate, an attempt's number, the hash, and one
// transaction for what became of it. What is due next is never decided here but by
// gatehouse.NextStep.
package signin
