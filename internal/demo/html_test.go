package demo_test

import (
	"testing"

	"gatehouse/internal/demo"
	"gatehouse/internal/testkit"
)

// Each browser repairs faulty HTML in its own way, and screen readers read the result.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, demo.Suite.All(t)) {
		t.Error(fault)
	}
}
