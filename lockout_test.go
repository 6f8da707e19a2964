package gatehouse_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

var (
	sixOfHundred = gatehouse.LockoutPolicy{Attempts: 6, InAll: 100}
	// sixAnHour is sixOfHundred with locks that end by themselves.
	sixAnHour = gatehouse.LockoutPolicy{Attempts: 6, InAll: 100, UnlockAfter: time.Hour}
)

// attempts writes counts in one line: wrong ones in a row and in all, and open ones, the last of
// which was admitted a second ago.
func attempts(row, all, open int) gatehouse.Attempts {
	a := gatehouse.Attempts{Row: row, All: all, Open: open}
	if open > 0 {
		a.OpenedAt = noon.Add(-time.Second)
	}
	return a
}

// lockedFor returns counts that were locked this long ago.
func lockedFor(d time.Duration, a gatehouse.Attempts) gatehouse.Attempts {
	a.LockedAt = noon.Add(-d)
	return a
}

// openFor returns counts whose last attempt was admitted this long ago.
func openFor(d time.Duration, a gatehouse.Attempts) gatehouse.Attempts {
	a.OpenedAt = noon.Add(-d)
	return a
}

func TestTake(t *testing.T) {
	admitted := func(row, all, open int) gatehouse.Attempts { return openFor(0, attempts(row, all, open)) }
	for _, test := range []struct {
		name   string
		policy gatehouse.LockoutPolicy
		before gatehouse.Attempts
		want   gatehouse.AttemptVerdict
		after  gatehouse.Attempts
	}{
		{"the first", sixOfHundred, attempts(0, 0, 0), gatehouse.Admit, admitted(0, 0, 1)},
		{"the sixth after five wrong ones", sixOfHundred, attempts(5, 5, 0), gatehouse.Admit, admitted(5, 5, 1)},
		{"the sixth while five are verified", sixOfHundred, attempts(0, 0, 5), gatehouse.Admit, admitted(0, 0, 6)},
		{"the seventh while six are verified", sixOfHundred, attempts(0, 0, 6), gatehouse.Wait, attempts(0, 0, 6)},
		{"the seventh after five, while one is verified", sixOfHundred, attempts(5, 5, 1), gatehouse.Wait, attempts(5, 5, 1)},
		{"just before the others are given up", sixOfHundred, openFor(gatehouse.AttemptTime-1, attempts(5, 9, 1)), gatehouse.Wait, openFor(gatehouse.AttemptTime-1, attempts(5, 9, 1))},
		{"the others are given up and lock", sixOfHundred, openFor(gatehouse.AttemptTime, attempts(5, 9, 1)), gatehouse.Refuse, lockedFor(0, openFor(gatehouse.AttemptTime, attempts(6, 10, 0)))},
		{"the others are given up and leave room", sixOfHundred, openFor(gatehouse.AttemptTime, attempts(3, 9, 2)), gatehouse.Admit, admitted(5, 11, 1)},
		{"the others are given up and lock by total", sixOfHundred, openFor(gatehouse.AttemptTime, attempts(1, 99, 1)), gatehouse.Refuse, lockedFor(0, openFor(gatehouse.AttemptTime, attempts(2, 100, 0)))},
		{"nobody is verified, long ago or not", sixOfHundred, openFor(gatehouse.AttemptTime, attempts(3, 9, 0)), gatehouse.Admit, admitted(3, 9, 1)},
		{"the hundredth in all", sixOfHundred, attempts(0, 99, 0), gatehouse.Admit, admitted(0, 99, 1)},
		{"the hundredth in all is verified", sixOfHundred, attempts(0, 99, 1), gatehouse.Wait, attempts(0, 99, 1)},
		{"locked", sixOfHundred, lockedFor(1000*time.Hour, attempts(6, 6, 0)), gatehouse.Refuse, lockedFor(1000*time.Hour, attempts(6, 6, 0))},
		{"locked, though the row has ended", sixOfHundred, lockedFor(time.Hour, attempts(0, 6, 0)), gatehouse.Refuse, lockedFor(time.Hour, attempts(0, 6, 0))},
		{"locked, some never finished", sixOfHundred, lockedFor(time.Hour, openFor(time.Hour, attempts(6, 6, 2))), gatehouse.Refuse, lockedFor(time.Hour, openFor(time.Hour, attempts(6, 6, 2)))},
		{"locked, the time not over", sixAnHour, lockedFor(time.Hour-1, attempts(6, 9, 0)), gatehouse.Refuse, lockedFor(time.Hour-1, attempts(6, 9, 0))},
		{"locked, the time over: a new row, the same total", sixAnHour, lockedFor(time.Hour, attempts(6, 9, 0)), gatehouse.Admit, admitted(0, 9, 1)},
		{"locked by total, the time over", sixAnHour, lockedFor(1000*time.Hour, attempts(6, 100, 0)), gatehouse.Refuse, lockedFor(1000*time.Hour, attempts(6, 100, 0))},
	} {
		got, verdict := test.before.Take(test.policy, noon)
		if verdict != test.want || got != test.after {
			t.Errorf("%s: verdict %d, %+v\nwant %d, %+v", test.name, verdict, got, test.want, test.after)
		}
	}
}

