package gatehouse

import "slices"

// OperatorsSite is the ID of the site on which those who run the installation sign in. It is built
// in: it has no folder, no site may be called that, and without hosts in the configuration there is
// none.
const OperatorsSite = "operators"

// ForOperators reports whether it is the site of those who run the installation.
func (s Site) ForOperators() bool { return s.ID == OperatorsSite }

// The roles of operators, who are users of OperatorsSite. Each may do what the one before may.
const (
	RoleSupport  Role = "support"
	RoleSecurity Role = "security"
	RoleOwner    Role = "owner"
)

// OperatorRoles are all of them, the one that may do least first.
var OperatorRoles = []Role{RoleSupport, RoleSecurity, RoleOwner}

// Roles are those that a user of the site can have.
func (s Site) Roles() []Role {
	if s.ForOperators() {
		return OperatorRoles
	}
	return []Role{RoleUser, RoleAdmin}
}

// OperatorAct is something that operators do to the sites, on their pages.
type OperatorAct string

// The acts, by the first role that may do them.
const (
	// OperatorFind finds people and companies, OperatorSee shows what is known about one: no secret,
	// code or password is.
	OperatorFind     OperatorAct = "find"
	OperatorSee      OperatorAct = "see"
	OperatorUnlock   OperatorAct = "unlock"
	OperatorPassword OperatorAct = "password"
	OperatorInvite   OperatorAct = "invite"
	OperatorResend   OperatorAct = "resend"
	OperatorSignOut  OperatorAct = "sign-out"
	OperatorCases    OperatorAct = "cases"
	// OperatorPropose proposes another address for somebody, which a second operator agrees to.
	OperatorPropose OperatorAct = "propose"

	// OperatorFactors resets somebody's second factors, and ends trust in devices.
	OperatorFactors OperatorAct = "factors"
	OperatorEvents  OperatorAct = "events"
	OperatorAlerts  OperatorAct = "alerts"
	// OperatorMail drops messages, holds those of a site, and believes again in addresses that mail came
	// back from.
	OperatorMail OperatorAct = "mail"
	// OperatorAddress changes somebody's address, or agrees to a change of it.
	OperatorAddress OperatorAct = "address"
	// OperatorSuspend ends what a user or a company can do here, and lets them do it again.
	OperatorSuspend OperatorAct = "suspend"

	// OperatorCompanies creates, changes, imports and merges companies and their users.
	OperatorCompanies OperatorAct = "companies"
	OperatorPlatforms OperatorAct = "platforms"
	// OperatorErase removes for good what is known about somebody.
	OperatorErase OperatorAct = "erase"
	// OperatorOperators says who is an operator, and in which role.
	OperatorOperators OperatorAct = "operators"
)

// operatorActs are what each role may do beyond the role before it.
var operatorActs = map[Role][]OperatorAct{
	RoleSupport:  {OperatorFind, OperatorSee, OperatorUnlock, OperatorPassword, OperatorInvite, OperatorResend, OperatorSignOut, OperatorCases, OperatorPropose},
	RoleSecurity: {OperatorFactors, OperatorEvents, OperatorAlerts, OperatorMail, OperatorAddress, OperatorSuspend},
	RoleOwner:    {OperatorCompanies, OperatorPlatforms, OperatorErase, OperatorOperators},
}

// OperatorMay reports whether operators of a role may do an act. A role or an act that this program
// does not know may do nothing, and is done by nobody.
func OperatorMay(role Role, act OperatorAct) bool {
	for _, r := range OperatorRoles[:slices.Index(OperatorRoles, role)+1] {
		if slices.Contains(operatorActs[r], act) {
			return true
		}
	}
	return false
}

// OperatorActOf is the act of operators that an act on a user is; none for an act that this program
// does not know.
func OperatorActOf(a UserAct) OperatorAct {
	switch a {
	case ActUnlock:
		return OperatorUnlock
	case ActPassword:
		return OperatorPassword
	case ActInvite, ActInviteAgain, ActAskFactor:
		return OperatorInvite
	case ActSignOut:
		return OperatorSignOut
	case ActActivate, ActDeactivate, ActDelete, ActRestore:
		return OperatorSuspend
	case ActMakeAdmin, ActUnmakeAdmin:
		return OperatorCompanies
	}
	return ""
}

// SignedInOperator reports whether the caller is an operator who has signed in to the operators'
// pages. Other operators run commands on the server itself, and may do everything.
func (c Caller) SignedInOperator() bool { return c.Kind == Operator && c.UserID != "" }

// Operates reports whether the caller runs the installation and may do an act.
func (c Caller) Operates(act OperatorAct) bool {
	switch {
	case c.Kind == System:
		return true
	case c.SignedInOperator():
		return c.SiteID == OperatorsSite && OperatorMay(c.Role, act)
	}
	return c.Kind == Operator
}

// For is the caller doing an act, for which an operator's role must be good. The method that does
// the act says so: an operator who has signed in may use no method that says nothing.
func (c Caller) For(act OperatorAct) Caller {
	c.Act = act
	return c
}

// operatesOn reports whether the caller, an operator who has signed in, may do at a site what they
// are doing. To operators, it always takes an owner.
func (c Caller) operatesOn(siteID string) bool {
	if siteID == OperatorsSite {
		return c.Act != "" && c.Operates(OperatorOperators)
	}
	return c.Operates(c.Act)
}
