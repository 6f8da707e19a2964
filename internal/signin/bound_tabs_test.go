package signin_test

import (
	"sync"
	"testing"
	"time"

	"gatehouse"
)

// Tabs that renew at the same moment all succeed, whatever order the answers arrive in (D21).
func TestTabsRenewTogether(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b := s.bound("msantos")
		s.Clock.Add(9 * time.Minute)
		const tabs = 8
		var all sync.WaitGroup
		cookies := make([]string, tabs)
		for i := range tabs {
			all.Go(func() {
				proof := ""
				for range 2 * tabs { // each round at least one of them succeeds
					out, err := b.refresh(proof)
					if err != nil {
						t.Error(err)
						return
					}
					if out.Proved {
						cookies[i] = out.Value
						return
					}
					proof = b.key.Proof(out.Challenge)
				}
			})
		}
		all.Wait()
		s.Clock.Add(gatehouse.BoundGrace)
		for i, cookie := range cookies {
			if cookie == "" || !b.opens(cookie) {
				t.Errorf("tab %d has %q, which does not open the session", i, cookie)
			}
		}
	})
}

// Of 50 tabs that renew at the same moment, as no browser lets them, some are told to wait. Nothing
// ends by it: the cookies that the others got open the session, and a minute later it is renewed
// again.
func TestFiftyTabsRenewAtOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		b := s.bound("msantos")
		s.Clock.Add(9 * time.Minute)
		var all sync.WaitGroup
		var lock sync.Mutex
		var cookies []string
		for range 50 {
			all.Go(func() {
				proof := ""
				for {
					out, err := b.refresh(proof)
					if gatehouse.KindOf(err) == gatehouse.TooMany {
						return
					}
					if err != nil || out.Over {
						t.Errorf("%+v %v", out, err)
						return
					}
					if out.Proved {
						lock.Lock()
						defer lock.Unlock()
						cookies = append(cookies, out.Value)
						return
					}
					proof = b.key.Proof(out.Challenge)
				}
			})
		}
		all.Wait()
		s.Clock.Add(gatehouse.BoundGrace)
		for _, cookie := range cookies {
			if !b.opens(cookie) {
				t.Errorf("%q does not open the session", cookie)
			}
		}
		if len(cookies) == 0 || s.eventsOf(b.user, gatehouse.EventDeviceRefused) != 0 {
			t.Errorf("%d of 50 were answered", len(cookies))
		}
		s.Clock.Add(time.Minute)
		if b.renew(); !b.opens(b.cookie) {
			t.Error("it cannot be renewed any longer")
		}
	})
}
