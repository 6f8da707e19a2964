package gatehouse_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

// guessState is where an attempt of the model is.
type guessState string

const (
	waiting       guessState = "waiting"
	beingVerified guessState = "being verified"
	refused       guessState = "refused"
	answered      guessState = "answered"
	died          guessState = "died"
)

type guess struct {
	number int64
	right  bool
	state  guessState
	// admitted: the password was looked at, whatever became of it.
	admitted bool
	began    time.Duration // by a clock that nobody sets
}

// lockout plays a sign-in service around the rule: every attempt takes a number, is
// judged, verified, and its outcome recorded, each in a transaction of its own; in
// between anything may happen. It knows which guesses are right, the rule does not.
type lockout struct {
	policy  gatehouse.LockoutPolicy
	counts  gatehouse.Attempts
	now     time.Time     // what the server takes for the time
	elapsed time.Duration // what has really passed
	guesses []*guess
	cleared []int64 // numbers at which a row ends: right ones and unlocks
	wrong   int64   // answered "wrong" since the last recovery
	// complaints are breaches that only show at the moment of a verdict.
	complaints []string
}

func newLockout(p gatehouse.LockoutPolicy) *lockout { return &lockout{policy: p, now: noon} }

func (l *lockout) complain(format string, args ...any) {
	l.complaints = append(l.complaints, fmt.Sprintf(format, args...))
}

func (l *lockout) locked() bool {
	return !l.counts.LockedAt.IsZero() && !gatehouse.LockOver(l.policy, l.counts, l.now)
}

func (l *lockout) lock() {
	if l.counts.LockedAt.IsZero() {
		l.counts.LockedAt = l.now
	}
}

// arrive takes a number and judges it in the same transaction.
func (l *lockout) arrive(right bool) *guess {
	l.counts.Made++
	g := &guess{number: l.counts.Made, right: right, state: waiting, began: l.elapsed}
	if gatehouse.LockOver(l.policy, l.counts, l.now) {
		l.counts.Cleared, l.counts.LockedAt = g.number-1, time.Time{}
		l.cleared = append(l.cleared, g.number-1)
	}
	l.guesses = append(l.guesses, g)
	l.look(g)
	return g
}

// look asks for the verdict on an attempt that has a number, at first and again
// while it waits.
func (l *lockout) look(g *guess) {
	switch gatehouse.JudgeAttempt(l.policy, l.counts, g.number, l.now) {
	case gatehouse.Admit:
		g.state, g.admitted = beingVerified, true
		l.counts.AdmittedAt = l.now
	case gatehouse.Refuse:
		g.state = refused
		if !l.locked() {
			l.complain("attempt %d was refused, but nothing is locked: %+v", g.number, l.counts)
		}
	case gatehouse.Lock:
		if l.locked() {
			l.complain("attempt %d locks what is locked", g.number)
		}
		l.lock()
		g.state = refused
	}
}

// finish records the outcome of an attempt that was verified.
func (l *lockout) finish(g *guess) {
	if g.state != beingVerified {
		return
	}
	g.state = answered
	if g.right {
		l.counts.Cleared = max(l.counts.Cleared, g.number)
		l.cleared = append(l.cleared, g.number)
		return
	}
	l.wrong++
	l.counts.Wrong++
	if gatehouse.LocksNow(l.policy, l.counts, g.number) {
		l.lock()
	}
}

// unlock is that of an administrator or, with a recovery, the owner's own.
func (l *lockout) unlock(recovery bool) {
	l.counts.Cleared, l.counts.LockedAt = l.counts.Made, time.Time{}
	l.cleared = append(l.cleared, l.counts.Made)
	if recovery {
		l.counts.Wrong, l.wrong = 0, 0
	}
}

// pass lets time go by. An attempt does not live longer than AttemptTime.
func (l *lockout) pass(d time.Duration) {
	l.now, l.elapsed = l.now.Add(d), l.elapsed+d
	for _, g := range l.in(waiting, beingVerified) {
		if l.elapsed-g.began >= gatehouse.AttemptTime {
			g.state = died
		}
	}
}

func (l *lockout) in(states ...guessState) []*guess {
	var found []*guess
	for _, g := range l.guesses {
		if slices.Contains(states, g.state) {
			found = append(found, g)
		}
	}
	return found
}

// oldest is the age of the oldest attempt that is not at its end.
func (l *lockout) oldest() time.Duration {
	var age time.Duration
	for _, g := range l.in(waiting, beingVerified) {
		age = max(age, l.elapsed-g.began)
	}
	return age
}

// longestRow is the largest number of wrong guesses that were looked at between two
// numbers that end a row.
func (l *lockout) longestRow() int {
	ends := slices.Sorted(slices.Values(l.cleared))
	rows := map[int]int{}
	for _, g := range l.guesses {
		if g.admitted && !g.right {
			row, _ := slices.BinarySearch(ends, g.number)
			rows[row]++
		}
	}
	longest := 0
	for _, n := range rows {
		longest = max(longest, n)
	}
	return longest
}

