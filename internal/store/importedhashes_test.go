package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// Hashes imported before they were marked are marked, and nothing else.
func TestImportedHashesAreMarkedInOldDatabases(t *testing.T) {
	files, err := filepath.Glob("migrations/*_imported_hashes.sql")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	const argon = "$argon2id$v=19$m=65536,t=4,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5a2V5"
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		testUser(t, s, "s")
		passwords := map[string]struct {
			gatehouse.Password
			want string
		}{
			"imported": {gatehouse.Password{Hash: argon, Origin: gatehouse.PasswordChosen, SetAt: noon}, "{imported}" + argon},
			"other":    {gatehouse.Password{Hash: "$2b$12$x", Origin: gatehouse.PasswordChosen, SetAt: noon}, "$2b$12$x"},
			"chosen":   {gatehouse.Password{Hash: argon, Origin: gatehouse.PasswordChosen, SetAt: noon.Add(time.Hour)}, argon},
			"issued":   {gatehouse.Password{Hash: argon, Origin: gatehouse.PasswordInitial, SetAt: noon}, argon},
			"none":     {gatehouse.Password{}, ""},
		}
		for name, p := range passwords {
			u := gatehouse.User{SiteID: "s", ID: store.NewID("usr", noon), CompanyID: companyOf(t, s), Username: name, Role: gatehouse.RoleUser,
				State: gatehouse.Active, CreatedAt: noon, Password: p.Password}
			write(t, s, func(q store.Queries) error { return q.InsertUser(t.Context(), u) })
		}
		testkit.Exec(t, url, strings.TrimSuffix(strings.TrimSpace(string(text)), ";"))
		for name, p := range passwords {
			u, err := s.Read().UserByUsername(t.Context(), "s", name)
			if err != nil || u.Password.Hash != p.want {
				t.Errorf("%s: %q, %v; want %q", name, u.Password.Hash, err, p.want)
			}
		}
	})
}

func companyOf(t *testing.T, s *store.Store) string {
	t.Helper()
	c, err := s.Read().CompanyByAccount(t.Context(), "s", "1")
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}
