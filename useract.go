package gatehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// UserAct is something that an administrator does to a user of the company.
type UserAct string

// The acts. Changing the profile or the address is not one: those have forms.
const (
	// ActInvite lets somebody who has no way in sign in for the first time; ActInviteAgain renews
	// that way for somebody who has not used it.
	ActInvite      UserAct = "invite"
	ActInviteAgain UserAct = "invite-again"
	// ActUnlock ends a lock and resets all counts of wrong passwords.
	ActUnlock UserAct = "unlock"
	// ActPassword replaces the password with a temporary one, which is mailed.
	ActPassword UserAct = "send-password"
	// ActAskFactor asks for a second factor by mail.
	ActAskFactor   UserAct = "ask-factor"
	ActDeactivate  UserAct = "deactivate"
	ActActivate    UserAct = "activate"
	ActMakeAdmin   UserAct = "make-administrator"
	ActUnmakeAdmin UserAct = "unmake-administrator"
	ActDelete      UserAct = "delete"
	ActRestore     UserAct = "restore"
	// ActSignOut ends everything that is open; the user may sign in again.
	ActSignOut UserAct = "sign-out"
)

// UserActs are all of them, in display order.
var UserActs = []UserAct{ActInvite, ActInviteAgain, ActUnlock, ActPassword, ActAskFactor, ActActivate, ActDeactivate,
	ActMakeAdmin, ActUnmakeAdmin, ActSignOut, ActDelete, ActRestore}

// ActFacts is what ActAllowed needs to know besides the user.
type ActFacts struct {
	// Own: it is the caller's own account.
	Own bool
	// Reachable: mail can be sent to the user's address.
	Reachable bool
	// Locked: the account, or sign-in from some devices, is locked now.
	Locked bool
	// MayUnlockAll: the caller may end an operator's lock.
	MayUnlockAll bool
	// Asked is when the user was last asked for a second factor; zero: never.
	Asked time.Time
	// OthersLead: another user is an administrator of the company and can sign in.
	OthersLead bool
}

// ActRefusal is why an act does not apply to a user; empty: it does.
type ActRefusal string

// The reasons, in the order in which they are looked for.
const (
	// RefusedDeleted: only ActRestore applies to a deleted user.
	RefusedDeleted ActRefusal = "deleted"
	// RefusedOwn: administrators do none of this to themselves. So no company loses its last one by
	// mistake, and a stolen session cannot be turned into a new password.
	RefusedOwn ActRefusal = "own-account"
	// RefusedAlready: the user is already as the act would make them.
	RefusedAlready     ActRefusal = "already"
	RefusedDeactivated ActRefusal = "deactivated"
	// RefusedSuspended: the user's company is suspended, and nothing is mailed to anybody there.
	RefusedSuspended ActRefusal = "company-suspended"
	// RefusedMerged: the user's company, or that of a new one, was merged into another one.
	RefusedMerged ActRefusal = "company-merged"
	// RefusedLast: the company would have no administrator who can sign in.
	RefusedLast      ActRefusal = "last-administrator"
	RefusedNotLocked ActRefusal = "not-locked"
	// RefusedByOperator: support has locked the account, and only support unlocks it.
	RefusedByOperator ActRefusal = "locked-by-operator"
	// RefusedSignedIn: somebody who has signed in needs no invitation.
	RefusedSignedIn ActRefusal = "signed-in"
	// RefusedInvited and RefusedNotInvited: there was an invitation already, or none yet.
	RefusedInvited    ActRefusal = "invited"
	RefusedNotInvited ActRefusal = "not-invited"
	RefusedNoEmail    ActRefusal = "no-address"
	RefusedBouncing   ActRefusal = "bouncing"
	RefusedHasFactor  ActRefusal = "has-factor"
	RefusedAskedSoon  ActRefusal = "asked-lately"
)

// Leads reports whether the user is an administrator, or an owner among the operators, and can sign
// in.
func (u User) Leads() bool { return (u.Role == RoleAdmin || u.Role == RoleOwner) && u.MaySignIn() }

// WasInvited reports whether a user who has never signed in was given a first way in: a temporary
// password, or a link. Somebody who came with a password from elsewhere was not.
func (u User) WasInvited() bool {
	return u.FirstSignInAt.IsZero() && u.Password.Origin == PasswordInitial && !u.Password.ExpiresAt.IsZero()
}

