package signin_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
)

// Refusals wait until their time is over. Even many of them hold no place at the hash gate and no
// database connection: everybody else signs in as usual, and nobody waits for a client that has
// disconnected.
func TestRefusalsThatWaitHoldUpNobody(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		const strangers = 40 // more than the gate or the pool of connections admits at once
		var judged, answered atomic.Int64
		s.SignIn.Even = time.Hour
		s.SignIn.Counted = func(gatehouse.EventResult) { judged.Add(1) }
		waiting, hangUp := context.WithCancel(context.Background())
		defer hangUp()
		var all sync.WaitGroup
		for i := range strangers {
			all.Go(func() {
				req := signin.PasswordRequest{Username: fmt.Sprint("nobody-", i), Password: wrong, Caller: visitor(s.uk())}
				var err error = &gatehouse.Error{Kind: gatehouse.Unavailable}
				for gatehouse.KindOf(err) == gatehouse.Unavailable { // which is said at once
					_, err = s.SignIn.Password(waiting, s.uk(), req)
				}
				answered.Add(1)
				if gatehouse.KindOf(err) != gatehouse.Unauthenticated {
					t.Error(err)
				}
			})
		}
		free := func() bool {
			running, queued := s.Hasher.Load()
			return running+queued == 0
		}
		for judged.Load() < strangers || !free() {
			time.Sleep(time.Millisecond)
		}
		s.begin(s.addUser("right", nil), first, "", gatehouse.StepDone)
		if n := answered.Load(); n > 0 {
			t.Errorf("%d refusals were answered before their time was over", n)
		}
		hangUp()
		all.Wait()
	})
}

// More expensive hashes take longer, and so do the responses that hide what else is done.
func TestTheEvenTimeFollowsTheHashes(t *testing.T) {
	dearer := secret.DefaultParams
	dearer.MemoryKiB *= 2
	for want, params := range map[time.Duration]secret.Params{100 * time.Millisecond: secret.DefaultParams, 200 * time.Millisecond: dearer} {
		if got := signin.EvenTime(secret.NewHasher(params, 1, 1)); got != want {
			t.Errorf("answers take at least %v, want %v", got, want)
		}
	}
}
