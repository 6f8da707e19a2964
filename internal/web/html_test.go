package web_test

import (
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/web"
)

// Each browser repairs faulty HTML in its own way, and screen readers read the result.
func TestHTMLHasNoFaults(t *testing.T) {
	for _, fault := range testkit.HTMLErrors(t, web.Suite.All(t)) {
		t.Error(fault)
	}
}
