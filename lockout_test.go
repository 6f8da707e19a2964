package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

var sixOfHundred = gatehouse.LockoutPolicy{Attempts: 6, InAll: 100}

// attempts begins counts in one line.
func attempts(made, cleared, wrong int64) gatehouse.Attempts {
	return gatehouse.Attempts{Made: made, Cleared: cleared, Wrong: wrong}
}

func TestJudgeAttempt(t *testing.T) {
	locked := func(a gatehouse.Attempts) gatehouse.Attempts { a.LockedAt = noon.Add(-time.Hour); return a }
	admitted := func(a gatehouse.Attempts, ago time.Duration) gatehouse.Attempts {
		a.AdmittedAt = noon.Add(-ago)
		return a
	}
	unlocking := sixOfHundred
	unlocking.UnlockAfter = time.Hour
	for _, test := range []struct {
		name   string
		policy gatehouse.LockoutPolicy
		counts gatehouse.Attempts
		number int64
		want   gatehouse.AttemptVerdict
	}{
		{"the first", sixOfHundred, attempts(1, 0, 0), 1, gatehouse.Admit},
		{"the sixth after five wrong ones", sixOfHundred, attempts(6, 0, 5), 6, gatehouse.Admit},
		{"the sixth after a right one", sixOfHundred, attempts(16, 10, 5), 16, gatehouse.Admit},
		{"the seventh while six are verified", sixOfHundred, admitted(attempts(7, 0, 0), time.Second), 7, gatehouse.Wait},
		{"the seventh just before the others are given up", sixOfHundred, admitted(attempts(7, 0, 3), gatehouse.AttemptTime-1), 7, gatehouse.Wait},
		{"the seventh when the others are given up", sixOfHundred, admitted(attempts(7, 0, 3), gatehouse.AttemptTime), 7, gatehouse.Lock},
		{"the seventh, nothing ever admitted", sixOfHundred, attempts(7, 0, 0), 7, gatehouse.Lock},
		{"overtaken by a right one", sixOfHundred, attempts(20, 12, 0), 9, gatehouse.Admit},
		{"locked", sixOfHundred, locked(attempts(7, 0, 6)), 7, gatehouse.Refuse},
		{"locked, though the number is cleared", sixOfHundred, locked(attempts(7, 7, 6)), 3, gatehouse.Refuse},
		{"locked, the time not over", unlocking, func() gatehouse.Attempts {
			a := locked(attempts(7, 0, 6))
			a.LockedAt = a.LockedAt.Add(time.Microsecond)
			return a
		}(), 7, gatehouse.Refuse},
		{"locked, the time over, begun anew", unlocking, locked(attempts(7, 6, 6)), 7, gatehouse.Admit},
		{"locked by total, the time over", unlocking, locked(attempts(7, 6, 100)), 7, gatehouse.Refuse},
	} {
		if got := gatehouse.JudgeAttempt(test.policy, test.counts, test.number, noon); got != test.want {
			t.Errorf("%s: verdict %d, want %d", test.name, got, test.want)
		}
	}
}

