package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// each runs a test on both databases, migrated, and on PostgreSQL through a pooler that gives
// every transaction a different session.
func each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	migrated := func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		test(t, s)
	}
	testkit.Databases(t, migrated)
	t.Run("pooled", func(t *testing.T) { migrated(t, testkit.PooledURL(t)) })
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// testUser makes a company and a user in a site, the same names in each.
func testUser(t *testing.T, s *store.Store, siteID string) gatehouse.User {
	t.Helper()
	c := gatehouse.Company{SiteID: siteID, ID: store.NewID("com", noon), Name: "Northgate", AccountNumber: "1", CreatedAt: noon}
	u := gatehouse.User{SiteID: siteID, ID: store.NewID("usr", noon), CompanyID: c.ID, Username: "MSantos", Email: "mira@northgate.example",
		FirstName: "Mira", Role: gatehouse.RoleUser, State: gatehouse.Invited, CreatedAt: noon,
		Password: gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon}}
	write(t, s, func(q store.Queries) error {
		return errors.Join(q.InsertCompany(t.Context(), c), q.InsertUser(t.Context(), u))
	})
	return u
}

func write(t *testing.T, s *store.Store, fn func(store.Queries) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestUsersAreFoundByWhatTheyType(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		want := testUser(t, s, "one")
		other := testUser(t, s, "two")
		for _, name := range []string{"MSantos", "msantos", " MSANTOS ", "ｍｓａｎｔｏｓ"} {
			u, err := s.Read().UserByUsername(t.Context(), "one", name)
			if err != nil || u != want {
				t.Errorf("%q: %+v, %v; want %+v", name, u, err, want)
			}
		}
		users, err := s.Read().UsersByEmail(t.Context(), "two", "MIRA@northgate.example", 5)
		if err != nil || len(users) != 1 || users[0].ID != other.ID {
			t.Errorf("by address in site two: %v, %v", users, err)
		}
		if _, err := s.Read().User(t.Context(), "two", want.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a user of site one seen from site two: %v", err)
		}
		double := want
		double.ID, double.Username = store.NewID("usr", noon), "MSANTOS"
		err = s.Write(t.Context(), func(q store.Queries) error { return q.InsertUser(t.Context(), double) })
		if gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a second msantos: %v, want a conflict", err)
		}
	})
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		boom := errors.New("boom")
		err := s.Write(t.Context(), func(q store.Queries) error {
			if err := q.SetUserState(t.Context(), u.SiteID, u.ID, gatehouse.Deactivated); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if got, _ := s.Read().User(t.Context(), u.SiteID, u.ID); got.State != gatehouse.Invited {
			t.Errorf("state is %s after a write that failed", got.State)
		}
	})
}

func TestSignedInMakesAnInvitedUserActive(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		for i, at := range []time.Time{noon, noon.Add(time.Hour)} {
			write(t, s, func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, at) })
			got, err := s.Read().User(t.Context(), u.SiteID, u.ID)
			if err != nil || got.State != gatehouse.Active || !got.FirstSignInAt.Equal(noon) || !got.LastSignInAt.Equal(at) {
				t.Errorf("sign-in %d: %+v, %v", i, got, err)
			}
		}
	})
}

func TestASessionBelongsToOneSite(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		testUser(t, s, "two")
		ses := gatehouse.Session{ID: store.NewID("ses", noon), SiteID: "one", UserID: u.ID, CompanyID: u.CompanyID,
			CreatedAt: noon, SeenAt: noon, Assurance: gatehouse.Assurance{Level: 1, Methods: []gatehouse.Method{gatehouse.MethodPassword}}}
		write(t, s, func(q store.Queries) error { return q.InsertSession(t.Context(), "hash", ses, noon.Add(time.Hour)) })
		got, who, c, err := s.Read().Session(t.Context(), "one", "hash")
		if err != nil || got.ID != ses.ID || who.Username != "MSantos" || c.Name != "Northgate" || len(got.Assurance.Methods) != 1 {
			t.Errorf("%+v %+v %+v %v", got, who, c, err)
		}
		if _, _, _, err := s.Read().Session(t.Context(), "two", "hash"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("in the other site: %v", err)
		}
		write(t, s, func(q store.Queries) error {
			return q.SessionSeen(t.Context(), "one", "hash", noon.Add(30*time.Second))
		})
		if got, _, _, _ := s.Read().Session(t.Context(), "one", "hash"); !got.SeenAt.Equal(noon) {
			t.Error("seen was written again within the minute")
		}
		write(t, s, func(q store.Queries) error { return q.DeleteEndedSessions(t.Context(), noon.Add(time.Hour)) })
		if n, err := s.Read().CountSessions(t.Context(), noon); n != 0 || err != nil {
			t.Errorf("%d sessions after their end, %v", n, err)
		}
	})
}

