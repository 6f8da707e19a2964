package gatehouse

import (
	"cmp"
	"slices"
)

// Reach is which users of a company may reach an application.
type Reach string

// The reaches.
const (
	ReachEveryone       Reach = "everyone"
	ReachAdministrators Reach = "administrators"
	ReachNobody         Reach = "nobody"
)

// Reaches are all of them, the widest first.
var Reaches = []Reach{ReachEveryone, ReachAdministrators, ReachNobody}

// Includes reports whether users of a role are among those who may. A reach that this program
// does not know includes nobody.
func (r Reach) Includes(role Role) bool {
	return r == ReachEveryone || r == ReachAdministrators && role == RoleAdmin
}

// Reach is which users of a company may reach the application: what the company's
// administrators have said, or until they do, the application's own; empty: everybody.
func (a Application) Reach(said Reach) Reach {
	return cmp.Or(said, a.Settings.Access.Reach, ReachEveryone)
}

// Closed is why a user may not reach an application; empty: the user may.
type Closed string

// The ways in which it is closed.
const (
	// ClosedBySite: it is for other roles, and no administrator can change that.
	ClosedBySite Closed = "site"
	// ClosedToUsers: the company lets its administrators alone.
	ClosedToUsers Closed = "users"
	// ClosedToAll: the company lets nobody.
	ClosedToAll Closed = "all"
)

// ClosedTo says why users of a role may not reach an application of which the company's administrators
// have said this: the operator's roles and the company's reach both have to include the user.
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

// Offered are the reaches that a company's administrators can choose from: one that lets
// nobody in because the operator keeps them out is not offered.
func (a Application) Offered() []Reach {
	return slices.DeleteFunc(slices.Clone(Reaches), func(r Reach) bool {
		return r == ReachEveryone && !a.ForRole(RoleUser) || r == ReachAdministrators && !a.ForRole(RoleAdmin)
	})
}

// Widened is the narrowest reach that lets users of a role in whom this one keeps out.
func (r Reach) Widened(role Role) Reach {
	switch {
	case r.Includes(role):
		return r
	case role == RoleAdmin:
		return ReachAdministrators
	}
	return ReachEveryone
}
