package console_test

import (
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/web/console"
)

// Each browser repairs faulty HTML in its own way, and screen readers read the result.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, console.Suite.All(t)) {
		t.Error(fault)
	}
}