// ActAllowed returns why an act does not apply to a user now; empty: it does. It does not decide
// who may act: the caller manages the user.
func ActAllowed(act UserAct, u User, f ActFacts, now time.Time) ActRefusal {
	switch {
	case u.Deleted() != (act == ActRestore):
		if u.Deleted() {
			return RefusedDeleted
		}
		return RefusedAlready
	case f.Own:
		return RefusedOwn
	}
	switch act {
	case ActInvite, ActInviteAgain:
		return mayInvite(act, u, f)
	case ActUnlock:
		return mayUnlock(u, f)
	case ActPassword:
		return mayMail(u, f)
	case ActAskFactor:
		return mayAsk(u, f, now)
	case ActActivate:
		return already(u.State != Deactivated)
	case ActDeactivate:
		return mayEnd(u, f, u.State == Deactivated)
	case ActDelete:
		return mayEnd(u, f, false)
	case ActMakeAdmin:
		if u.State == Deactivated {
			return RefusedDeactivated
		}
		return already(u.Role == RoleAdmin)
	case ActUnmakeAdmin:
		return mayEnd(u, f, u.Role != RoleAdmin)
	case ActSignOut:
		if u.State == Deactivated {
			return RefusedDeactivated
		}
		return ""
	case ActRestore:
		return ""
	}
	return RefusedAlready // an act that this program does not know applies to nobody
}

func already(is bool) ActRefusal {
	if is {
		return RefusedAlready
	}
	return ""
}

// mayMail: something that lets the user in can be mailed. Bouncing is no refusal: it may be over,
// and an administrator who tries is told.
func mayMail(u User, f ActFacts) ActRefusal {
	switch {
	case u.State == Deactivated:
		return RefusedDeactivated
	case u.Suspended():
		return RefusedSuspended
	case !f.Reachable:
		return RefusedNoEmail
	}
	return ""
}

func mayInvite(act UserAct, u User, f ActFacts) ActRefusal {
	switch {
	case u.State == Deactivated:
		return RefusedDeactivated
	case u.Suspended():
		return RefusedSuspended
	case !u.FirstSignInAt.IsZero():
		return RefusedSignedIn
	case act == ActInvite && u.WasInvited():
		return RefusedInvited
	case act == ActInviteAgain && !u.WasInvited():
		return RefusedNotInvited
	}
	return mayMail(u, f)
}

func mayUnlock(u User, f ActFacts) ActRefusal {
	switch {
	case u.LockReason == LockedByOperator && !f.MayUnlockAll:
		return RefusedByOperator
	case !f.Locked:
		return RefusedNotLocked
	}
	return ""
}

func mayAsk(u User, f ActFacts, now time.Time) ActRefusal {
	switch refused := mayMail(u, f); {
	case refused != "":
		return refused
	case u.Factors > 0:
		return RefusedHasFactor
	case u.Bouncing():
		return RefusedBouncing
	case !MayAskFactor(u, f.Reachable, f.Asked, now):
		return RefusedAskedSoon
	}
	return ""
}

// mayEnd: what a user may do in the company is taken away, unless nobody else could give it back.
func mayEnd(u User, f ActFacts, done bool) ActRefusal {
	switch {
	case done:
		return RefusedAlready
	case u.Leads() && !f.OthersLead:
		return RefusedLast
	}
	return ""
}

// KeepDeleted is how long a deleted user can be restored.
const KeepDeleted = 30 * 24 * time.Hour

// Deleted reports whether an administrator has deleted the user, who is removed at RemovedAt.
func (u User) Deleted() bool { return !u.DeletedAt.IsZero() }

// RemovedAt is when a deleted user is removed for good.
func (u User) RemovedAt() time.Time { return u.DeletedAt.Add(KeepDeleted) }

// UserVersion identifies what an administrator sees and changes of a user: if it is another one when
// a form arrives, somebody else has changed the user meanwhile. A sign-in makes no other version.
func UserVersion(u User) string {
	state := u.State
	if state == Invited {
		state = Active
	}
	parts := []string{u.Username, u.FirstName, u.LastName, u.Email, string(u.Role), u.Locale, string(state), u.DeletedAt.UTC().String()}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}