func TestOutcomes(t *testing.T) {
	wrong := func(a gatehouse.Attempts) gatehouse.Attempts { return a.Wrong(sixOfHundred, noon) }
	for _, test := range []struct {
		name          string
		rule          func(gatehouse.Attempts) gatehouse.Attempts
		before, after gatehouse.Attempts
	}{
		{"the fifth wrong in a row", wrong, attempts(4, 4, 1), openFor(time.Second, attempts(5, 5, 0))},
		{"the sixth wrong in a row", wrong, attempts(5, 5, 1), lockedFor(0, openFor(time.Second, attempts(6, 6, 0)))},
		{"the ninety-ninth in all", wrong, attempts(0, 98, 2), attempts(1, 99, 1)},
		{"the hundredth in all", wrong, attempts(0, 99, 1), lockedFor(0, openFor(time.Second, attempts(1, 100, 0)))},
		{"wrong after the lock", wrong, lockedFor(time.Hour, attempts(6, 6, 1)), lockedFor(time.Hour, openFor(time.Second, attempts(7, 7, 0)))},
		{"wrong, but given up before", wrong, attempts(1, 1, 0), attempts(2, 2, 0)},
		{"right", gatehouse.Attempts.Right, attempts(5, 9, 1), openFor(time.Second, attempts(0, 9, 0))},
		{"right, others open", gatehouse.Attempts.Right, attempts(2, 9, 4), attempts(0, 9, 3)},
		{"right, but given up before", gatehouse.Attempts.Right, attempts(5, 9, 0), attempts(0, 9, 0)},
		{"right after the lock", gatehouse.Attempts.Right, lockedFor(time.Hour, attempts(6, 6, 1)), lockedFor(time.Hour, openFor(time.Second, attempts(0, 6, 0)))},
		{"dropped", gatehouse.Attempts.Dropped, attempts(5, 9, 2), attempts(5, 9, 1)},
		{"dropped, but given up before", gatehouse.Attempts.Dropped, attempts(5, 9, 0), attempts(5, 9, 0)},
		{"dropped after the lock", gatehouse.Attempts.Dropped, lockedFor(time.Hour, attempts(6, 6, 1)), lockedFor(time.Hour, openFor(time.Second, attempts(6, 6, 0)))},
		{"abandoned", gatehouse.Attempts.Abandoned, attempts(3, 9, 2), attempts(4, 10, 1)},
		{"abandoned, the sixth: the next one locks", gatehouse.Attempts.Abandoned, attempts(5, 9, 1), openFor(time.Second, attempts(6, 10, 0))},
		{"forgotten", gatehouse.Attempts.Forgotten, lockedFor(time.Hour, attempts(6, 100, 0)), attempts(0, 0, 0)},
		{"forgotten, some open", gatehouse.Attempts.Forgotten, attempts(2, 9, 4), attempts(0, 0, 4)},
	} {
		if got := test.rule(test.before); got != test.after {
			t.Errorf("%s: %+v\nwant %+v", test.name, got, test.after)
		}
	}
}

