package sso_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// A platform that does not respond delays neither the user nor another platform; one that is down
// is retried, less and less often, and given up after a day, which an operator and the user can
// see.
func TestAPlatformThatDoesNotAnswer(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		slow, quick := newReceiver(t), newReceiver(t)
		slow.hold = make(chan struct{})
		let := sync.OnceFunc(func() { close(slow.hold) })
		t.Cleanup(let)
		s.listening(slow, nil)
		s.tokens()
		down := s.app
		s.listening(quick, nil)
		s.tokens()
		ses := s.open()
		s.signOut()
		quick.told(t, 1)
		slow.told(t, 1)
		for n := range 3 {
			s.again()
			s.tokens()
			s.signOut()
			quick.told(t, n+2)
		}
		if all := s.reachedBy(ses.ID); all[0].Told != "" || all[0].ApplicationID != down.ID {
			t.Errorf("the slow one: %+v", all[0].PlatformLogin)
		}
		slow.answer(http.StatusBadRequest)
		let()
		ended := s.Clock.Now()
		var waits []time.Duration
		for tries := 1; ; tries++ {
			at := func() gatehouse.PlatformLogin { return s.reachedBy(ses.ID)[0].PlatformLogin }
			testkit.Eventually(t, "another try", func() bool { return at().Tries >= tries })
			l := at()
			if l.Told == gatehouse.LogoutFailed {
				break
			}
			if !strings.Contains(l.Problem, "400") {
				t.Fatalf("what is wrong: %q", l.Problem)
			}
			waits = append(waits, l.DueAt.Sub(s.Clock.Now()))
			s.Clock.Add(waits[len(waits)-1])
			s.Logouts.Nudge()
		}
		if waits[0] != 5*time.Second || waits[len(waits)-1] != time.Hour || s.Clock.Now().Sub(ended) < 22*time.Hour || s.Clock.Now().Sub(ended) > 24*time.Hour {
			t.Errorf("it waited %v", waits)
		}
		tried := len(slow.heard())
		s.Clock.Add(48 * time.Hour)
		s.Logouts.Nudge()
		shown, err := s.SSO.Show(t.Context(), s.st, operator, down.ID)
		if err != nil || !strings.Contains(shown.LogoutProblem, "400") || shown.LogoutProblemAt.IsZero() {
			t.Errorf("the operator is shown %q, %v", shown.LogoutProblem, err)
		}
		events, err := s.Store.Read().EventPageOfUser(t.Context(), s.st.ID, s.user.ID, store.EventPage{Kinds: []gatehouse.EventKind{gatehouse.EventLogoutFailed}, Limit: 10})
		if err != nil || len(events) != 1 || events[0].Detail["application"] != down.ID {
			t.Errorf("%+v %v", events, err)
		}
		if len(slow.heard()) != tried {
			t.Error("it is tried on")
		}
	})
}

// Processes that share a database notify each platform of each session once.
func TestProcessesTellOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var others []*sso.Logouts
		for range 3 {
			l := &sso.Logouts{Service: s.SSO, Sites: s.Sites.ByID}
			others = append(others, l)
			all.Go(func() { l.Run(ctx) })
		}
		t.Cleanup(all.Wait)
		t.Cleanup(stop)
		r := newReceiver(t)
		s.listening(r, nil)
		const sessions = 30
		for range sessions {
			s.again()
			s.tokens()
		}
		s.write(func(q store.Queries) error {
			_, err := q.End(t.Context(), store.Ending{User: s.user, Change: gatehouse.TurnedOff, At: s.Clock.Now()})
			return err
		})
		for _, l := range others {
			l.Nudge()
		}
		testkit.Eventually(t, "all to be told", func() bool {
			waiting, _, err := s.Store.Read().LogoutQueue(t.Context(), s.Clock.Now())
			return err == nil && waiting == 0
		})
		seen := map[any]int{}
		for _, form := range r.heard() {
			_, claims := s.read(form.Get("logout_token"))
			seen[claims["sid"]]++
		}
		if len(seen) != sessions || len(r.heard()) != sessions {
			t.Errorf("%d tokens about %d of %d sessions", len(r.heard()), len(seen), sessions)
		}
	})
}

// A platform's address is requested through the guard: what is inside a network is not notified,
// and the recorded problem contains nothing of a response.
func TestLogoutsGoThroughTheGuard(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.BackchannelLogoutURI = "https://10.0.0.1/latest/meta-data" })
		s.tokens()
		ses := s.open()
		s.signOut()
		at := func() gatehouse.PlatformLogin { return s.reachedBy(ses.ID)[0].PlatformLogin }
		testkit.Eventually(t, "the refusal", func() bool { return at().Tries == 1 })
		if problem := at().Problem; !strings.Contains(problem, "refused-address") {
			t.Errorf("what is wrong: %q", problem)
		}
	})
}
