//go:build guards

package guard

import "sync/atomic"

// Switch reports whether this program can take out a guard.
const Switch = true

var out atomic.Value

// Out reports whether a guard is taken out.
func Out(n Name) bool {
	taken, _ := out.Load().(Name)
	return taken == n
}

// TakeOut takes out one guard, and puts back the one before it; "" takes out none.
func TakeOut(n Name) { out.Store(n) }
