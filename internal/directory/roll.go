package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// roll is what the list of a company's users is searched, filtered, counted and sorted by, in the
// order of names. A process keeps it in memory: see rolls.
type roll struct {
	people  []*person
	briefs  []brief // of the people, in the same order
	byID    map[string]*person
	kinds   []kind
	numbers map[kind]int32 // of the kinds
	zone    *time.Location // of the days
}

// brief is what filters look at. Every page looks at everybody's: side by side in memory, that takes a
// tenth of the time that following the pointers would.
type brief struct {
	kind int32
	// seen is the day of the last sign-in in the company's time zone; 0: never.
	seen int32
}

// person is a user in a roll.
type person struct {
	id, key string
	// username and email are where those parts of the key begin.
	username, email uint16
	brief
	created int64
	// place is that in the order of names.
	place int32
}

// set makes p what a user is. The collector looks at each piece of memory whenever it runs, so both
// strings are one.
func (p *person) set(zone *time.Location, u gatehouse.User, kind int32) {
	text := u.ID + gatehouse.UserKey(u)
	*p = person{id: text[:len(u.ID)], key: text[len(u.ID):], brief: brief{kind, int32(gatehouse.DayOf(u.LastSignInAt, zone))}, created: u.CreatedAt.UnixMicro()}
	p.username = uint16(strings.IndexByte(p.key, '\n') + 1)
	p.email = p.username + uint16(strings.IndexByte(p.key[p.username:], '\n')+1)
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

// number returns the number of a kind: a rule is applied to each kind, and not to each user.
func (r *roll) number(of kind) int32 {
	n, known := r.numbers[of]
	if !known {
		n = int32(len(r.kinds))
		r.kinds, r.numbers[of] = append(r.kinds, of), n
	}
	return n
}

// peopleInABlock is how many people of a roll are one piece of memory at most; in a small company, the
// next piece is as large as all before.
const peopleInABlock = 512

// readRoll reads the roll of a company, and returns from where on to ask for what has changed.
func readRoll(ctx context.Context, q store.Queries, st *site.Site, firm gatehouse.Company) (*roll, int64, error) {
	next, err := q.AllFrom(ctx, st.ID, firm.ID)
	if err != nil {
		return nil, 0, err
	}
	r := &roll{zone: st.ZoneOf(firm.Zone), byID: map[string]*person{}, numbers: map[kind]int32{}}
	var block []person
	err = q.AllUsers(ctx, st.ID, firm.ID, func(u gatehouse.User) error {
		if len(block) == 0 {
			block = make([]person, min(len(r.people)+1, peopleInABlock))
		}
		p := &block[0]
		block = block[1:]
		p.set(r.zone, u, r.number(kindOf(u)))
		r.people, r.byID[p.id] = append(r.people, p), p
		return nil
	})
	r.sort()
	return r, next, err
}

// sort puts everybody in the order of names.
func (r *roll) sort() {
	slices.SortFunc(r.people, byKey)
	r.count()
}

// count gives everybody the place in the order.
func (r *roll) count() {
	r.briefs = slices.Grow(r.briefs[:0], len(r.people))
	for i, p := range r.people {
		p.place, r.briefs = int32(i), append(r.briefs, p.brief)
	}
}

// fewChanges are put in their places one by one; after more of them, everybody is sorted again.
const fewChanges = 20

// bring makes a roll what it would be if it were read now.
func (r *roll) bring(changed []gatehouse.User) {
	gone := map[*person]bool{}
	var came []*person
	for _, u := range changed {
		if was := r.byID[u.ID]; was != nil {
			gone[was] = true
			delete(r.byID, u.ID)
		}
		if u.CompanyID != "" && u.DeletedAt.IsZero() { // else deleted, or in another company by now
			p := &person{}
			p.set(r.zone, u, r.number(kindOf(u)))
			r.byID[p.id], came = p, append(came, p)
		}
	}
	if len(gone) > 0 {
		r.people = slices.DeleteFunc(r.people, func(p *person) bool { return gone[p] })
	}
	if len(came) > fewChanges {
		r.people = append(r.people, came...)
		r.sort()
		return
	}
	for _, p := range came {
		at, _ := slices.BinarySearchFunc(r.people, p, byKey)
		r.people = slices.Insert(r.people, at, p)
	}
	if len(changed) > 0 {
		r.count()
	}
}

func byKey(a, b *person) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) }

// orders are the orders of the list. Users who are equal in one are in the order of their names.
var orders = map[gatehouse.UserSort]func(a, b *person) int{
	gatehouse.SortName: byName,
	gatehouse.SortUsername: func(a, b *person) int {
		return cmp.Or(cmp.Compare(a.key[a.username:a.email], b.key[b.username:b.email]), byName(a, b))
	},
	gatehouse.SortSeen:    func(a, b *person) int { return cmp.Or(cmp.Compare(a.seen, b.seen), byName(a, b)) },
	gatehouse.SortCreated: func(a, b *person) int { return cmp.Or(cmp.Compare(a.created, b.created), byName(a, b)) },
}

func byName(a, b *person) int { return cmp.Compare(a.place, b.place) }
