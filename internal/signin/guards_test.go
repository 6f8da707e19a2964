package signin_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"gatehouse"
	"gatehouse/internal/guard"
	"gatehouse/internal/testkit"
)

// Removing any one guard from the code makes a test fail: one of the walks of the model, or
// guessing codes at the same instant. With all of them nothing fails, which
// TestTheServicesDoWhatTheModelDoes shows in this same program.
func TestEveryGuardIsNeeded(t *testing.T) {
	if !guard.Switch {
		const how = "guards can be taken out only with -tags guards, as `make test` does"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	walks, _ := planned()
	s := newStage(t, testkit.SQLiteURL(t), noLimits)
	for _, name := range guard.All() {
		t.Run(string(name), func(t *testing.T) {
			guard.TakeOut(name)
			defer guard.TakeOut("")
			p := &probe{TB: t}
			over := make(chan bool)
			go func() {
				defer close(over)
				on := *s
				on.t = p
				on.tryEverything(walks)
			}()
			if <-over; !p.failed.Load() {
				t.Error("no test fails without it")
			}
		})
	}
}

// tryEverything fails the stage's test if something goes wrong.
func (s *stage) tryEverything(walks []walk) {
	if n := s.guessAtOnce(); n > gatehouse.CodeTries {
		s.t.Fatalf("%d codes were judged", n)
	}
	s.robBound("robbed" + strconv.FormatInt(robbed.Add(1), 10))
	s.robFactors("factors" + strconv.FormatInt(robbed.Add(1), 10))
	for _, w := range walks {
		if wrong := s.play(explored(), w); wrong != "" {
			s.t.Fatal(wrong)
		}
	}
}

// robbed numbers the users of robBound and robFactors.
var robbed atomic.Int64

// probe is a test that is expected to fail: it records that it did.
type probe struct {
	testing.TB
	failed atomic.Bool
}

func (p *probe) Error(args ...any) {
	p.failed.Store(true)
	p.Log(args...)
}

func (p *probe) Errorf(format string, args ...any) { p.Error(fmt.Sprintf(format, args...)) }

func (p *probe) Fatal(args ...any) {
	p.Error(args...)
	runtime.Goexit()
}

func (p *probe) Fatalf(format string, args ...any) { p.Fatal(fmt.Sprintf(format, args...)) }
