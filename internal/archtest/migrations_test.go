package archtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Two migrations with the same number would otherwise be found by the next person who
// starts a server.
func TestMigrationsAreNumbered(t *testing.T) {
	files, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i, name := range files {
		if want := fmt.Sprintf("%04d_", i+1); !strings.HasPrefix(filepath.Base(name), want) {
			t.Errorf("%s: its number should be %s", filepath.Base(name), want[:4])
		}
	}
}
