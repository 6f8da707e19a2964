package demo_test

import (
	"testing"

	"gatehouse/internal/demo"
	"gatehouse/internal/testkit"
)

// Browsers mend faulty HTML each in its own way, and screen readers read what was mended.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, demo.Suite.All(t)) {
		t.Error(fault)
	}
}
