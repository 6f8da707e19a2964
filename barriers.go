package gatehouse

import (
	"slices"
	"time"
)

// Barrier is one thing that keeps, or may keep, a user from signing in: what it is, since when,
// and what an administrator can do about it.
type Barrier struct {
	Kind BarrierKind
	// Shut: while it lasts, nobody can sign in to the account. Otherwise, there is still a way.
	Shut bool
	// Since is when it began (zero: unknown), Until when it ends by itself (zero: never).
	Since, Until time.Time
	// Remedies are what can be done, the best first; none: only the user can fix it.
	Remedies []Remedy
}

// BarrierKind names a barrier.
type BarrierKind string

// The kinds of barriers, in display order: first what lets nobody in, then what stops some
// sign-ins, last what may surprise.
const (
	BarrierDeleted BarrierKind = "deleted"
	// BarrierSuspended: the user's whole company is.
	BarrierSuspended     BarrierKind = "suspended"
	BarrierDeactivated   BarrierKind = "deactivated"
	BarrierOperator      BarrierKind = "locked-operator"
	BarrierAdministrator BarrierKind = "locked-administrator"
	BarrierTotal         BarrierKind = "locked-total"    // the total of wrong attempts
	BarrierAttempts      BarrierKind = "locked-attempts" // in one of the user's devices
	// BarrierStrangers: sign-in from unknown devices is locked; BarrierEverywhere: and there are
	// no known ones.
	BarrierStrangers  BarrierKind = "strangers"
	BarrierEverywhere BarrierKind = "strangers-all"
	BarrierNoPassword BarrierKind = "no-password"
	// A temporary password has expired, has opened a sign-in that was not finished, or is waiting.
	// Invited… are those that came with a never-used account.
	BarrierExpired        BarrierKind = "temporary-expired"
	BarrierInvitedExpired BarrierKind = "invited-expired"
	BarrierUsed           BarrierKind = "temporary-used"
	BarrierInvitedUsed    BarrierKind = "invited-used"
	BarrierTemporary      BarrierKind = "temporary"
	BarrierInvited        BarrierKind = "invited"
	// The same for an invitation by link: nobody has a password until it is used.
	BarrierLinkExpired BarrierKind = "link-expired"
	BarrierLink        BarrierKind = "link"
	// BarrierNeverInvited: without a password, and nothing was ever sent.
	BarrierNeverInvited BarrierKind = "never-invited"
	// BarrierWrong: wrong passwords today, without a sign-in since, and no lock.
	BarrierWrong BarrierKind = "wrong"
	// The address: there is none, it cannot receive mail, or mail to it bounces.
	BarrierNoEmail  BarrierKind = "no-address"
	BarrierBadEmail BarrierKind = "bad-address"
	BarrierBouncing BarrierKind = "bouncing"
	// BarrierCodeMail: the last code did not arrive.
	BarrierCodeMail BarrierKind = "code-mail"
	// BarrierAnswers: too many wrong answers to the challenge question, which blocks recovery.
	BarrierAnswers     BarrierKind = "answers"
	BarrierNeverUsed   BarrierKind = "never"        // with an imported password
	BarrierTooOld      BarrierKind = "password-old" // a new one is chosen at the next sign-in
	BarrierUnconfirmed BarrierKind = "unconfirmed"
	// What the next sign-in asks for first: a factor to be set up, new terms to be accepted.
	BarrierFactor BarrierKind = "factor"
	BarrierTerms  BarrierKind = "terms"
)

// BarrierKinds are all of them, in their order.
var BarrierKinds = []BarrierKind{BarrierDeleted, BarrierSuspended, BarrierDeactivated, BarrierOperator, BarrierAdministrator, BarrierTotal, BarrierAttempts,
	BarrierEverywhere, BarrierStrangers, BarrierNeverInvited, BarrierNoPassword, BarrierLinkExpired, BarrierInvitedExpired, BarrierExpired, BarrierInvitedUsed, BarrierUsed,
	BarrierLink, BarrierInvited, BarrierTemporary, BarrierWrong, BarrierNoEmail, BarrierBadEmail, BarrierBouncing, BarrierCodeMail, BarrierAnswers,
	BarrierNeverUsed, BarrierTooOld, BarrierFactor, BarrierTerms, BarrierUnconfirmed}

// Remedy is something that can be done about a barrier.
type Remedy string

// The remedies.
const (
	RemedyRestore  Remedy = "restore"
	RemedyActivate Remedy = "activate"
	RemedyInvite   Remedy = "invite" // for the first time, or again
	RemedyUnlock   Remedy = "unlock"
	RemedyPassword Remedy = "send-password"
	RemedyEmail    Remedy = "address" // enter an address that mail reaches
	RemedySupport  Remedy = "support" // an administrator cannot
	RemedyResume   Remedy = "resume"  // end the suspension of the company
)

