package demo_test

import (
	"testing"

	"gatehouse/internal/demo"
	"gatehouse/internal/testkit"
)

// Browsers fix faulty HTML each in its own way, and screen readers read what was fixed.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, demo.Suite.All(t)) {
		t.Error(fault)
	}
}