// actions are what may happen, drawn one after the other.
func (l *lockout) actions(names ...string) map[string]func(*rapid.T) {
	one := func(t *rapid.T, states ...guessState) *guess {
		some := l.in(states...)
		if len(some) == 0 {
			t.Skip("none")
		}
		return rapid.SampledFrom(some).Draw(t, "which")
	}
	all := map[string]func(*rapid.T){
		"wrong guess": func(*rapid.T) { l.arrive(false) },
		"wrong burst": func(t *rapid.T) {
			for range rapid.IntRange(2, 12).Draw(t, "burst") {
				l.arrive(false)
			}
		},
		"right guess":    func(*rapid.T) { l.arrive(true) },
		"look again":     func(t *rapid.T) { l.look(one(t, waiting)) },
		"finish":         func(t *rapid.T) { l.finish(one(t, beingVerified)) },
		"finish another": func(t *rapid.T) { l.finish(one(t, beingVerified)) },
		"die":            func(t *rapid.T) { one(t, waiting, beingVerified).state = died },
		"seconds pass":   func(t *rapid.T) { l.pass(time.Duration(rapid.IntRange(1, 130).Draw(t, "seconds")) * time.Second) },
		"hours pass":     func(t *rapid.T) { l.pass(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour) },
		"clock jumps": func(t *rapid.T) {
			l.now = l.now.Add(time.Duration(rapid.IntRange(-48, 48).Draw(t, "jump")) * time.Hour)
		},
		"unlock":           func(*rapid.T) { l.unlock(false) },
		"recovery":         func(*rapid.T) { l.unlock(true) },
		"unlock, no queue": func(*rapid.T) { l.lookAll(); l.unlock(false) },
	}
	chosen := map[string]func(*rapid.T){}
	for _, name := range names {
		chosen[name] = all[name]
		if all[name] == nil {
			panic("no action " + name)
		}
	}
	return chosen
}

// lookAll lets everything that waits look again, and what still waits give up.
func (l *lockout) lookAll() {
	for _, g := range l.in(waiting) {
		l.look(g)
		if g.state == waiting {
			g.state = died
		}
	}
}

// anyLockout draws a policy; small totals are reached within a test.
func anyLockout(t *rapid.T, least, most int) *lockout {
	p := gatehouse.LockoutPolicy{Attempts: rapid.IntRange(3, gatehouse.CeilingAttempts).Draw(t, "attempts")}
	p.InAll = max(p.Attempts, rapid.IntRange(least, most).Draw(t, "in all"))
	p.UnlockAfter = rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, 24 * time.Hour}).Draw(t, "unlock after")
	return newLockout(p)
}

var guessing = []string{"wrong guess", "wrong burst", "right guess", "look again", "finish", "finish another", "die", "seconds pass", "hours pass"}

// Invariant 3: whatever the interleaving of guesses, deaths, time and unlocks, never
// more than policy.Attempts wrong guesses in a row are looked at, and what is
// counted is never less than what was answered.
func TestNeverMoreWrongGuessesInARowThanThePolicyAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkRows(t, anyLockout(t, 100, 100), append(guessing, "unlock, no queue"))
	})
}

// The same where locks do not end by themselves and the clock is set to and fro.
func TestNeverMoreWrongGuessesInARowByAnyClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 100, 100)
		l.policy.UnlockAfter = 0
		checkRows(t, l, append(guessing, "clock jumps", "unlock, no queue"))
	})
}

// The same while guesses wait and a lock ends under them: by an unlock, a recovery,
// or a clock that is set forward.
func TestNeverMoreWrongGuessesInARowWhenUnlockedInBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkRows(t, anyLockout(t, 100, 100), append(guessing, "unlock", "recovery", "clock jumps"))
	})
}

func checkRows(t *rapid.T, l *lockout, names []string) {
	actions := l.actions(names...)
	actions[""] = func(t *rapid.T) {
		if n := l.longestRow(); n > l.policy.Attempts {
			t.Fatalf("%d wrong guesses in a row with %+v", n, l.policy)
		}
		if l.counts.Wrong < l.wrong {
			t.Fatalf("%d wrong counted, %d made", l.counts.Wrong, l.wrong)
		}
		if int64(len(l.guesses)) != l.counts.Made || l.counts.Cleared > l.counts.Made {
			t.Fatalf("%d guesses, counts %+v", len(l.guesses), l.counts)
		}
	}
	t.Repeat(actions)
}

// Invariant 3 for the total, with clears, deaths and locks that end by time.
func TestNeverMoreWrongGuessesInAllThanThePolicyAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 3, 20)
		actions := l.actions(append(guessing, "unlock, no queue")...)
		actions[""] = func(t *rapid.T) {
			if l.wrong > int64(l.policy.InAll) {
				t.Fatalf("%d wrong guesses in all with %+v", l.wrong, l.policy)
			}
		}
		t.Repeat(actions)
	})
}