// BarrierFacts is what Barriers needs to know.
type BarrierFacts struct {
	User User
	// Reachable: mail can be sent to the user's address.
	Reachable bool
	// CodeAsked: the company or the user wants a code at sign-in.
	CodeAsked bool
	// Devices is how many devices have signed in to the account before and are known.
	Devices int
	// Strangers and Answers are the counts of wrong passwords from unknown devices, and of wrong
	// answers.
	Strangers, Answers Attempts
	// WrongToday is how many wrong passwords were entered since midnight, the last one at WrongAt.
	WrongToday int
	WrongAt    time.Time
	// CodeReturned is when the last code mailed to the user was refused, came back or was given up;
	// zero: it was not.
	CodeReturned time.Time
	// Policy is what the company requires beyond its site.
	Policy CompanyPolicy
	// TermsDue and FactorDue: the next sign-in asks for that.
	TermsDue, FactorDue bool
}

// Barriers lists everything that keeps a user from signing in, the most serious first (A08, A09).
// An account without any is open to anyone who knows the password and reads the mail.
func Barriers(p Policy, f BarrierFacts, now time.Time) []Barrier {
	var all []Barrier
	switch {
	case f.User.Deleted():
		all = append(all, Barrier{Kind: BarrierDeleted, Shut: true, Since: f.User.DeletedAt, Until: f.User.RemovedAt(), Remedies: []Remedy{RemedyRestore}})
		return all // nothing else can be done before
	case f.User.Suspended():
		all = append(all, Barrier{Kind: BarrierSuspended, Shut: true, Since: f.User.SuspendedAt, Remedies: []Remedy{RemedyResume}})
	}
	if f.User.State == Deactivated {
		all = append(all, Barrier{Kind: BarrierDeactivated, Shut: true, Remedies: []Remedy{RemedyActivate}})
	}
	all = append(all, lockBarriers(p, f, now)...)
	if !f.User.Off() { // activating and resuming also decide what is mailed to the user
		password := passwordBarriers(p.For(f.Policy), f, now)
		all = append(all, wrongBarriers(f, append(all, password...))...)
		all = append(all, password...)
		all = append(all, addressBarriers(f)...)
		all = append(all, nextBarriers(f)...)
	}
	slices.SortStableFunc(all, func(a, b Barrier) int {
		return slices.Index(BarrierKinds, a.Kind) - slices.Index(BarrierKinds, b.Kind)
	})
	return all
}

// LockedNow reports whether an account is locked for everybody and the lock has not yet expired.
func LockedNow(p LockoutPolicy, u User, now time.Time) bool {
	ends := AccountLockEnds(p, u)
	return u.Locked() && (ends.IsZero() || now.Before(ends))
}

func lockBarriers(p Policy, f BarrierFacts, now time.Time) []Barrier {
	var all []Barrier
	u := f.User
	if LockedNow(p.Lockout, u, now) {
		b := Barrier{Kind: BarrierAttempts, Shut: true, Since: u.LockedAt, Until: AccountLockEnds(p.Lockout, u), Remedies: []Remedy{RemedyUnlock}}
		switch u.LockReason {
		case LockedByOperator:
			b.Kind, b.Remedies = BarrierOperator, []Remedy{RemedySupport}
		case LockedByAdministrator:
			b.Kind = BarrierAdministrator
		case LockedByTotal:
			b.Kind = BarrierTotal
		}
		all = append(all, b)
	}
	if stands(p.Lockout, f.Strangers, now) {
		b := Barrier{Kind: BarrierStrangers, Since: f.Strangers.LockedAt, Until: LockEnds(p.Lockout, f.Strangers), Remedies: []Remedy{RemedyUnlock}}
		if f.Devices == 0 {
			b.Kind, b.Shut = BarrierEverywhere, true
		}
		all = append(all, b)
	}
	if lockout := p.AnswerLockout(); stands(lockout, f.Answers, now) {
		all = append(all, Barrier{Kind: BarrierAnswers, Since: f.Answers.LockedAt, Until: LockEnds(lockout, f.Answers), Remedies: []Remedy{RemedyUnlock}})
	}
	if u.LockReason == LockedByOperator { // only an operator can end this, or anything that comes with it
		for i := range all {
			all[i].Remedies = []Remedy{RemedySupport}
		}
	}
	return all
}

func stands(p LockoutPolicy, a Attempts, now time.Time) bool {
	return !a.LockedAt.IsZero() && !LockOver(p, a, now)
}