func TestEventsKeepTheirDetail(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		e := gatehouse.Event{SiteID: "one", ID: store.NewID("evt", noon), UserID: u.ID, CompanyID: u.CompanyID, At: noon,
			Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, ActorKind: gatehouse.Visitor, IPAddress: "192.0.2.1",
			Reference: "GH-AAAA-BBBB", Detail: map[string]string{"attempt": "3"}}
		write(t, s, func(q store.Queries) error { return q.InsertEvent(t.Context(), e) })
		for name, list := range map[string]func() ([]gatehouse.Event, error){
			"of user":      func() ([]gatehouse.Event, error) { return s.Read().EventsOfUser(t.Context(), "one", u.ID, 10) },
			"by reference": func() ([]gatehouse.Event, error) { return s.Read().EventsByReference(t.Context(), "GH-AAAA-BBBB") },
		} {
			got, err := list()
			if err != nil || len(got) != 1 || got[0].Detail["attempt"] != "3" || !got[0].At.Equal(noon) || got[0].Result != gatehouse.ResultWrong {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A database that cannot be queried is never "not found".
func TestALostDatabaseIsSaidToBeLost(t *testing.T) {
	lost := func(t *testing.T, err error) {
		t.Helper()
		if gatehouse.KindOf(err) != gatehouse.Unavailable {
			t.Errorf("%v, want the kind Unavailable", err)
		}
	}
	t.Run("postgres stopped", func(t *testing.T) {
		cluster := testkit.OwnPostgres(t)
		s := open(t, cluster.URL())
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		testUser(t, s, "one")
		cluster.Stop()
		_, err := s.Read().UserByUsername(t.Context(), "one", "msantos")
		lost(t, err)
		lost(t, s.Write(t.Context(), func(q store.Queries) error { return q.SignedIn(t.Context(), "one", "x", noon) }))
		lost(t, second(s.Allow(t.Context(), noon, store.Limit{Key: "k", Every: time.Second, Burst: 1})))
		cluster.Start()
		if _, err := s.Read().UserByUsername(t.Context(), "one", "msantos"); err != nil {
			t.Errorf("after its return: %v", err)
		}
	})
	t.Run("sqlite file that is none", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "broken.db")
		writeFile(t, path, strings.Repeat("this is not a database ", 500))
		_, err := store.Open(t.Context(), "sqlite://"+path)
		lost(t, err)
	})
}

func TestIDsSortInTheOrderTheyWereMade(t *testing.T) {
	last := ""
	for i := range 100_000 { // more than any moment has: one counter restarted at 16,384
		id := store.NewID("evt", noon.Add(time.Duration(i/50_000)*time.Microsecond))
		if id <= last || len(id) != len("evt_")+32 || id[16] != '7' || !strings.Contains("89ab", id[20:21]) {
			t.Fatalf("%d: %s after %s", i, id, last)
		}
		last = id
	}
}

func TestTheDatabaseFileIsItsOwnersOnly(t *testing.T) {
	url := testkit.SQLiteURL(t)
	s := open(t, url)
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	path, _ := store.SQLitePath(url)
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// Opening a session holds the account: a concurrent reset waits, and ends the session that did not
// exist when it began.
func TestAHeldUserCannotBeResetInBetween(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		held, reset := make(chan struct{}), make(chan error, 1)
		go func() {
			<-held
			reset <- s.Write(context.Background(), func(q store.Queries) error {
				if err := q.SetPassword(context.Background(), "one", u.ID, gatehouse.Password{Hash: "new", Origin: gatehouse.PasswordRecovery, SetAt: noon}); err != nil {
					return err
				}
				_, err := q.End(context.Background(), store.Ending{User: u, Change: gatehouse.PasswordIssued})
				return err
			})
		}()
		write(t, s, func(q store.Queries) error {
			if got, err := q.HoldUser(t.Context(), "one", u.ID); err != nil || got != u {
				t.Errorf("held %+v, %v", got, err)
			}
			close(held)
			time.Sleep(100 * time.Millisecond) // the reset has begun by now
			return q.InsertSession(t.Context(), "hash", gatehouse.Session{ID: "ses_1", SiteID: "one", UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: noon, SeenAt: noon}, noon.Add(time.Hour))
		})
		if err := <-reset; err != nil {
			t.Fatal(err)
		}
		if n, err := s.Read().CountSessions(t.Context(), noon); n != 0 || err != nil {
			t.Errorf("%d sessions after the reset, %v", n, err)
		}
	})
}

func TestDevicesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, u := t.Context(), testUser(t, s, "one")
		known := func(token string, since time.Time) bool {
			_, err := s.Read().Device(ctx, "one", u.ID, token, since)
			return err == nil
		}
		for i, token := range []string{"a", "b", "c"} {
			write(t, s, func(q store.Queries) error {
				if _, _, err := q.DeviceSignedIn(ctx, "one", u.ID, token, store.NewID("dev", noon), "", "", noon.Add(time.Duration(i)*time.Hour)); err != nil {
					return err
				}
				return q.KeepDevices(ctx, "one", u.ID, 2)
			})
		}
		if known("a", time.Time{}) || !known("b", time.Time{}) || !known("c", time.Time{}) || known("c", noon.Add(2*time.Hour)) {
			t.Error("not the newest two, or one that has been away for too long")
		}
		end(t, s, store.Ending{User: u, Change: gatehouse.PasswordIssued})
		if known("b", time.Time{}) || known("c", time.Time{}) {
			t.Error("a forgotten device is known")
		}
	})
}
