package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// before is a database of the program before keys knew domains and Turkish letters, with users
// under their old keys.
func before(t *testing.T, url string, usernames []string, email func(username string) string) *store.Store {
	t.Helper()
	s := open(t, url)
	if err := s.MigrateTo(t.Context(), 3, noon); err != nil {
		t.Fatal(err)
	}
	testkit.Exec(t, url, `INSERT INTO companies (site_id, id, name, account_number, created_at) VALUES ('uk', 'com_1', 'Northgate', '1', 1)`)
	var rows []string
	for i, name := range usernames {
		rows = append(rows, fmt.Sprintf("('uk', 'usr_%04d', 'com_1', '%s', '%s', '%s', '%s', 'user', 'active', 1)",
			i, name, gatehouse.FormerNameKey(name), email(name), gatehouse.FormerNameKey(email(name))))
	}
	testkit.Exec(t, url, `INSERT INTO users (site_id, id, company_id, username, username_key, email, email_key, role, state, created_at)
		VALUES `+strings.Join(rows, ", "))
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	return s
}

func itself(name string) string { return name }

// After the migration, everybody is found as people write names: in any case, and in both
// spellings of a domain.
func TestKeysAreMadeNew(t *testing.T) {
	testkit.EmptyDatabases(t, func(t *testing.T, url string) {
		names := []string{"İbrahim.Yıldız", "msantos", "Mira@exämple.example", "ola@xn--strae-oqa.example", "kim@straße.example", "王小明@例え.example"}
		for i := range 1100 { // more than a batch
			names = append(names, fmt.Sprintf("müller%d", i))
		}
		s := before(t, url, names, itself)
		for typed, want := range map[string]string{
			"ibrahim.yildiz": names[0], "IBRAHIM.YILDIZ": names[0], "İBRAHİM.YILDIZ": names[0], "ıbrahım.yıldız": names[0], "İbrahim.Yıldız": names[0],
			"MSantos": names[1], "mira@xn--exmple-cua.example": names[2], "MIRA@EXÄMPLE.example": names[2], "mira@exa\u0308mple.example": names[2],
			"Ola@straße.example": names[3], "kim@xn--strae-oqa.example": names[4], "王小明@xn--r8jz45g.example": names[5], "MÜLLER1099": "müller1099",
		} {
			if u, err := s.Read().UserByUsername(t.Context(), "uk", typed); err != nil || u.Username != want {
				t.Errorf("%s: %q, %v", typed, u.Username, err)
			}
			if !strings.Contains(want, "@") {
				continue
			}
			if users, err := s.Read().UsersByEmail(t.Context(), "uk", typed, 5); err != nil || len(users) != 1 || users[0].Email != want {
				t.Errorf("%s: %d users have it, %v", typed, len(users), err)
			}
		}
		for _, typed := range []string{"kim@strasse.example", "ola@strasse.example", "mira@example.example"} {
			if u, err := s.Read().UserByUsername(t.Context(), "uk", typed); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s is somebody else's, and found %q, %v", typed, u.Username, err)
			}
		}
		if left, err := s.Read().OutdatedKeys(t.Context(), 10); err != nil || len(left) != 0 {
			t.Errorf("%v, %v", left, err)
		}
	})
}

// Two users who had different keys and would now share one: the migration continues, both are
// still found under their usernames, and the second is reported.
func TestKeysThatCollide(t *testing.T) {
	testkit.EmptyDatabases(t, func(t *testing.T, url string) {
		s := before(t, url, []string{"ilgaz", "Ilgaz2", "ılgaz", "ILGAZ3", "ılgaz3", "mira@xn--exmple-cua.example", "mira@exämple.example", "free"}, itself)
		for typed, want := range map[string]string{
			"ilgaz": "ilgaz", "ILGAZ": "ilgaz", "ılgaz": "ılgaz", "ılgaz2": "Ilgaz2", "ilgaz3": "ILGAZ3", "ılgaz3": "ılgaz3",
			"mira@xn--exmple-cua.example": "mira@xn--exmple-cua.example", "Mira@EXÄMPLE.example": "mira@exämple.example",
		} {
			if u, err := s.Read().UserByUsername(t.Context(), "uk", typed); err != nil || u.Username != want {
				t.Errorf("%s: %q, %v", typed, u.Username, err)
			}
		}
		left, err := s.Read().OutdatedKeys(t.Context(), 2)
		if err != nil || fmt.Sprint(left) != "[{uk ılgaz} {uk ılgaz3}]" {
			t.Errorf("%v, %v", left, err)
		}
		// An unchanged name keeps its key; a changed one gets a current key.
		u, err := s.Read().UserByUsername(t.Context(), "uk", "ılgaz")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ılgaz", "İlgaz.Yıldız"} {
			u.FirstName, u.Username = name, name
			write(t, s, func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
			if got, err := s.Read().UserByUsername(t.Context(), "uk", name); err != nil || got.ID != u.ID {
				t.Errorf("%s: %q, %v", name, got.Username, err)
			}
		}
		if left, err := s.Read().OutdatedKeys(t.Context(), 9); err != nil || fmt.Sprint(left) != "[{uk ılgaz3} {uk mira@exämple.example}]" {
			t.Errorf("%v, %v", left, err)
		}
		// No new user can collide with them.
		err = s.Write(t.Context(), func(q store.Queries) error {
			return q.InsertUser(t.Context(), gatehouse.User{ID: "usr_new", SiteID: "uk", CompanyID: "com_1", Username: "İlgaz3", Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon})
		})
		if gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("%v", err)
		}
	})
}