// wrongBarriers: somebody has just tried, and it did not work. A lock, or a temporary password,
// explains that already.
func wrongBarriers(f BarrierFacts, others []Barrier) []Barrier {
	explained := slices.ContainsFunc(others, func(b Barrier) bool { return b.Kind != BarrierNeverUsed && b.Kind != BarrierTooOld })
	if explained || f.WrongToday == 0 || !f.WrongAt.After(f.User.LastSignInAt) {
		return nil
	}
	return []Barrier{{Kind: BarrierWrong, Since: f.WrongAt, Remedies: sendable(f, RemedyPassword)}}
}

// sendable returns a remedy that is a mail, or what has to come before.
func sendable(f BarrierFacts, r Remedy) []Remedy {
	if !f.Reachable {
		return []Remedy{RemedyEmail}
	}
	return []Remedy{r}
}

// nextBarriers are what the next sign-in of somebody who has signed in before asks for first.
func nextBarriers(f BarrierFacts) []Barrier {
	var all []Barrier
	if f.FactorDue && !f.User.FirstSignInAt.IsZero() {
		all = append(all, Barrier{Kind: BarrierFactor})
	}
	if f.TermsDue && !f.User.FirstSignInAt.IsZero() {
		all = append(all, Barrier{Kind: BarrierTerms})
	}
	return all
}

func passwordBarriers(p Policy, f BarrierFacts, now time.Time) []Barrier {
	u, w := f.User, f.User.Password
	b := Barrier{Since: w.SetAt, Remedies: sendable(f, RemedyPassword)}
	invited := w.Origin == PasswordInitial && u.FirstSignInAt.IsZero()
	either := func(first, later BarrierKind) BarrierKind {
		if invited {
			return first
		}
		return later
	}
	if invited || w.Hash == "" && u.FirstSignInAt.IsZero() {
		b.Remedies = sendable(f, RemedyInvite)
	}
	switch {
	case w.Hash == "" && u.WasInvited() && now.Before(w.ExpiresAt):
		b.Kind, b.Shut, b.Until = BarrierLink, true, w.ExpiresAt
	case w.Hash == "" && u.WasInvited():
		b.Kind, b.Shut, b.Since = BarrierLinkExpired, true, w.ExpiresAt
	case w.Hash == "" && u.FirstSignInAt.IsZero():
		b.Kind, b.Shut, b.Since = BarrierNeverInvited, true, time.Time{}
	case w.Hash == "":
		b.Kind, b.Shut, b.Since = BarrierNoPassword, true, time.Time{}
	case w.Temporary() && !PasswordUsable(w, now):
		b.Kind, b.Shut, b.Since = either(BarrierInvitedExpired, BarrierExpired), true, w.ExpiresAt
	case w.Temporary() && w.UsedBy != "":
		b.Kind, b.Until = either(BarrierInvitedUsed, BarrierUsed), w.ExpiresAt
	case w.Temporary():
		b.Kind, b.Until = either(BarrierInvited, BarrierTemporary), w.ExpiresAt
	case u.FirstSignInAt.IsZero():
		b.Kind, b.Since = BarrierNeverUsed, u.CreatedAt
	case PasswordExpired(p.Password, w, now):
		b.Kind, b.Since = BarrierTooOld, PasswordExpiresAt(p.Password, w)
	default:
		return nil
	}
	return []Barrier{b}
}

func addressBarriers(f BarrierFacts) []Barrier {
	u := f.User
	// A code that cannot be mailed lets nobody in, except where none is asked for: at the very
	// first sign-in (B16), and on a trusted device, which is not known here.
	codes := f.CodeAsked && u.Factors == 0 && !(u.FirstSignInAt.IsZero() && u.Password.Origin == PasswordInitial)
	b := Barrier{Remedies: []Remedy{RemedyEmail}}
	switch {
	case u.Email == "":
		b.Kind, b.Shut = BarrierNoEmail, codes && f.Devices == 0
	case !f.Reachable:
		b.Kind, b.Shut = BarrierBadEmail, codes && f.Devices == 0
	case u.Bouncing():
		b.Kind, b.Since = BarrierBouncing, u.Bounce.At
	case f.CodeAsked && u.Factors == 0 && f.CodeReturned.After(u.LastSignInAt):
		b.Kind, b.Since = BarrierCodeMail, f.CodeReturned
	case !u.EmailConfirmed && !u.FirstSignInAt.IsZero():
		b.Kind = BarrierUnconfirmed
	default:
		return nil
	}
	return []Barrier{b}
}

// MaySendPassword reports whether mailing a temporary password makes sense: it would arrive, and
// would open something.
func MaySendPassword(u User, reachable bool) bool { return reachable && !u.Off() }
