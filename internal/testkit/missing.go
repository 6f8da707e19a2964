package testkit

import (
	"os"
	"testing"
)

// missing ends a test that needs a program which is not installed: skipped on a
// developer's machine, failed if CI=true, so that nothing is skipped silently.
func missing(t testing.TB, what, how string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("this test needs %s, which is missing, and nothing is skipped where CI=true: %s", what, how)
	}
	t.Skipf("SKIPPED: this test needs %s, which is missing: %s", what, how)
}