// A refusal is always one of a lock: the owner was told of that, and the
// administrator sees it.
func TestWhatIsRefusedIsLocked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 10, 100)
		actions := l.actions(guessing...)
		actions[""] = func(t *rapid.T) {
			if len(l.complaints) > 0 {
				t.Fatal(l.complaints[0])
			}
		}
		t.Repeat(actions)
	})
}

// Right guesses alone never lock anybody, however many tabs and devices send them
// at once and in whatever order they end.
func TestRightGuessesNeverLock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 100, 100)
		actions := l.actions("right guess", "look again", "finish", "finish another")
		actions["right burst"] = func(t *rapid.T) {
			for range rapid.IntRange(2, 30).Draw(t, "burst") {
				l.arrive(true)
			}
		}
		actions["a moment passes"] = func(t *rapid.T) {
			d := time.Duration(rapid.IntRange(1, 20).Draw(t, "seconds")) * time.Second
			for _, g := range l.in(waiting) { // who waits looks again much more often
				l.look(g)
			}
			for n := 0; l.oldest()+d >= gatehouse.AttemptTime; n++ { // nothing takes that long
				if n > 1000 {
					t.Fatalf("they wait for each other: %+v", l.counts)
				}
				for _, g := range l.in(waiting, beingVerified) {
					l.look(g)
					l.finish(g)
				}
			}
			l.pass(d)
		}
		actions[""] = func(t *rapid.T) {
			if !l.counts.LockedAt.IsZero() || len(l.in(refused)) > 0 {
				t.Fatalf("locked or refused: %+v", l.counts)
			}
		}
		t.Repeat(actions)
	})
}

// A lock by attempts has a row of at least policy.Attempts guesses behind it of
// which none was or is going to be right. (One that has died may have been.)
func TestALockHasARowOfWrongGuessesBehindIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 100, 100)
		actions := l.actions("wrong guess", "wrong burst", "right guess", "look again", "finish", "finish another")
		actions[""] = func(t *rapid.T) {
			if l.locked() && l.longestUnbroken() < l.policy.Attempts {
				t.Fatalf("locked with %d wrong in a row, the policy says %d", l.longestUnbroken(), l.policy.Attempts)
			}
		}
		t.Repeat(actions)
	})
}

// longestUnbroken is the longest row of guesses by number without a right one,
// answered or still being verified.
func (l *lockout) longestUnbroken() int {
	longest, row := 0, 0
	for _, g := range l.guesses {
		row++
		if g.right {
			row = 0
		}
		longest = max(longest, row)
	}
	return longest
}

// RL-2: time does not end a lock by total, and neither does a clock.
func TestALockByTotalDoesNotEndByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 10, 40)
		for n := 0; l.wrong < int64(l.policy.InAll); n++ {
			if n > 1000 {
				t.Fatalf("the total is never reached: %+v", l.counts)
			}
			g := l.arrive(rapid.IntRange(1, 5).Draw(t, "of five") == 1)
			l.finish(g)
			if g.state == refused {
				l.unlock(false) // the administrator helps each time, without a recovery
			}
		}
		hours := time.Duration(rapid.IntRange(0, 100000).Draw(t, "hours")) * time.Hour
		if rapid.Bool().Draw(t, "only the clock") {
			l.now = l.now.Add(hours)
		} else {
			l.pass(hours)
		}
		if g := l.arrive(true); g.state != refused || !l.locked() {
			t.Fatalf("after %s: %s, %+v", hours, g.state, l.counts)
		}
	})
}

// Wait always ends: once nothing has been admitted for AttemptTime, nobody waits.
func TestWaitAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 3, 100)
		actions := l.actions(append(guessing, "unlock")...)
		actions[""] = func(t *rapid.T) {
			for _, g := range l.in(waiting) {
				if v := gatehouse.JudgeAttempt(l.policy, l.counts, g.number, l.now.Add(gatehouse.AttemptTime)); v == gatehouse.Wait {
					t.Fatalf("attempt %d waits for ever: %+v", g.number, l.counts)
				}
			}
		}
		t.Repeat(actions)
	})
}

// Invariant 7: what happens to guesses does not depend on what is known about the
// account. Two subjects with the same attempts get the same verdicts at any time
// of day, so a name that is none can be counted like one that is.
func TestVerdictsDependOnNothingButTheCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := attempts(rapid.Int64Range(0, 30).Draw(t, "made"), rapid.Int64Range(0, 30).Draw(t, "cleared"), rapid.Int64Range(0, 110).Draw(t, "wrong"))
		ago := time.Duration(rapid.IntRange(0, 300).Draw(t, "ago")) * time.Second
		a.AdmittedAt = noon.Add(-ago)
		b := a
		shift := time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "shift"))
		b.AdmittedAt = b.AdmittedAt.Add(shift)
		number := rapid.Int64Range(1, 30).Draw(t, "number")
		first := gatehouse.JudgeAttempt(sixOfHundred, a, number, noon)
		if second := gatehouse.JudgeAttempt(sixOfHundred, b, number, noon.Add(shift)); first != second {
			t.Fatalf("%d, and %d later", first, second)
		}
	})
}
