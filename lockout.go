package gatehouse

import "time"

// LockoutPolicy says when wrong attempts lock.
type LockoutPolicy struct {
	// Attempts is the number of the wrong attempt in a row that locks: with 6,
	// five may go wrong and the sixth wrong one locks.
	Attempts int
	// InAll is how many wrong attempts there may be without a recovery between
	// them, however often a right one came in between (SP 800-63B-4, RL-2).
	InAll int
	// UnlockAfter ends a lock by attempts by itself; 0: it stays until an
	// administrator, the operator or a completed recovery ends it.
	UnlockAfter time.Duration
}

// Attempts is what is counted for one subject: an account, or a name that is
// none, each for strangers and separately for every browser that has signed in
// to that account before. A stranger's guesses so lock out strangers, not the
// owner's own browser.
//
// Every attempt first takes a number, which is committed before anything is
// verified, and never gives it back. So wrong guesses counted are never fewer
// than wrong guesses made, whatever dies in between.
type Attempts struct {
	// Made is the highest number taken.
	Made int64
	// Cleared is the highest number that turned out right, or Made at the
	// last unlock.
	Cleared int64
	// Wrong counts those that turned out wrong since the last recovery.
	Wrong int64
	// LockedAt is zero unless locked.
	LockedAt time.Time
	// AdmittedAt is when an attempt was last admitted.
	AdmittedAt time.Time
}

// AttemptVerdict is what happens to an attempt.
type AttemptVerdict int

// The verdicts on an attempt.
const (
	// Admit: verify it.
	Admit AttemptVerdict = iota
	// Refuse: locked; spend the same time and answer as if it were wrong.
	Refuse
	// Wait: others are being verified, and depending on them this one may
	// go ahead or not.
	Wait
	// Lock: attempts were begun that nobody finished (a process died). They
	// count as wrong: lock, then Refuse.
	Lock
)

// AttemptTime is longer than any attempt takes from its number to its end; what is
// older and unfinished will not finish.
const AttemptTime = 2 * time.Minute

// JudgeAttempt decides on the attempt that took the given number.
func JudgeAttempt(p LockoutPolicy, a Attempts, number int64, now time.Time) AttemptVerdict {
	open := number - a.Cleared
	switch {
	case a.locked(p, now):
		return Refuse
	case open <= 0:
		return Admit // a later one was right already
	case a.Wrong+min(open, int64(p.Attempts)) > int64(p.InAll):
		return Refuse
	case open <= int64(p.Attempts):
		return Admit
	case !a.AdmittedAt.IsZero() && now.Sub(a.AdmittedAt) < AttemptTime:
		return Wait
	}
	return Lock
}

// LocksNow decides whether an attempt that turned out wrong locks. The counts
// are those after it.
func LocksNow(p LockoutPolicy, a Attempts, number int64) bool {
	return number-a.Cleared >= int64(p.Attempts) || a.Wrong >= int64(p.InAll)
}

// LockEnds returns when a lock by attempts ends by itself; zero: it does not.
func LockEnds(p LockoutPolicy, a Attempts) time.Time {
	if a.LockedAt.IsZero() || p.UnlockAfter == 0 || a.Wrong >= int64(p.InAll) {
		return time.Time{}
	}
	return a.LockedAt.Add(p.UnlockAfter)
}

// LockOver reports whether a lock was there and has ended by itself, so that the
// counts begin anew.
func LockOver(p LockoutPolicy, a Attempts, now time.Time) bool {
	end := LockEnds(p, a)
	return !end.IsZero() && !now.Before(end)
}

func (a Attempts) locked(p LockoutPolicy, now time.Time) bool {
	return !a.LockedAt.IsZero() && !LockOver(p, a, now)
}
