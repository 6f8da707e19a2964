package gatehouse

import (
	"slices"
	"time"
)

// Enrolment is one run of Enhanced Security's switch over all users of a company
// (B02 to B04).
type Enrolment struct {
	Run
	// Enable: it switches two-factor on; otherwise off.
	Enable bool
	// Factor is the factor that users need from FactorBy on; empty: none.
	Factor   Requirement
	FactorBy time.Time
}

// Rule is what it enrols users for.
func (e Enrolment) Rule() TwoFactorRule { return ruleOf(e.Enable, e.Factor, e.FactorBy) }

// OutcomeReason says why, or what else to know.
type OutcomeReason string

// The reasons of outcomes. For users who are changed, it is something an administrator may want to
// look into; empty: nothing.
const (
	ReasonUnconfirmed OutcomeReason = "unconfirmed" // the address was never confirmed
	ReasonLocked      OutcomeReason = "locked"      // asked for a code once unlocked
	ReasonOwn         OutcomeReason = "own"         // two-factor is the user's own choice
	ReasonHasFactor   OutcomeReason = "has-factor"  // what is required is set up already
	ReasonNoEmail     OutcomeReason = "no-address"
	ReasonBadEmail    OutcomeReason = "bad-address" // no mail can be sent to it
	ReasonBouncing    OutcomeReason = "bouncing"
	ReasonDeactivated OutcomeReason = "deactivated"
	ReasonInvited     OutcomeReason = "invited" // has never signed in
	// During the run, the user left the company or was deleted, the switch was flipped back, or
	// the notice could not be written.
	ReasonMoved    OutcomeReason = "moved"
	ReasonGone     OutcomeReason = "gone"
	ReasonReplaced OutcomeReason = "replaced"
	// ReasonNotAllowed: the administrator who began the run may no longer do it.
	ReasonNotAllowed OutcomeReason = "not-allowed"
	// ReasonMeanwhile: an act has come to apply to the user only while it was being done.
	ReasonMeanwhile OutcomeReason = "meanwhile"
	ReasonError     OutcomeReason = "error"
)

// Enrol returns what a company's new requirement does to one of its users. reachable: mail can be
// sent to the user's address. Off mirrors a code by email: it changes exactly those users whom that
// would enrol, so one number covers both. A factor changes those who must set one up.
func Enrol(need Requirement, u User, reachable bool) (Outcome, OutcomeReason) {
	noCode := OutcomeSkipped // nothing was ever sent there, so nothing is taken away
	if need.Over(RequireNothing) {
		noCode = OutcomeFailed
	}
	switch {
	case u.State == Invited:
		return OutcomeSkipped, ReasonInvited
	case u.State != Active:
		return OutcomeSkipped, ReasonDeactivated
	case need.OwnFactor() && need.MetBy(u):
		return OutcomeUnchanged, ReasonHasFactor
	case u.Factors > 0 && !need.OwnFactor(): // which needs no mailbox
		return OutcomeUnchanged, ReasonOwn
	case u.Factors > 0: // which is proved until the other one is set up
		return OutcomeChanged, worthKnowing(u)
	case u.Email == "":
		return OutcomeSkipped, ReasonNoEmail
	case !reachable:
		return noCode, ReasonBadEmail
	case u.Bouncing():
		return noCode, ReasonBouncing
	case u.OwnTwoFactor && !need.OwnFactor():
		return OutcomeUnchanged, ReasonOwn
	}
	return OutcomeChanged, worthKnowing(u)
}

func worthKnowing(u User) OutcomeReason {
	switch {
	case u.Locked():
		return ReasonLocked
	case !u.EmailConfirmed:
		return ReasonUnconfirmed
	}
	return ""
}

// Notified reports whether a run notifies a user: every active one whom mail can reach (B03).
// Users who have never signed in learn of it at their second sign-in.
func Notified(u User, reachable bool) bool { return u.State == Active && reachable }

// UserGroup is a group of a company's users that an administrator can list.
type UserGroup string

// The groups. One user may be in several.
const (
	GroupEnrolled    UserGroup = "enrolled" // whom the company's switch affects
	GroupNoEmail     UserGroup = "no-address"
	GroupUnconfirmed UserGroup = "unconfirmed"
	GroupBouncing    UserGroup = "bouncing"
	GroupLocked      UserGroup = "locked"
	GroupDeactivated UserGroup = "deactivated"
	GroupInvited     UserGroup = "invited"
	GroupOwn         UserGroup = "own"
	// Those who have what a requirement asks for, and those who would have to set it up.
	GroupNoFactor   UserGroup = "no-factor"
	GroupHasFactor  UserGroup = "has-factor"
	GroupNoPasskey  UserGroup = "no-passkey"
	GroupHasPasskey UserGroup = "has-passkey"
)

// UserGroups are all of them, in the order in which they are shown.
var UserGroups = []UserGroup{GroupEnrolled, GroupNoEmail, GroupUnconfirmed, GroupBouncing,
	GroupLocked, GroupDeactivated, GroupInvited, GroupOwn, GroupNoFactor, GroupHasFactor, GroupNoPasskey, GroupHasPasskey}

// enrolGroups are the groups that a run for a requirement counts as changed and unchanged.
var enrolGroups = map[Requirement][2]UserGroup{
	RequireCode: {GroupEnrolled, GroupOwn}, RequireFactor: {GroupNoFactor, GroupHasFactor}, RequirePasskey: {GroupNoPasskey, GroupHasPasskey}}

// GroupsFor returns the groups to show for a requirement: those that it changes, the facts that
// matter, and those that it leaves as they are.
func GroupsFor(need Requirement) []UserGroup {
	if !need.Over(RequireNothing) {
		need = RequireCode
	}
	facts := slices.DeleteFunc(slices.Clone(UserGroups), func(g UserGroup) bool {
		for _, groups := range enrolGroups {
			if slices.Contains(groups[:], g) {
				return true
			}
		}
		return false
	})
	return append(append([]UserGroup{enrolGroups[need][0]}, facts...), enrolGroups[need][1])
}

// GroupsOf returns the groups that a user is in: for each requirement, what a run for it counts as
// changed and unchanged, and facts.
func GroupsOf(u User, reachable bool) []UserGroup {
	is := map[UserGroup]bool{
		GroupNoEmail:     u.Email == "" && u.State != Deactivated,
		GroupUnconfirmed: u.Email != "" && !u.EmailConfirmed && u.State != Deactivated,
		GroupBouncing:    u.Email != "" && (u.Bouncing() || !reachable) && u.State != Deactivated,
		GroupLocked:      u.Locked(),
		GroupDeactivated: u.State == Deactivated,
		GroupInvited:     u.State == Invited,
	}
	for need, groups := range enrolGroups {
		outcome, _ := Enrol(need, u, reachable)
		is[groups[0]], is[groups[1]] = outcome == OutcomeChanged, outcome == OutcomeUnchanged
	}
	return slices.DeleteFunc(slices.Clone(UserGroups), func(g UserGroup) bool { return !is[g] })
}
