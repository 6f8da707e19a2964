package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// happenings are the events of a service whose clock is right.
var happenings = []string{
	"wrong guess", "wrong burst", "right guess", "right burst", "ask again", "everybody asks", "finish", "finish another",
	"everybody ends", "die", "drop", "a process goes", "seconds pass", "hours pass", "unlock",
}

// Invariant 3: under any interleaving of guesses, deaths, time and unlocks, never more than
// policy.Attempts wrong guesses in a row are verified, every lock has that many behind it, every
// refusal comes from a lock, and nobody waits for ever.
func TestNeverMoreWrongGuessesInARowThanThePolicyAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(anyLockout(t, 100, 100).actions(happenings...))
	})
}

// The same for the total.
func TestNeverMoreWrongGuessesInAllThanThePolicyAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(anyLockout(t, 3, 20).actions(slices.DeleteFunc(slices.Clone(happenings), func(s string) bool { return s == "unlock" })...))
	})
}

// The same for both while the clock is set back and forth, by hours and by seconds.
func TestNeverMoreWrongGuessesByAnyClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(anyLockout(t, 3, 100).actions(append(slices.Clone(happenings), "clock jumps", "clock is set")...))
	})
}

// Servers whose clocks differ a little, or a clock that is corrected by seconds, change nothing.
func TestClocksThatDifferByLittleChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 3, 100)
		actions := l.actions("wrong guess", "wrong burst", "right guess", "right burst", "ask again", "finish", "finish another", "drop")
		actions["another server's clock"] = func(t *rapid.T) {
			l.jumped, l.now = true, noon.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "off by"))*time.Second)
		}
		actions[""] = func(t *rapid.T) {
			l.check(t)
			if l.survivors > 0 {
				t.Fatalf("%d attempts counted as abandoned while they are alive", l.survivors)
			}
		}
		t.Repeat(actions)
	})
}

// Right guesses alone never lock anybody, no matter how many tabs and devices send them at once
// and in what order they end. All of them get in, as many at a time as there is room for. The same
// holds after wrong ones.
func TestRightGuessesNeverLockAndAllGetIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 3, 100)
		for range rapid.IntRange(0, min(l.policy.Attempts, l.policy.InAll)-1).Draw(t, "wrong before") {
			l.finish(l.arrive(false))
		}
		for range rapid.IntRange(1, 3).Draw(t, "bursts") {
			for range rapid.IntRange(1, 60).Draw(t, "burst") {
				l.arrive(true)
			}
			for len(l.in(waiting, beingVerified)) > 0 {
				l.everybodyAsks()
				l.check(t)
				open := l.in(beingVerified)
				if room := min(l.policy.Attempts-l.behind, l.policy.InAll-l.total); len(open) < min(room, len(open)+len(l.in(waiting))) {
					t.Fatalf("%d are verified and others wait, though there is room for %d: %+v", len(open), room, l.counts)
				}
				l.finish(rapid.SampledFrom(open).Draw(t, "which"))
				l.pass(time.Duration(rapid.IntRange(0, 19).Draw(t, "seconds")) * time.Second / time.Duration(len(open)))
			}
		}
		if n := len(l.in(refused, died)); n > 0 || !l.counts.LockedAt.IsZero() {
			t.Fatalf("%d did not get in: %+v", n, l.counts)
		}
	})
}

// An unlock, at any time, lets no more waiting attempts through than there is room for next to
// those being verified.
func TestAnUnlockLetsNoQueueThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 10, 100)
		actions := l.actions("wrong burst", "right guess", "finish", "drop", "die", "seconds pass")
		actions["unlock with a queue"] = func(t *rapid.T) {
			for range 50 {
				l.arrive(false)
			}
			open, queue := l.open(), l.in(waiting)
			l.unlock()
			through := 0
			for _, g := range queue {
				if l.look(g); g.state == beingVerified {
					through++
				}
			}
			if through+open > l.policy.Attempts {
				t.Fatalf("%d were let through, %d were open: %+v", through, open, l.counts)
			}
		}
		t.Repeat(actions)
	})
}

// RL-2: neither time nor a clock ends a lock by total; an unlock does.
func TestALockByTotalDoesNotEndByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLockout(t, 10, 40)
		for n := 0; l.total < l.policy.InAll; n++ {
			if n > 1000 {
				t.Fatalf("the total is never reached: %+v", l.counts)
			}
			// One before the row is full, a right guess comes in, or the lock is waited for.
			if l.behind == l.policy.Attempts-1 && (l.policy.UnlockAfter == 0 || rapid.Bool().Draw(t, "right")) {
				l.finish(l.arrive(true))
			}
			l.finish(l.arrive(false))
			if l.total < l.policy.InAll && l.locked() {
				l.pass(l.policy.UnlockAfter)
			}
			l.check(t)
		}
		hours := time.Duration(rapid.IntRange(0, 100000).Draw(t, "hours")) * time.Hour
		if l.jumped = rapid.Bool().Draw(t, "only the clock"); l.jumped {
			l.now = l.now.Add(hours)
		} else {
			l.pass(hours)
		}
		if g := l.arrive(true); g.state != refused || !l.locked() {
			t.Fatalf("after %s: %s, %+v", hours, g.state, l.counts)
		}
		l.unlock()
		if g := l.arrive(true); g.state != beingVerified {
			t.Fatalf("after the unlock: %s, %+v", g.state, l.counts)
		}
		l.check(t)
	})
}