func TestLocksNow(t *testing.T) {
	for _, test := range []struct {
		name   string
		counts gatehouse.Attempts
		number int64
		want   bool
	}{
		{"the fifth wrong in a row", attempts(5, 0, 5), 5, false},
		{"the sixth wrong in a row", attempts(6, 0, 6), 6, true},
		{"the sixth wrong, a right one in between", attempts(7, 3, 6), 7, false},
		{"the sixth in a row after many rows", attempts(56, 50, 40), 56, true},
		{"one that a right one has overtaken", attempts(9, 8, 5), 3, false},
		{"the hundredth in all", attempts(300, 299, 100), 300, true},
		{"the hundredth in all, overtaken by a right one", attempts(300, 300, 100), 299, true},
		{"the ninety-ninth in all", attempts(300, 299, 99), 300, false},
	} {
		if got := gatehouse.LocksNow(sixOfHundred, test.counts, test.number); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestLockEndsAndLockOver(t *testing.T) {
	hour := gatehouse.LockoutPolicy{Attempts: 6, InAll: 100, UnlockAfter: time.Hour}
	locked := gatehouse.Attempts{Made: 6, Wrong: 6, LockedAt: noon}
	byTotal := gatehouse.Attempts{Made: 200, Wrong: 100, LockedAt: noon}
	for _, test := range []struct {
		name   string
		policy gatehouse.LockoutPolicy
		counts gatehouse.Attempts
		ends   time.Time
	}{
		{"not locked", hour, attempts(6, 0, 6), time.Time{}},
		{"locked, with an end", hour, locked, noon.Add(time.Hour)},
		{"locked, without an end", sixOfHundred, locked, time.Time{}},
		{"locked by total", hour, byTotal, time.Time{}},
	} {
		if got := gatehouse.LockEnds(test.policy, test.counts); !got.Equal(test.ends) {
			t.Errorf("%s: ends %v, want %v", test.name, got, test.ends)
		}
		for _, after := range []time.Duration{-time.Hour, 0, time.Hour - 1, time.Hour, 1000 * time.Hour} {
			want := !test.ends.IsZero() && !noon.Add(after).Before(test.ends)
			if got := gatehouse.LockOver(test.policy, test.counts, noon.Add(after)); got != want {
				t.Errorf("%s, after %s: over %v, want %v", test.name, after, got, want)
			}
		}
	}
}

// The story of A08: five may go wrong, the sixth wrong one locks; a right one in
// between begins a new row.
func TestA08TheSixthWrongAttemptLocks(t *testing.T) {
	l := newLockout(sixOfHundred)
	for range 5 {
		l.finish(l.arrive(false))
	}
	if l.locked() {
		t.Fatal("locked after five")
	}
	l.finish(l.arrive(true))
	for n := range 6 {
		if l.locked() {
			t.Fatalf("locked after %d", n)
		}
		l.finish(l.arrive(false))
	}
	if !l.locked() {
		t.Fatal("not locked after six")
	}
	if g := l.arrive(true); g.state != refused {
		t.Fatalf("the right password while locked: %s", g.state)
	}
	l.unlock(false)
	if g := l.arrive(true); g.state != beingVerified {
		t.Fatalf("the right password after the unlock: %s", g.state)
	}
}

// RL-2: the hundredth wrong attempt locks, however they are spread over rows, and
// until then everybody is admitted: an attempt that is refused is one of a locked
// account, of which the owner was told.
func TestTheHundredthWrongAttemptInAllLocks(t *testing.T) {
	for inARow := range 5 {
		l := newLockout(sixOfHundred)
		for n := 1; n <= 100; n++ {
			g := l.arrive(false)
			if g.state != beingVerified {
				t.Errorf("%d wrong in each row: with %d of 100 wrong, attempt %d after the last right one is %s; locked: %v",
					inARow+1, n-1, g.number-l.counts.Cleared, g.state, l.locked())
				break
			}
			l.finish(g)
			if l.locked() != (n == 100) {
				t.Errorf("%d wrong in each row: locked = %v after %d", inARow+1, l.locked(), n)
				break
			}
			if n%(inARow+1) == 0 && n < 100 {
				l.finish(l.arrive(true))
			}
		}
	}
}

// RL-2 with attempts in flight: those that a right one has overtaken are still to
// be counted, so they take room from those that come after it.
func TestAttemptsInFlightCountTowardsTheTotal(t *testing.T) {
	l := newLockout(sixOfHundred)
	l.counts.Wrong, l.wrong = 94, 94
	for range 5 {
		l.arrive(false)
	}
	l.finish(l.arrive(true))
	for range 6 {
		l.arrive(false)
	}
	for _, g := range l.in(beingVerified) {
		l.finish(g)
	}
	if l.wrong > 100 {
		t.Errorf("%d wrong guesses in all were answered, the policy says 100", l.wrong)
	}
}

// Attempts that wait while somebody unlocks are not admitted all at once: an
// attacker could otherwise keep a thousand in the queue for that moment.
func TestAnUnlockDoesNotAdmitTheQueue(t *testing.T) {
	l := newLockout(sixOfHundred)
	var queue []*guess
	for range 1000 {
		queue = append(queue, l.arrive(false))
	}
	for _, g := range queue[:6] {
		l.finish(g)
	}
	l.unlock(false) // before any of those that wait has looked again
	admitted := 0
	for _, g := range queue[6:] {
		l.look(g)
		if g.state == beingVerified {
			admitted++
		}
	}
	if admitted > sixOfHundred.Attempts {
		t.Errorf("the unlock let %d waiting guesses through, at most %d may follow one", admitted, sixOfHundred.Attempts)
	}
}

// The right attempt among six that are verified at once has not happened yet when
// the others turn out wrong, but five wrong ones are no reason to lock.
func TestARightAttemptInFlightDoesNotHelpToLock(t *testing.T) {
	l := newLockout(sixOfHundred)
	var right *guess
	for n := range 6 {
		g := l.arrive(n == 2)
		if n == 2 {
			right = g
			continue
		}
		l.finish(g)
	}
	l.finish(right)
	if l.locked() {
		t.Error("locked after five wrong attempts and a right one")
	}
}

// A clock that was wrong for a moment does not make everybody wait until that time.
func TestAClockThatWasAheadIsNotWaitedFor(t *testing.T) {
	a := attempts(7, 0, 0)
	a.AdmittedAt = noon.Add(365 * 24 * time.Hour) // admitted before the clock was set right
	if got := gatehouse.JudgeAttempt(sixOfHundred, a, 7, noon.Add(2*gatehouse.AttemptTime)); got == gatehouse.Wait {
		t.Error("waits for a year")
	}
}
