package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// A process that keeps a list in memory learns of every change: also of one that was begun before, and
// committed after, a later one.
func TestChangedUsers(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		one, other := gatehouse.User{SiteID: "one", ID: "usr_1", CompanyID: "com_1", Username: "a", CreatedAt: noon}, gatehouse.User{SiteID: "one", ID: "usr_2", CompanyID: "com_1", Username: "b", CreatedAt: noon}
		write(t, s, func(q store.Queries) error {
			if err := q.InsertCompany(t.Context(), gatehouse.Company{SiteID: "one", ID: "com_1", AccountNumber: "1", CreatedAt: noon}); err != nil {
				return err
			}
			return q.InsertUsers(t.Context(), []gatehouse.User{one, other})
		})
		next, err := s.Read().AllFrom(t.Context(), "one", "com_1")
		if err != nil {
			t.Fatal(err)
		}
		changed := func() string {
			t.Helper()
			var ids []string
			next, err = s.Read().ChangedUsers(t.Context(), "one", "com_1", next, func(u gatehouse.User) error {
				ids = append(ids, u.ID+" "+string(u.State))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(ids, ", ")
		}
		state := func(id string, to gatehouse.UserState) {
			t.Helper()
			write(t, s, func(q store.Queries) error { return q.SetUserState(t.Context(), "one", id, to) })
		}
		changed() // those that were added may come once more
		// On PostgreSQL, another open transaction of the server, of any of its databases, makes changes
		// come several times.
		again := s.Engine() == "postgres"
		if got := changed(); got != "" && !again {
			t.Errorf("nothing has changed: %s", got)
		}
		state("usr_1", "x")
		if got := changed(); got != "usr_1 x" && !(again && strings.Contains(got, "usr_1 x")) {
			t.Errorf("after a change: %s", got)
		}
		write(t, s, func(q store.Queries) error { return q.SignedInAgain(t.Context(), "one", "usr_1", noon) })
		if got := changed(); got != "" && !again {
			t.Errorf("after a plain sign-in: %s", got)
		}
		if s.Engine() != "postgres" {
			return // one transaction at a time
		}
		begun, commit, done := make(chan bool), make(chan bool), make(chan error)
		go func() {
			done <- s.Write(t.Context(), func(q store.Queries) error {
				err := q.SetUserState(t.Context(), "one", "usr_2", "slow")
				if err == nil {
					_, err = q.User(t.Context(), "one", "usr_2") // what was put off is sent before it
				}
				begun <- true
				<-commit
				return err
			})
		}()
		<-begun
		state("usr_1", "fast")
		if got := changed(); !strings.Contains(got, "usr_1 fast") || strings.Contains(got, "slow") {
			t.Errorf("before the commit: %s", got)
		}
		close(commit)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := changed(); !strings.Contains(got, "usr_2 slow") {
			t.Errorf("after the commit: %s", got)
		}
	})
}

// A change of what lists show carries a stamp: every other UPDATE of users is in this list of what
// lists do not show.
func TestChangesOfUsersAreStamped(t *testing.T) {
	unseen := regexp.MustCompile(`^(password_\w+|challenge_set|terms_accepted|codes_on_request|email_key|username_key)$`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	column, found := regexp.MustCompile(`(?:^|,)\s*\(?(\w+)(?:, \w+)*\)? = `), 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, statement := range strings.Split(string(text), "`UPDATE users SET ")[1:] {
			set, _, _ := strings.Cut(statement, "WHERE")
			if strings.HasPrefix(set, "changed = ") || strings.HasPrefix(statement, "last_sign_in_at = $3 WHERE site_id = $1 AND id = $2`") { // SignedInAgain
				continue
			}
			for _, c := range column.FindAllStringSubmatch(set, -1) {
				if found++; !unseen.MatchString(c[1]) {
					t.Errorf("%s: %s is changed without a stamp: begin the statement with changes()", name, c[1])
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("%d columns", found)
	}
}

// Two additions in one transaction, and a change after them, are all seen.
func TestAddedUsersAreChanged(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		next, err := s.Read().AllFrom(t.Context(), "one", "com_1")
		if err != nil {
			t.Fatal(err)
		}
		write(t, s, func(q store.Queries) error {
			if err := q.InsertCompany(t.Context(), gatehouse.Company{SiteID: "one", ID: "com_1", AccountNumber: "1", CreatedAt: noon}); err != nil {
				return err
			}
			for i, name := range []string{"a", "b"} {
				u := gatehouse.User{SiteID: "one", ID: "usr_" + name, CompanyID: "com_1", Username: name, CreatedAt: noon.Add(time.Duration(i))}
				if err := q.InsertUser(t.Context(), u); err != nil {
					return err
				}
			}
			return nil
		})
		n := 0
		if _, err := s.Read().ChangedUsers(t.Context(), "one", "com_1", next, func(gatehouse.User) error { n++; return nil }); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}
