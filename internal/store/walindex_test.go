package store_test

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// The index of SQLite's log is opened once in a process, and closed when nobody needs it any longer:
// closing it drops the locks of all connections in the process.
func TestAnIndexIsSharedByTheStoresOfAProcess(t *testing.T) {
	url := testkit.SQLiteURL(t)
	path := url[len("sqlite://"):]
	one, other := open(t, url), open(t, url)
	u := testUser(t, one, "one")
	write(t, one, func(q store.Queries) error { return change(t.Context(), q, 3, u, "token", noon) })
	for users, do := range []func(){func() {}, func() { found(t, one) }, func() { found(t, other) }} {
		if do(); store.IndexUsers(path) != users {
			t.Fatalf("%d stores use the index, want %d", store.IndexUsers(path), users)
		}
	}
	for range 2 {
		one.Close()
	}
	write(t, other, func(q store.Queries) error { return change(t.Context(), q, 3, u, "token", noon) })
	if found(t, other); store.IndexUsers(path) != 1 {
		t.Errorf("%d stores use the index of which one is closed", store.IndexUsers(path))
	}
	if other.Close(); store.IndexUsers(path) != 0 {
		t.Error("the index is still open")
	}
}

// A store that is closed while it is used does not drop the locks of that use: its index stays open. A
// later store does not take it for that of the file that is there then.
func TestAnIndexInUseStaysOpen(t *testing.T) {
	url := testkit.SQLiteURL(t)
	path := url[len("sqlite://"):]
	s := open(t, url)
	u := testUser(t, s, "one")
	write(t, s, func(q store.Queries) error { return change(t.Context(), q, 3, u, "token", noon) })
	found(t, s)
	write(t, s, func(q store.Queries) error {
		s.Close()
		return change(t.Context(), q, 0, u, "token", noon)
	})
	if store.IndexUsers(path) != 1 {
		t.Errorf("%d stores use an index that is in use", store.IndexUsers(path))
	}
	later := open(t, url)
	for range 3 {
		write(t, later, func(q store.Queries) error { return change(t.Context(), q, 3, u, "token", noon) })
		found(t, later)
		write(t, later, func(q store.Queries) error { return change(t.Context(), q, 0, u, "token", noon) })
		if _, err := later.Session(t.Context(), "one", "token"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a session that has ended: %v", err)
		}
	}
}

func found(t *testing.T, s *store.Store) {
	t.Helper()
	for range 2 { // from the database, and from what is cached
		if _, err := s.Session(t.Context(), "one", "token"); err != nil {
			t.Fatal(err)
		}
	}
}
