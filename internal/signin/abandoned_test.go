package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// process is another process on the same database, with the given lease.
func (s *stage) process(url string, lease time.Duration) *store.Store {
	s.t.Helper()
	other, err := store.Open(ctx, url)
	s.must(err)
	s.t.Cleanup(func() { other.Close() })
	s.must(other.Alive(ctx, lease))
	return other
}

// begun leaves attempts as a process does that has started to verify them.
func (s *stage) begun(other *store.Store, u gatehouse.User, n int) {
	s.t.Helper()
	for range n {
		s.must(other.Write(ctx, func(q store.Queries) error {
			counts, err := q.HoldAttempts(ctx, u.SiteID, u.ID, "", s.Clock.Now())
			if err != nil {
				return err
			}
			counts, verdict := counts.Take(s.Sites.ByID(u.SiteID).Policy.Lockout, s.Clock.Now())
			if verdict != gatehouse.Admit {
				s.t.Fatalf("verdict %d", verdict)
			}
			return errors.Join(q.SaveAttempts(ctx, u.SiteID, u.ID, "", counts),
				q.InsertOpenAttempt(ctx, store.OpenAttempt{SiteID: u.SiteID, Subject: u.ID, ID: store.NewID("att", s.Clock.Now())}))
		}))
	}
}

func (s *stage) counts(u gatehouse.User) gatehouse.Attempts {
	s.t.Helper()
	counts, err := s.Store.Read().Attempts(ctx, u.SiteID, u.ID, "")
	s.must(err)
	return counts
}

// Attempts open in a process when it died are closed as wrong as soon as it is known to be dead:
// nobody waits for them (invariant 3). Those of a live process stay open, except on SQLite, which
// serves only one process: any process that starts there is the only one.
func TestAttemptsOfAProcessThatDiedAreClosed(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := newStage(t, url, noLimits)
		few, many, alive := s.addUser("few", nil), s.addUser("many", nil), s.addUser("alive", nil)
		died := s.process(url, -time.Second)
		s.begun(died, few, 3)
		s.begun(died, many, 6)
		s.begun(s.process(url, time.Hour), alive, 2)
		s.must(s.SignIn.CloseAbandoned(ctx))
		if c := s.counts(few); c.Row != 3 || c.All != 3 || c.Open != 0 {
			t.Errorf("three that nobody finished: %+v", c)
		}
		if c := s.counts(alive); (c.Open == 2) != s.Store.Shared() || c.Row+c.Open != 2 {
			t.Errorf("two of a process that is alive: %+v", c)
		}
		s.open(few, first, "")
		_, err := s.enter(many, first, "") // would be Unavailable, had it waited in vain for those six
		s.refused("after six that nobody finished", err, gatehouse.Unauthenticated, "sign-in-failed")
		if c := s.counts(many); c.LockedAt.IsZero() || c.Row != 6 || c.Open != 0 {
			t.Errorf("six that nobody finished: %+v", c)
		}
		if m := s.mails(many); m != "locked-strangers" {
			t.Errorf("the owner was told %q", m)
		}
		s.must(s.SignIn.CloseAbandoned(ctx)) // by another process at the same moment
		if c := s.counts(few); c.All != 3 {
			t.Errorf("closed twice: %+v", c)
		}
	})
}

// A process that was only slow, and was taken for dead, judges nothing that has been closed:
// neither a right nor a wrong password gets a telling response, and the counts do not change.
func TestASlowProcessJudgesNothingThatIsClosed(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := newStage(t, url, noLimits)
		slow, desk := *s.SignIn, *s.SignIn.Desk
		desk.Store = s.process(url, -time.Second)
		slow.Desk = &desk
		for _, password := range []string{first, wrong} {
			passes := uint32(16)
			for !s.closedMeanwhile(&slow, password, passes) {
				if passes *= 4; passes > 4000 {
					t.Fatalf("%q: judged before it was closed, however long it took", password)
				}
			}
		}
	})
}

// closedMeanwhile closes the attempt of a slow process while it verifies a hash with this many
// passes. It returns false if the process was faster.
func (s *stage) closedMeanwhile(slow *signin.Service, password string, passes uint32) bool {
	s.t.Helper()
	slow.Hasher = secret.NewHasher(secret.Params{MemoryKiB: 19456, Time: passes, Parallelism: 1}, 1, 10)
	hash, err := slow.Hasher.Hash(ctx, first)
	s.must(err)
	u := s.addUser(fmt.Sprintf("slow-%t-%d", password == first, passes), func(u *gatehouse.User) { u.Password.Hash = hash })
	done := make(chan error, 1)
	go func() {
		_, err := slow.Password(ctx, s.uk(), signin.PasswordRequest{Username: u.Username, Password: password, Caller: visitor(s.uk())})
		done <- err
	}()
	testkit.Eventually(s.t, "the attempt to be open", func() bool {
		counts, err := s.Store.Read().Attempts(ctx, u.SiteID, u.ID, "")
		return err == nil && counts.Open == 1 || len(done) == 1
	})
	s.must(s.SignIn.CloseAbandoned(ctx))
	err = <-done
	if err == nil || gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		return false
	}
	if gatehouse.KindOf(err) != gatehouse.Unavailable {
		s.t.Errorf("%q: %v, want to be asked to try again", password, err)
	}
	if c := s.counts(u); c.Row != 1 || c.All != 1 || c.Open != 0 {
		s.t.Errorf("%q: counted as %+v", password, c)
	}
	if sessions, err := s.Store.Read().SessionsOf(ctx, u.SiteID, u.ID, s.Clock.Now(), 10); err != nil || len(sessions) != 0 {
		s.t.Errorf("%q: sessions %+v, %v", password, sessions, err)
	}
	s.open(u, first, "")
	return true
}
