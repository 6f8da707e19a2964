package gatehouse

import "time"

// LockoutPolicy says when wrong attempts lock.
type LockoutPolicy struct {
	// Attempts is the number of the wrong attempt in a row that locks: with 6,
	// five may go wrong and the sixth wrong one locks.
	Attempts int
	// InAll is how many wrong attempts there may be without a recovery or an
	// unlock between them, however often a right one came in between
	// (SP 800-63B-4, RL-2).
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
// An attempt is counted as open, and that is committed, before anything is
// verified; open ones take the room of wrong ones. So wrong guesses counted are
// never fewer than wrong guesses made, whatever happens at the same time or dies
// in between (invariant 3). The methods are the whole rule: who keeps the counts
// reads them, applies one, and writes them, in one transaction.
type Attempts struct {
	// Row counts the wrong ones since the last right one.
	Row int
	// All counts the wrong ones since the last recovery or unlock.
	All int
	// Open counts those being verified.
	Open int
	// OpenedAt is when the last one was admitted. Which they are, and which process has
	// each, is kept beside the counts.
	OpenedAt time.Time
	// LockedAt is zero unless locked.
	LockedAt time.Time
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
	// go ahead or not. Nothing has been counted; ask again.
	Wait
)

// AttemptTime is longer than any attempt takes from its admission to its end; those
// that are older and open will not finish, because their process has lost them. Those
// of a process that is gone are Abandoned before.
const AttemptTime = 2 * time.Minute

// Take asks for an attempt to be admitted, and returns the counts with it in them.
// Attempts that nobody finished count as wrong; they may lock.
func (a Attempts) Take(p LockoutPolicy, now time.Time) (Attempts, AttemptVerdict) {
	if LockOver(p, a, now) {
		a.Row, a.LockedAt = 0, time.Time{}
	}
	if !a.LockedAt.IsZero() {
		return a, Refuse
	}
	if a.Open > 0 && a.abandoned(now) {
		a.Row, a.All, a.Open = a.Row+a.Open, a.All+a.Open, 0
	}
	// Also where the policy has become stricter than the counts.
	if a = a.locked(p, now); !a.LockedAt.IsZero() {
		return a, Refuse
	}
	if a.Row+a.Open >= p.Attempts || a.All+a.Open >= p.InAll {
		return a, Wait
	}
	a.Open, a.OpenedAt = a.Open+1, now
	return a, Admit
}

// abandoned: by a clock that jumped either way, too, so that one that was ahead
// for a moment does not make everybody wait until that time. Servers of one
// database keep their clocks closer together than AttemptTime.
func (a Attempts) abandoned(now time.Time) bool {
	return now.Sub(a.OpenedAt).Abs() >= AttemptTime
}

// Abandoned records that an open attempt will not finish, because its process is gone:
// it may have been wrong, and counts so. Where that is one too many, the next one locks.
// Should its process have been only slow, it must no longer judge the attempt, nor
// record any outcome of it.
func (a Attempts) Abandoned() Attempts {
	a.Row, a.All, a.Open = a.Row+1, a.All+1, max(a.Open-1, 0)
	return a
}

// Wrong records that an admitted attempt was wrong. It locks if that was one too
// many.
func (a Attempts) Wrong(p LockoutPolicy, now time.Time) Attempts {
	a.Row, a.All, a.Open = a.Row+1, a.All+1, max(a.Open-1, 0)
	return a.locked(p, now)
}

// Right records that an admitted attempt was right: the next wrong one is the
// first of a new row. A lock that others have caused meanwhile stays.
func (a Attempts) Right() Attempts {
	a.Row, a.Open = 0, max(a.Open-1, 0)
	return a
}

// Dropped records that an admitted attempt was not verified at all.
func (a Attempts) Dropped() Attempts {
	a.Open = max(a.Open-1, 0)
	return a
}

func (a Attempts) locked(p LockoutPolicy, now time.Time) Attempts {
	if a.LockedAt.IsZero() && (a.Row >= p.Attempts || a.All >= p.InAll) {
		a.LockedAt = now
	}
	return a
}

// Forgotten are the counts after an unlock or a completed recovery. Those still
// open stay so: an unlock does not let a queue of guesses through.
func (a Attempts) Forgotten() Attempts {
	return Attempts{Open: a.Open, OpenedAt: a.OpenedAt}
}

// LockEnds returns when a lock by attempts ends by itself; zero: it does not.
func LockEnds(p LockoutPolicy, a Attempts) time.Time {
	if a.LockedAt.IsZero() || p.UnlockAfter == 0 || a.All >= p.InAll {
		return time.Time{}
	}
	return a.LockedAt.Add(p.UnlockAfter)
}

// LockReasonOf is why counts that have just locked lock an account.
func LockReasonOf(p LockoutPolicy, a Attempts) LockReason {
	if a.All >= p.InAll {
		return LockedByTotal
	}
	return LockedByAttempts
}

// AccountLockEnds is LockEnds for the lock of an account; zero: it does not end by
// itself.
func AccountLockEnds(p LockoutPolicy, u User) time.Time {
	if !u.Locked() || u.LockReason != LockedByAttempts || p.UnlockAfter == 0 {
		return time.Time{}
	}
	return u.LockedAt.Add(p.UnlockAfter)
}

// LockOver reports whether a lock was there and has ended by itself, so that the
// row begins again.
func LockOver(p LockoutPolicy, a Attempts, now time.Time) bool {
	end := LockEnds(p, a)
	return !end.IsZero() && !now.Before(end)
}
