package archtest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// Two migrations with one number would be found by anyone who starts a server next.
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