func TestCountsAs(t *testing.T) {
	a := attempts(3, 9, 1)
	for _, test := range []struct {
		name string
		b    gatehouse.Attempts
		want bool
	}{
		{"one more is being verified", openFor(time.Second, attempts(3, 9, 2)), true},
		{"one more wrong in a row", attempts(4, 9, 1), false},
		{"one more wrong in all", attempts(3, 10, 1), false},
		{"locked", lockedFor(0, attempts(3, 9, 1)), false},
	} {
		if got := test.b.CountsAs(a); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

func TestLockEndsAndLockOver(t *testing.T) {
	locked, byTotal := lockedFor(0, attempts(6, 6, 0)), lockedFor(0, attempts(1, 100, 0))
	for _, test := range []struct {
		name   string
		policy gatehouse.LockoutPolicy
		counts gatehouse.Attempts
		ends   time.Time
	}{
		{"not locked", sixAnHour, attempts(5, 6, 0), time.Time{}},
		{"locked, with an end", sixAnHour, locked, noon.Add(time.Hour)},
		{"locked, without an end", sixOfHundred, locked, time.Time{}},
		{"locked by total", sixAnHour, byTotal, time.Time{}},
		{"locked, one short of the total", sixAnHour, lockedFor(0, attempts(6, 99, 0)), noon.Add(time.Hour)},
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

// A08: five may be wrong, the sixth wrong one locks; a right one in between starts a new row.
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
	l.unlock()
	if g := l.arrive(true); g.state != beingVerified {
		t.Fatalf("the right password after the unlock: %s", g.state)
	}
}

// RL-2: the hundredth wrong attempt locks, no matter how they are spread over rows. Until then
// everybody is admitted: an attempt is only refused if the account is locked, which the owner was
// told.
func TestTheHundredthWrongAttemptInAllLocks(t *testing.T) {
	for inARow := range 5 {
		l := newLockout(sixOfHundred)
		for n := 1; n <= 100; n++ {
			g := l.arrive(false)
			if g.state != beingVerified {
				t.Errorf("%d wrong in each row: attempt %d of 100 is %s; %+v", inARow+1, n, g.state, l.counts)
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

// Attempts in flight when a right one ends the row still count, so they use up room in the row and
// in the total.
func TestAttemptsInFlightOutliveTheRow(t *testing.T) {
	l := newLockout(sixOfHundred)
	for n := range 94 { // that many wrong ones before, in short rows
		l.finish(l.arrive(false))
		if n%5 == 4 {
			l.finish(l.arrive(true))
		}
	}
	for range 2 {
		l.finish(l.arrive(true))
		for range 6 {
			l.arrive(false)
		}
		if open := len(l.in(beingVerified)); open > 6 {
			t.Errorf("%d are verified at once", open)
		}
	}
	for _, g := range l.in(beingVerified) {
		l.finish(g)
	}
	if wrong := l.wrongIn(l.era); wrong != 100 || !l.locked() {
		t.Errorf("%d wrong guesses in all were looked at, the policy says 100; %+v", wrong, l.counts)
	}
}

// Attempts that wait during an unlock are not admitted all at once: otherwise an attacker could
// keep a thousand in the queue for that moment. Those being verified reduce the room.
func TestAnUnlockDoesNotAdmitTheQueue(t *testing.T) {
	for inFlight := range 7 {
		l := newLockout(sixOfHundred)
		var queue []*guess
		for range 1000 {
			queue = append(queue, l.arrive(false))
		}
		for _, g := range queue[inFlight:6] {
			l.drop(g)
		}
		l.unlock() // before any waiting attempt has asked again
		admitted := 0
		for _, g := range l.in(waiting) {
			l.look(g)
			if g.state == beingVerified {
				admitted++
			}
		}
		if admitted != 6-inFlight {
			t.Errorf("with %d in flight, the unlock let %d waiting guesses through", inFlight, admitted)
		}
	}
}

// When the other five of six concurrent attempts turn out wrong, the right one has not finished
// yet, but five wrong ones are no reason to lock.
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

// A clock that was briefly wrong does not make everybody wait until that time.
func TestAClockThatWasAheadIsNotWaitedFor(t *testing.T) {
	for _, ahead := range []time.Duration{gatehouse.AttemptTime, time.Hour, 365 * 24 * time.Hour, 290 * 365 * 24 * time.Hour} {
		a := openFor(0, attempts(0, 0, 6))
		a.OpenedAt = noon.Add(ahead) // admitted before the clock was corrected
		if _, verdict := a.Take(sixOfHundred, noon); verdict == gatehouse.Wait {
			t.Errorf("a clock that was %s ahead is waited for", ahead)
		}
	}
	never := attempts(0, 0, 6)
	never.OpenedAt = time.Time{}
	if _, verdict := never.Take(sixOfHundred, noon); verdict == gatehouse.Wait {
		t.Error("attempts without a time are waited for")
	}
}

// After a site's limits are lowered, some accounts are already beyond them and were never locked.
// There is nobody to wait for; the verdict is that of a lock, which the owner is told of and an
// unlock ends.
func TestAStricterPolicyDoesNotMakeAnybodyWaitForEver(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy gatehouse.LockoutPolicy
		before gatehouse.Attempts
	}{
		{"attempts from 6 to 3", gatehouse.LockoutPolicy{Attempts: 3, InAll: 100}, attempts(4, 4, 0)},
		{"exactly as many as are allowed now", gatehouse.LockoutPolicy{Attempts: 3, InAll: 100}, attempts(3, 3, 0)},
		{"in all from 100 to 50", gatehouse.LockoutPolicy{Attempts: 6, InAll: 50}, attempts(0, 60, 0)},
	} {
		after, verdict := test.before.Take(test.policy, noon)
		if verdict != gatehouse.Refuse || after.LockedAt.IsZero() {
			t.Errorf("%s: verdict %d with nobody being verified, %+v", test.name, verdict, after)
		}
	}
}

// anyPolicy draws a policy; small totals are reached within a test.
func anyPolicy(t *rapid.T, least, most int) gatehouse.LockoutPolicy {
	p := gatehouse.LockoutPolicy{Attempts: rapid.IntRange(3, gatehouse.CeilingAttempts).Draw(t, "attempts")}
	p.InAll = max(p.Attempts, rapid.IntRange(least, most).Draw(t, "in all"))
	p.UnlockAfter = rapid.SampledFrom([]time.Duration{0, 5 * time.Minute, 24 * time.Hour}).Draw(t, "unlock after")
	return p
}

// anyCounts draws counts that are possible under a policy at noon, including those left by a clock
// that jumped.
func anyCounts(t *rapid.T, p gatehouse.LockoutPolicy) gatehouse.Attempts {
	seconds := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(-300, 100000).Draw(t, name)) * time.Second
	}
	a := gatehouse.Attempts{
		Row: rapid.IntRange(0, p.Attempts+3).Draw(t, "row"), Open: rapid.IntRange(0, p.Attempts+3).Draw(t, "open"),
		OpenedAt: noon.Add(-seconds("opened ago")),
	}
	a.All = a.Row + rapid.IntRange(0, p.InAll).Draw(t, "more in all")
	if a.Row >= p.Attempts || a.All >= p.InAll || rapid.Bool().Draw(t, "locked") {
		a.LockedAt = noon.Add(-seconds("locked ago"))
	}
	return a
}

// What every verdict means, for any counts.
func TestWhatTakeReturns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy(t, 3, 100)
		before := anyCounts(t, p)
		after, verdict := before.Take(p, noon)
		locked, admitted := !after.LockedAt.IsZero(), after.All+after.Open-before.All-before.Open
		switch verdict {
		case gatehouse.Admit:
			if locked || admitted != 1 || after.Open < 1 || !after.OpenedAt.Equal(noon) {
				t.Fatalf("admitted, but %+v", after)
			}
			if after.Row+after.Open > p.Attempts || after.All+after.Open > p.InAll {
				t.Fatalf("admitted beyond the policy: %+v", after)
			}
		case gatehouse.Refuse:
			if !locked || gatehouse.LockOver(p, after, noon) || admitted != 0 {
				t.Fatalf("refused, but %+v", after)
			}
		case gatehouse.Wait:
			if locked || admitted != 0 || after.Open == 0 {
				t.Fatalf("waits, but %+v", after)
			}
			if before.LockedAt.IsZero() && after != before {
				t.Fatalf("waits, and %+v became %+v", before, after)
			}
		}
		if again, second := after.Take(p, noon); verdict != gatehouse.Admit && (second != verdict || again != after) {
			t.Fatalf("verdict %d, asked again at the same moment %d", verdict, second)
		}
	})
}

// Invariant 7: the verdict on guesses does not depend on what is known about the account. Two
// subjects with the same attempts get the same verdicts at any time, so an unknown name can be
// counted like a known one.
func TestVerdictsDependOnNothingButTheCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPolicy(t, 3, 100)
		a := anyCounts(t, p)
		shift := time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "shift"))
		b := a
		b.OpenedAt = b.OpenedAt.Add(shift)
		if !b.LockedAt.IsZero() {
			b.LockedAt = b.LockedAt.Add(shift)
		}
		_, first := a.Take(p, noon)
		if _, second := b.Take(p, noon.Add(shift)); first != second {
			t.Fatalf("%d, and %d later", first, second)
		}
	})
}
