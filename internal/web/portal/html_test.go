package portal_test

import (
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/web/portal"
)

// Browsers fix faulty HTML each in its own way, and screen readers read what was fixed.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, portal.Suite.All(t)) {
		t.Error(fault)
	}
}
