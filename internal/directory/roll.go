package directory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// roll is what the list of a company's users is searched, filtered, counted and sorted by, in the
// order of names. It does not change once it is made.
type roll struct {
	people []*person
	byID   map[string]*person
	kinds  *kinds
}

// person is a user in a roll.
type person struct {
	id, key, username string
	kind              int32
	// seen is the day of the last sign-in; 0: never.
	seen    int32
	created int64
}

// kind is everything about a user that the rules about filters look at, except days.
type kind struct {
	state                                    gatehouse.UserState
	role                                     gatehouse.Role
	hasEmail, reachable, confirmed, bouncing bool
	locked, own, shared, signedIn            bool
	factors, apps, passkeys                  int
}

func kindOf(u gatehouse.User) kind {
	return kind{u.State, u.Role, u.Email != "", reachable(u), u.EmailConfirmed, u.Bouncing(),
		u.Locked(), u.OwnTwoFactor, u.SoleUserFor != "" && !u.SoleUser, !u.FirstSignInAt.IsZero(), u.Factors, u.Apps, u.Passkeys}
}

// facts are those of a user of this kind.
func (k kind) facts() gatehouse.UserFacts {
	since := func(is bool) (at time.Time) {
		if is {
			at = time.Unix(1, 0)
		}
		return at
	}
	u := gatehouse.User{State: k.state, Role: k.role, EmailConfirmed: k.confirmed, Bounce: gatehouse.Bounce{At: since(k.bouncing)}, LockedAt: since(k.locked),
		OwnTwoFactor: k.own, FirstSignInAt: since(k.signedIn), Factors: k.factors, Apps: k.apps, Passkeys: k.passkeys}
	if k.hasEmail {
		u.Email = "somebody@example.com"
	}
	if k.shared {
		u.SoleUserFor = "1"
	}
	return gatehouse.UserFacts{User: u, Reachable: k.reachable}
}

// kinds are the kinds of users in a roll: a rule is applied to each kind, and not to each user.
type kinds struct {
	all     []kind
	numbers map[kind]int32
}

func (k *kinds) number(of kind) int32 {
	n, known := k.numbers[of]
	if !known {
		n = int32(len(k.all))
		k.all, k.numbers[of] = append(k.all, of), n
	}
	return n
}

// readRoll makes the roll of a company.
func readRoll(ctx context.Context, q store.Queries, st *site.Site, companyID string) (*roll, error) {
	r := &roll{byID: map[string]*person{}, kinds: &kinds{numbers: map[kind]int32{}}}
	err := q.AllUsers(ctx, st.ID, companyID, func(u gatehouse.User) error {
		p := r.kinds.person(st, u)
		r.people, r.byID[p.id] = append(r.people, p), p
		return nil
	})
	slices.SortFunc(r.people, byName)
	return r, err
}

func (k *kinds) person(st *site.Site, u gatehouse.User) *person {
	return &person{u.ID, gatehouse.UserKey(u), gatehouse.SearchKey(u.Username), k.number(kindOf(u)), int32(gatehouse.DayOf(u.LastSignInAt, st.Zone)), u.CreatedAt.UnixMicro()}
}

func byName(a, b *person) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) }

// orders are the orders of the list. Users who are equal in one are in the order of their names.
var orders = map[gatehouse.UserSort]func(a, b *person) int{
	gatehouse.SortName:     byName,
	gatehouse.SortUsername: func(a, b *person) int { return cmp.Or(cmp.Compare(a.username, b.username), byName(a, b)) },
	gatehouse.SortSeen:     func(a, b *person) int { return cmp.Or(cmp.Compare(a.seen, b.seen), byName(a, b)) },
	gatehouse.SortCreated:  func(a, b *person) int { return cmp.Or(cmp.Compare(a.created, b.created), byName(a, b)) },
}
