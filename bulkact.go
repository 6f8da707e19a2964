package gatehouse

// BulkAct is an act of an administrator on many users of the company. It is proposed first, with
// everybody it is about; its administrator sees what it would do, and agrees.
type BulkAct struct {
	Run
	Act UserAct
	// Query is the search of the list that its users were chosen by, all of those found; empty: they
	// were ticked one by one, or Undoes says who they are.
	Query string
	// Undoes is the ID of the earlier act that it takes back; empty: none.
	Undoes string
	// IPAddress and Reference tie what it does to the request that began it.
	IPAddress, Reference string
}

// Caller is on whose behalf it acts: the administrator who agreed to it, who may have lost the role
// since.
func (b BulkAct) Caller() Caller {
	return Caller{Kind: SignedIn, SiteID: b.SiteID, CompanyID: b.CompanyID, UserID: b.StartedBy, Name: b.StartedName, Role: RoleAdmin,
		IPAddress: b.IPAddress, Reference: b.Reference}
}

// BulkActs are the acts that can be done to many users at once, in display order. Deleting is not
// one of them: that is decided for each user.
var BulkActs = []UserAct{ActInvite, ActInviteAgain, ActUnlock, ActPassword, ActAskFactor, ActActivate, ActDeactivate, ActMakeAdmin, ActUnmakeAdmin}

// Reverse is the act that takes an act back; empty: there is none.
func (a UserAct) Reverse() UserAct {
	switch a {
	case ActActivate:
		return ActDeactivate
	case ActDeactivate:
		return ActActivate
	case ActMakeAdmin:
		return ActUnmakeAdmin
	case ActUnmakeAdmin:
		return ActMakeAdmin
	}
	return ""
}
