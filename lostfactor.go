package gatehouse

import "time"

// FactorReset is the end of all factors of a user who has lost them, asked for by somebody else. It
// waits if the site says so: the owner is told, and may stop it.
type FactorReset struct {
	ID     string
	SiteID string
	UserID string
	State  FactorResetState
	// AskedAt is when it was asked for, and DueAt when it is carried out.
	AskedAt, DueAt time.Time
	// ByKind, ByID and ByName are the caller who asked, as in events.
	ByKind CallerKind
	ByID   string
	ByName string
}

// FactorResetState is the state of a reset.
type FactorResetState string

// The states of a reset.
const (
	FactorResetWaits   FactorResetState = "waiting"
	FactorResetDone    FactorResetState = "done"
	FactorResetStopped FactorResetState = "stopped"
)

// FactorResetDelay says how long a reset of factors waits, by who asks for it.
type FactorResetDelay struct {
	// ByAdministrator is for administrators of the company, who know the user. BySupport is for
	// operators, who know a voice on the phone.
	ByAdministrator, BySupport time.Duration
}

// FactorResetDue returns when a reset that is asked for now is carried out; now means at once. Only
// factors are worth waiting for: the choice of codes by email falls with the mailbox anyway.
func FactorResetDue(p Policy, c Caller, u User, now time.Time) time.Time {
	switch {
	case u.Factors == 0 || c.Kind == System:
		return now
	case c.Kind == SignedIn:
		return now.Add(p.FactorReset.ByAdministrator)
	}
	return now.Add(p.FactorReset.BySupport)
}

// MayStop reports whether a reset can still be stopped.
func (r FactorReset) MayStop() bool { return r.State == FactorResetWaits }
