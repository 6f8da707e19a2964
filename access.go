package gatehouse

import (
	"cmp"
	"slices"
)

// Reach says which users of a company may reach an application.
type Reach string

// The reaches.
const (
	ReachEveryone       Reach = "everyone"
	ReachAdministrators Reach = "administrators"
	ReachNobody         Reach = "nobody"
)

// Reaches are all of them, the widest first.
var Reaches = []Reach{ReachEveryone, ReachAdministrators, ReachNobody}

// Includes reports whether a role is included. A reach that this program does not know includes
// nobody.
func (r Reach) Includes(role Role) bool {
	return r == ReachEveryone || r == ReachAdministrators && role == RoleAdmin
}

// Reach returns which users of a company may reach the application: as the company's
// administrators set it, or else the application's default. Empty means everybody.
func (a Application) Reach(said Reach) Reach {
	return cmp.Or(said, a.Settings.Access.Reach, ReachEveryone)
}

// Closed says why a user may not reach an application; empty: the user may.
type Closed string

// The reasons.
const (
	// ClosedBySite: it is for other roles, and no administrator can change that.
	ClosedBySite Closed = "site"
	// ClosedToUsers: the company allows only its administrators.
	ClosedToUsers Closed = "users"
	// ClosedToAll: the company allows nobody.
	ClosedToAll Closed = "all"
)

// ClosedTo says why users of a role may not reach an application. said is the setting of the
// company's administrators. Both the operator's roles and the company's reach must include the
// user.
func ClosedTo(a Application, said Reach, role Role) Closed {
	switch reach := a.Reach(said); {
	case !a.ForRole(role):
		return ClosedBySite
	case reach.Includes(role):
		return ""
	case reach == ReachAdministrators:
		return ClosedToUsers
	}
	return ClosedToAll
}

// ForRole reports whether the operator offers the application to users of a role.
func (a Application) ForRole(role Role) bool {
	roles := a.Settings.Access.Roles
	return len(roles) == 0 || slices.Contains(roles, role)
}

// Offered returns the reaches that a company's administrators can choose from. It leaves out those
// that would let nobody in because the operator excludes them.
func (a Application) Offered() []Reach {
	return slices.DeleteFunc(slices.Clone(Reaches), func(r Reach) bool {
		return r == ReachEveryone && !a.ForRole(RoleUser) || r == ReachAdministrators && !a.ForRole(RoleAdmin)
	})
}

// Widened returns the narrowest reach that includes a role that this one excludes.
func (r Reach) Widened(role Role) Reach {
	switch {
	case r.Includes(role):
		return r
	case role == RoleAdmin:
		return ReachAdministrators
	}
	return ReachEveryone
}
