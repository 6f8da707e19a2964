package signin_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// explored and planned are shared by several tests.
var (
	explored = sync.OnceValue(func() *graph { return explore(rules{}) })
	planned  = sync.OnceValues(func() (walks []walk, kinds int) {
		kindOf := explored().few
		if budget.Long() {
			kindOf = explored().most
		}
		walks, kinds = plan(explored(), kindOf)
		return append(telling(), walks...), kinds
	})
)

// telling are the walks that show what each rule is for: they try on the real services what would
// be wrong at their end without it.
func telling() (walks []walk) {
	for without := noRule + 1; without < ruleCount; without++ {
		broken := explore(rules{without})
		begin, todo := broken.way(broken.at)
		m := begin.modelState
		for i, a := range todo {
			next, _, may := rules{}.do(m, a)
			if !may {
				todo = todo[:i]
				break
			}
			m = next
		}
		walks = append(walks, walk{begin.modelState, todo})
	}
	return walks
}

// The real services do what the model does, on both databases: every reply, and what is visible
// after every act, in any order. The walks try every kind of transition that the model has; `make
// test-long` tries far more kinds. PostgreSQL does the first of them.
func TestTheServicesDoWhatTheModelDoes(t *testing.T) {
	walks, kinds := planned()
	t.Run("sqlite", func(t *testing.T) { playAll(t, testkit.SQLiteURL, walks, 2) })
	t.Run("postgres", func(t *testing.T) { playAll(t, testkit.PostgresURL, firstOf(walks, length(walks)/10), 1) })
	t.Logf("%d walks with %d acts try %d kinds of transitions: %d of the %d that the model has", len(walks), length(walks), kinds, tried(walks), explored().edges)
}

// firstOf returns the first walks, up to a number of acts.
func firstOf(walks []walk, most int) []walk {
	for i := range walks {
		if most -= len(walks[i].todo); most < 0 {
			return walks[:i+1]
		}
	}
	return walks
}

// tried counts the transitions in walks.
func tried(walks []walk) int {
	g, all := explored(), map[came]bool{}
	for _, w := range walks {
		p := place{w.begin, notesOf(w.begin)}
		for _, a := range w.todo {
			all[came{g.number[p], a}] = true
			p, _, _, _ = g.step(p, a)
		}
	}
	return len(all)
}

// playAll does walks on this many servers at a time, until one of them fails.
func playAll(t *testing.T, database func(testing.TB) string, walks []walk, servers int) {
	var over atomic.Bool
	for n := range servers {
		t.Run(fmt.Sprint("server-", n+1), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, database(t), noLimits)
			for i := n; i < len(walks) && !over.Load(); i += servers {
				if wrong := s.play(explored(), walks[i]); wrong != "" {
					over.Store(true)
					t.Fatal(wrong)
				}
			}
		})
	}
}

// Invariant 3, where the model says nothing: of wrong codes that are entered at the same instant,
// no more are judged than a sign-in allows.
func TestNoMoreCodesAreJudgedAtOnceThanInARow(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		if n := s.guessAtOnce(); n > gatehouse.CodeTries {
			t.Errorf("%d codes were judged", n)
		}
	})
}

// guessAtOnce enters many wrong codes, and returns how many were judged. All have read the sign-in
// before the first is counted: each asks for the time then, and waits for the rest.
func (s *stage) guessAtOnce() (judged int) {
	s.t.Helper()
	p := newPlayer(s, modelState{password: ownPassword, company: true})
	out, err := p.SignIn.Password(ctx, p.st, signin.PasswordRequest{Username: p.user.Username, Password: first, Caller: visitor(p.st)})
	s.must(err)
	p.tabs[0].signIn = out.SignIn
	right := p.code()
	const guesses = 40
	var arrived, clients sync.WaitGroup
	arrived.Add(guesses)
	for n := range guesses {
		code := fmt.Sprintf("%06d", n)
		if code == right {
			code = "999999"
		}
		clients.Go(func() {
			var here sync.Once
			service, desk := *p.SignIn, *p.SignIn.Desk
			service.Desk = &desk
			desk.Now = func() time.Time {
				here.Do(func() { arrived.Done(); arrived.Wait() })
				return p.Clock.Now()
			}
			if _, err := service.EnterCode(ctx, p.st, p.at(0), signin.CodeForm{Code: code}); err == nil {
				s.t.Error("a wrong code was taken")
			}
		})
	}
	clients.Wait()
	lines, err := s.Store.Read().EventPageOfUser(ctx, p.user.SiteID, p.user.ID, store.EventPage{Kinds: []gatehouse.EventKind{gatehouse.EventCode}, Limit: 100})
	s.must(err)
	return len(lines)
}
