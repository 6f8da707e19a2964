package operator_test

import (
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/web/operator"
)

// Each browser repairs faulty HTML in its own way, and screen readers read the result.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, operator.Suite.All(t)) {
		t.Error(fault)
	}
}
