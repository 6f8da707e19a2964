package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
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

var (
	takesAway = regexp.MustCompile(`(?im)^\s*(DROP TABLE|ALTER TABLE\s+\w+\s+(DROP|RENAME)|ALTER TABLE.*ADD COLUMN.*NOT NULL(\s+CHECK.*)?;)`)
	contracts = regexp.MustCompile(`(?m)^-- contracts: ([0-9]{4})$`)
)

// lastThatTook is the last migration from before this rule.
const lastThatTook = 10

// The version before runs beside this one while processes are replaced: a migration only adds, and
// a later version takes away what nobody uses any longer. It names the migration since which that
// is so, which has been in a version before (0081).
func TestMigrationsExpandFirst(t *testing.T) {
	files, err := filepath.Glob("../store/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i, name := range files[lastThatTook:] {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if problem := takes(string(text), lastThatTook+i+1); problem != "" {
			t.Errorf("%s: %s", filepath.Base(name), problem)
		}
	}
}

// takes says what is wrong with a migration that takes away.
func takes(text string, number int) string {
	what := takesAway.FindString(text)
	if what == "" {
		return ""
	}
	since := contracts.FindStringSubmatch(text)
	if since == nil {
		return strings.TrimSpace(what) + " breaks the version before, which runs beside this one; take it away a version later, and say -- contracts: and since which migration nobody uses it"
	}
	if n, err := strconv.Atoi(since[1]); err != nil || n >= number {
		return "it contracts " + since[1] + ", which is not before it"
	}
	return ""
}

func TestTheRuleOfMigrationsComplains(t *testing.T) {
	for text, wrong := range map[string]bool{
		"CREATE TABLE a (b TEXT NOT NULL);": false, "ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT '';": false, "DROP INDEX a;": false,
		"ALTER TABLE a ADD COLUMN b TEXT NOT NULL;": true, "ALTER TABLE a DROP COLUMN b;": true, "ALTER TABLE a RENAME TO b;": true,
		"DROP TABLE a;": true, "-- contracts: 0059\nDROP TABLE a;": false, "-- contracts: 0060\nDROP TABLE a;": true,
	} {
		if got := takes(text, 60) != ""; got != wrong {
			t.Errorf("%q: %v", text, got)
		}
	}
}
