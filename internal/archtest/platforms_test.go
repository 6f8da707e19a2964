package archtest

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse"
)

// What an application may read about a user is in one table of the code and one of the
// documents, and they are the same.
func TestClaimsAreInTheirTable(t *testing.T) {
	var want strings.Builder
	for _, c := range gatehouse.UserClaims {
		fmt.Fprintf(&want, "| `%s` | `%s` | %s |\n", c.Name, c.Scope, c.Means)
	}
	_, after, _ := strings.Cut(document(t, "platforms.md"), "| claim | scope | what it is |\n|---|---|---|\n")
	got, _, _ := strings.Cut(after, "\n\n")
	if got+"\n" != want.String() {
		t.Errorf("docs/platforms.md should have\n%s", want.String())
	}
}
