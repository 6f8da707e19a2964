package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

var ninetyDays = gatehouse.PasswordPolicy{MaxAge: 90 * 24 * time.Hour}

// aging makes the users of a company at site one, with passwords that expire in these numbers of
// days from noon. edit may change each of them.
func aging(t *testing.T, s *store.Store, daysLeft []int, edit func(i int, u *gatehouse.User)) {
	t.Helper()
	c := gatehouse.Company{SiteID: "one", ID: store.NewID("com", noon), Name: "Northgate", AccountNumber: "1", CreatedAt: noon}
	write(t, s, func(q store.Queries) error { return q.InsertCompany(t.Context(), c) })
	for i, left := range daysLeft {
		name := fmt.Sprintf("user%d", i)
		set := noon.Add(time.Duration(left)*24*time.Hour - ninetyDays.MaxAge)
		u := gatehouse.User{SiteID: c.SiteID, ID: store.NewID("usr", noon), CompanyID: c.ID, Username: name, Email: name + "@northgate.example",
			Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon,
			Password: gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: set}}
		edit(i, &u)
		write(t, s, func(q store.Queries) error { return q.InsertUser(t.Context(), u) })
	}
}

func asTheyAre(int, *gatehouse.User) {}

// toWarn returns the names of the users to warn, by the days of the warning.
func toWarn(t *testing.T, s *store.Store, limit int) map[int][]string {
	t.Helper()
	found := map[int][]string{}
	for _, span := range gatehouse.PasswordWarningSpans(ninetyDays, noon) {
		users, err := s.Read().UsersToWarn(t.Context(), "one", ninetyDays.MaxAge, span, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			found[span.Days] = append(found[span.Days], u.Username)
		}
	}
	return found
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestUsersToWarn(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		aging(t, s, []int{15, 14, 8, 7, 2, 1, 0, -1}, asTheyAre)
		same(t, "to warn", toWarn(t, s, 10), map[int][]string{14: {"user2", "user1"}, 7: {"user4", "user3"}, 1: {"user5"}})
		same(t, "one of each", toWarn(t, s, 1), map[int][]string{14: {"user2"}, 7: {"user4"}, 1: {"user5"}})
		// No user belongs to another site.
		span := gatehouse.PasswordWarningSpans(ninetyDays, noon)[0]
		if users, err := s.Read().UsersToWarn(t.Context(), "two", ninetyDays.MaxAge, span, 10); len(users) != 0 || err != nil {
			t.Errorf("at site two: %v, %v", users, err)
		}
	})
}

func TestUsersWhoAreNotWarned(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		aging(t, s, []int{5, 5, 5, 5, 5, 5, 5}, func(i int, u *gatehouse.User) {
			switch i {
			case 0:
				u.State = gatehouse.Deactivated
			case 1:
				u.State, u.Password.Origin = gatehouse.Invited, gatehouse.PasswordInitial
			case 2:
				u.Password.Origin = gatehouse.PasswordRecovery
			case 3:
				u.Email = ""
			case 4:
				u.Password.Hash = ""
			case 5:
				u.LockedAt, u.LockReason = noon, gatehouse.LockedByAttempts // the password expires all the same
			}
		})
		same(t, "to warn", toWarn(t, s, 10), map[int][]string{7: {"user5", "user6"}})
	})
}

func TestWhoIsMarkedIsNotWarnedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		aging(t, s, []int{5}, asTheyAre)
		mark := func(u gatehouse.User, days int) (fresh gatehouse.User, marked bool) {
			write(t, s, func(q store.Queries) (err error) {
				fresh, marked, err = q.MarkWarned(t.Context(), u, days)
				return err
			})
			return fresh, marked
		}
		u, err := s.Read().UserByUsername(t.Context(), "one", "user0")
		if err != nil {
			t.Fatal(err)
		}
		fresh, marked := mark(u, 14)
		if !marked || fresh.Password.Warned != 14 || fresh.Email != u.Email {
			t.Errorf("marked %v: %+v", marked, fresh)
		}
		same(t, "after the first warning", toWarn(t, s, 10), map[int][]string{7: {"user0"}})
		if _, marked = mark(u, 7); marked {
			t.Error("marked from what was read before the first warning")
		}
		if fresh, marked = mark(fresh, 7); !marked {
			t.Error("the second warning is not marked")
		}
		same(t, "after the second", toWarn(t, s, 10), map[int][]string{})

		// A new password of the same age starts again.
		write(t, s, func(q store.Queries) error { return q.SetPassword(t.Context(), "one", u.ID, u.Password) })
		same(t, "after a new password", toWarn(t, s, 10), map[int][]string{7: {"user0"}})
		if _, marked = mark(fresh, 1); marked {
			t.Error("marked the new password for the old one")
		}
		newer := u
		newer.Password.SetAt = noon
		write(t, s, func(q store.Queries) error { return q.SetPassword(t.Context(), "one", u.ID, newer.Password) })
		if _, marked = mark(u, 7); marked {
			t.Error("marked a password that has been replaced")
		}
		write(t, s, func(q store.Queries) error {
			return q.SetUserState(t.Context(), "one", u.ID, gatehouse.Deactivated)
		})
		if _, marked = mark(newer, 7); marked {
			t.Error("marked somebody who has been deactivated")
		}
	})
}

