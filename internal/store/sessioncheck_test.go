package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// checked is the answer of a session check.
type checked struct {
	Session gatehouse.Session
	User    gatehouse.User
	Company gatehouse.Company
	Kind    gatehouse.Kind
}

func checkOf(s *store.SignedIn, err error) checked {
	if err != nil {
		return checked{Kind: gatehouse.KindOf(err)}
	}
	return answered(s.Session, s.User, s.Company, nil)
}

func answered(s gatehouse.Session, u gatehouse.User, c gatehouse.Company, err error) checked {
	return checked{s, u, c, gatehouse.KindOf(err)}
}

// Any change, by this process or by another one on the same database, is visible to the next check
// of a session: no check differs from what the database itself answers.
func TestASessionCheckIsNeverOld(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		checksAreNeverOld(t, open(t, url), open(t, url))
	})
	t.Run("postgres behind a pooler", func(t *testing.T) {
		url := testkit.PooledURL(t)
		processes := []*store.Store{open(t, url), open(t, url)}
		if _, err := processes[0].Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		checksAreNeverOld(t, processes...)
	})
	t.Run("sqlite without the index of its log", func(t *testing.T) {
		url := testkit.SQLiteURL(t)
		with, without := open(t, url), open(t, url)
		without.WithoutIndex()
		checksAreNeverOld(t, with, without)
	})
}

func checksAreNeverOld(t *testing.T, processes ...*store.Store) {
	t.Helper()
	ctx := t.Context()
	u := testUser(t, processes[0], "one")
	chance, hits := rand.New(rand.NewPCG(1, 2)), 0 //nolint:gosec // not a secret
	for i := range 400 {
		token, now := fmt.Sprint(chance.IntN(4)), noon.Add(time.Duration(i)*time.Minute)
		if chance.IntN(3) == 0 {
			write(t, processes[chance.IntN(2)], func(q store.Queries) error { return change(ctx, q, chance.IntN(4), u, token, now) })
		}
		s := processes[chance.IntN(2)]
		got, want := checkOf(s.Session(ctx, "one", token)), answered(s.Read().Session(ctx, "one", token))
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("step %d: the check answers %+v, the database has %+v", i, got, want)
		}
		if got.Session.ID != "" {
			hits++
		}
	}
	if hits < 50 {
		t.Errorf("only %d checks found a session", hits)
	}
}

// change makes one of the changes that a check has to notice.
func change(ctx context.Context, q store.Queries, what int, u gatehouse.User, token string, now time.Time) error {
	switch what {
	case 0:
		_, err := q.DeleteSession(ctx, u.SiteID, token, now)
		return err
	case 1:
		return q.SessionSeen(ctx, u.SiteID, token, now)
	case 2:
		return store.Run(ctx, q, `UPDATE users SET locked_at = $1 WHERE site_id = $2 AND id = $3`, now.UnixMicro(), u.SiteID, u.ID)
	}
	if _, err := q.DeleteSession(ctx, u.SiteID, token, now); err != nil {
		return err
	}
	return q.InsertSession(ctx, token, gatehouse.Session{ID: store.NewID("ses", now), SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID,
		CreatedAt: now, SeenAt: now, Assurance: gatehouse.Assurance{Level: 1, Methods: []gatehouse.Method{gatehouse.MethodPassword}}}, now.Add(time.Hour))
}

// Many check at once: each gets the answer to its own question, and nobody sees a session whose
// end was committed before the check.
func TestManyCheckAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		const clients, rounds = 16, 12
		ctx, u := t.Context(), testUser(t, s, "one")
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				for round := range rounds {
					token := fmt.Sprintf("%d-%d", i, round)
					if s.Write(ctx, func(q store.Queries) error { return change(ctx, q, 3, u, token, noon) }) != nil {
						t.Error("no session could be made")
					}
					if got, err := s.Session(ctx, "one", token); err != nil || got.ID == "" {
						t.Errorf("a session that has just been made: %+v, %v", got, err)
					}
					if got, err := s.Session(ctx, "one", "none-"+token); gatehouse.KindOf(err) != gatehouse.NotFound {
						t.Errorf("a session that never was: %+v, %v", got, err)
					}
					if s.Write(ctx, func(q store.Queries) error { return change(ctx, q, 0, u, token, noon) }) != nil {
						t.Error("the session could not be ended")
					}
					if got, err := s.Session(ctx, "one", token); gatehouse.KindOf(err) != gatehouse.NotFound {
						t.Errorf("a session that has ended: %+v, %v", got, err)
					}
				}
			})
		}
		all.Wait()
	})
}

// A client that disconnects does not cancel the answers of the others.
func TestWhoHangsUpHangsUpAlone(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		write(t, s, func(q store.Queries) error { return change(t.Context(), q, 3, u, "token", noon) })
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if i%2 == 0 {
					s.Session(gone, "one", "token") //nolint:errcheck // nobody waits for it
				} else if _, err := s.Session(t.Context(), "one", "token"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// An end that is not committed is not seen, however often somebody checks meanwhile; once it is, the
// next check sees it, although nothing else has changed since the last one. One that is rolled back
// never was.
func TestACheckSeesAnEndWhenItIsCommitted(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, u, lost := t.Context(), testUser(t, s, "one"), errors.New("rolled back")
		write(t, s, func(q store.Queries) error { return change(ctx, q, 3, u, "token", noon) })
		for _, outcome := range []error{lost, nil} {
			err := s.Write(ctx, func(q store.Queries) error {
				if err := change(ctx, q, 0, u, "token", noon); err != nil {
					return err
				}
				for range 3 {
					if _, err := s.Session(ctx, "one", "token"); err != nil {
						t.Errorf("while the end is not committed: %v", err)
					}
				}
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
			_, err = s.Session(ctx, "one", "token")
			if ended := gatehouse.KindOf(err) == gatehouse.NotFound; ended != (outcome == nil) {
				t.Errorf("after %v: %v", outcome, err)
			}
		}
	})
}
