//go:build !guards

package guard

// Switch reports whether this program can take out a guard.
const Switch = false

// Out reports whether a guard is taken out: never.
func Out(Name) bool { return false }

// TakeOut cannot be done in this program.
func TakeOut(Name) { panic("guards can be taken out only in a program built with the tag guards") }
