package gatehouse

import "time"

// LockoutPolicy says when wrong attempts lock.
type LockoutPolicy struct {
	// Attempts is the number of the wrong attempt in a row that locks: with 6,
	// five may go wrong and the sixth wrong one locks.
	Attempts int
	// InAll is the limit for wrong attempts without a recovery or an unlock between them, no
	// matter how many right ones came in between (SP 800-63B-4, RL-2).
	InAll int
	// UnlockAfter is when a lock by attempts ends by itself; 0: it stays until an administrator,
	// the operator or a completed recovery ends it.
	UnlockAfter time.Duration
}

// Attempts are the counts for one subject: an account, or an unknown name, each for strangers and
// separately for every device that has signed in to that account before. So a stranger's guesses
// lock out strangers, not the owner's own device.
//
// An attempt is counted as open, and committed, before anything is verified; open ones use up the
// room of wrong ones. It is judged only if that is still there, and its outcome is on the disk before
// it is told. So the count of wrong guesses that were answered is never lower than the real number,
// no matter what happens concurrently or crashes in between (invariant 3). The methods are the whole
// rule: the caller reads the counts, applies a method, and writes them back, in one transaction.
type Attempts struct {
	// Row counts the wrong ones since the last right one.
	Row int
	// All counts the wrong ones since the last recovery or unlock.
	All int
	// Open counts those being verified.
	Open int
	// OpenedAt is when the last one was admitted. The open attempts themselves, and their
	// processes, are stored next to the counts.
	OpenedAt time.Time
	// LockedAt is zero unless locked.
	LockedAt time.Time
}

// AttemptVerdict is the verdict on an attempt.
type AttemptVerdict int

// The verdicts on an attempt.
const (
	// Admit: verify it.
	Admit AttemptVerdict = iota
	// Refuse: locked; spend the same time and answer as if it were wrong.
	Refuse
	// Wait: others are being verified, and this one depends on them. Nothing has been counted; ask
	// again.
	Wait
)

// AttemptTime is longer than any attempt takes. Open attempts that are older will not finish,
// because their process has lost them. Those of a process that is gone are Abandoned earlier.
const AttemptTime = 2 * time.Minute

// Take asks to admit an attempt, and returns the counts that include it. Attempts that nobody
// finished count as wrong; they may lock.
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
	// Also if the policy has become stricter than the counts.
	if a = a.locked(p, now); !a.LockedAt.IsZero() {
		return a, Refuse
	}
	if a.Row+a.Open >= p.Attempts || a.All+a.Open >= p.InAll {
		return a, Wait
	}
	a.Open, a.OpenedAt = a.Open+1, now
	return a, Admit
}

// CountsAs reports whether others count the same wrong attempts, and are locked alike. They may
// differ in what is being verified.
func (a Attempts) CountsAs(b Attempts) bool {
	return a.Row == b.Row && a.All == b.All && a.LockedAt.Equal(b.LockedAt)
}

// abandoned also covers a clock that jumped either way, so one that was briefly ahead does not
// make everybody wait until that time. Servers of one database keep their clocks closer together
// than AttemptTime.
func (a Attempts) abandoned(now time.Time) bool {
	return now.Sub(a.OpenedAt).Abs() >= AttemptTime
}

// Abandoned records that an open attempt will not finish, because its process is gone. It may have
// been wrong, and counts as wrong. If that is one too many, the next one locks. If its process was
// only slow, it must no longer judge the attempt or record any outcome.
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

// Right records that an admitted attempt was right: the next wrong one starts a new row. A lock
// that others have caused meanwhile stays.
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

// Forgotten returns the counts after an unlock or a completed recovery. Open ones stay open: an
// unlock does not let a queue of guesses through.
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

// LockReasonOf returns the reason to lock an account for counts that have just locked.
func LockReasonOf(p LockoutPolicy, a Attempts) LockReason {
	if a.All >= p.InAll {
		return LockedByTotal
	}
	return LockedByAttempts
}

// AccountLockEnds is LockEnds for an account's lock; zero: it does not end by itself.
func AccountLockEnds(p LockoutPolicy, u User) time.Time {
	if !u.Locked() || u.LockReason != LockedByAttempts || p.UnlockAfter == 0 {
		return time.Time{}
	}
	return u.LockedAt.Add(p.UnlockAfter)
}

// LockOver reports whether a lock has ended by itself, so the row starts again.
func LockOver(p LockoutPolicy, a Attempts, now time.Time) bool {
	end := LockEnds(p, a)
	return !end.IsZero() && !now.Before(end)
}