// Of several processes that want to warn the same user, one does.
func TestOneOfManyMarks(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		first := open(t, url)
		if _, err := first.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		aging(t, first, []int{5, 5, 5}, asTheyAre)
		var mu sync.Mutex
		var marked []string
		var all sync.WaitGroup
		for range 4 {
			s := open(t, url)
			all.Go(func() {
				var mine []string
				err := s.Write(t.Context(), func(q store.Queries) error {
					mine = nil
					users, err := q.UsersToWarn(t.Context(), "one", ninetyDays.MaxAge, gatehouse.PasswordWarningSpans(ninetyDays, noon)[1], 10)
					for _, u := range users {
						_, ok, markErr := q.MarkWarned(t.Context(), u, 7)
						if err = errors.Join(err, markErr); ok {
							mine = append(mine, u.Username)
						}
					}
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				marked = append(marked, mine...)
			})
		}
		all.Wait()
		slices.Sort(marked)
		same(t, "marked", marked, []string{"user0", "user1", "user2"})
	})
}

// raw queries one column of text, bypassing the store.
func raw(t *testing.T, url, text string) (all []string) {
	t.Helper()
	rows, err := testkit.Raw(t, url).Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestOldRecoveriesAreDropped(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for name, ends := range map[string]time.Time{"old": noon.Add(-1), "ended": noon, "open": noon.Add(time.Hour)} {
			r := store.Recovery{SiteID: "one", ID: name, Kind: gatehouse.RecoverByLink, Subject: "name:x", CreatedAt: noon, ExpiresAt: ends}
			write(t, s, func(q store.Queries) error { return q.InsertRecovery(t.Context(), name, r) })
		}
		write(t, s, func(q store.Queries) error { return q.DropOldRecoveries(t.Context(), noon) })
		for name, want := range map[string]bool{"old": false, "ended": true, "open": true} {
			_, err := s.Read().Recovery(t.Context(), "one", name)
			if (err == nil) != want || err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestOldEmailChangesAreDropped(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		u := testUser(t, s, "one")
		chained := u
		chained.ID, chained.Username = store.NewID("usr", noon), "chained"
		write(t, s, func(q store.Queries) error { return q.InsertUser(t.Context(), chained) })
		now, old := noon.UnixMicro(), noon.Add(-40*24*time.Hour).UnixMicro()
		var values []string
		for _, c := range []struct {
			id, user                  string
			asked, confirm, confirmed int64
		}{
			{"old and confirmed", u.ID, old, old + 1, old + 2},
			{"old and dropped", u.ID, old, old + 1, 0},
			{"old and can be confirmed", u.ID, old, now + 1, 0},
			{"new", u.ID, now - 1, now - 1, 0},
			{"old, of a chain", chained.ID, old, old + 1, old + 2},
			{"the last of the chain", chained.ID, old + 3, old + 4, now - 1},
		} {
			values = append(values, fmt.Sprintf("('one', '%s', '%s', 'a', 'b', '%s', 'asked', %d, %d, %d)", c.id, c.user, c.id, c.asked, c.confirm, c.confirmed))
		}
		raw(t, url, `INSERT INTO email_changes (site_id, id, user_id, old_email, new_email, confirm_hash, state, asked_at, confirm_until, confirmed_at)
			VALUES `+strings.Join(values, ", ")+` RETURNING id`)
		write(t, s, func(q store.Queries) error {
			return q.DropOldEmailChanges(t.Context(), noon.Add(-30*24*time.Hour))
		})
		same(t, "left", raw(t, url, `SELECT id FROM email_changes ORDER BY id`), []string{"new", "old and can be confirmed", "old, of a chain", "the last of the chain"})
	})
}
