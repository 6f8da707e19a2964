package directory

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"gatehouse"
)

// look is one look at a roll with a filter.
type look struct {
	filter gatehouse.UserFilter
	need   gatehouse.Requirement
	zone   *time.Location
	today  int
	words  []string
	// classes are the users who are alike to all filters, and chosen says which of them the filter
	// means; the text is another matter.
	classes []gatehouse.UserFacts
	chosen  []bool
}

// The ages of a last sign-in that make a difference.
const (
	neverSeen = iota
	lately
	longAgo
	ages
)

func newLook(r *roll, f gatehouse.UserFilter, need gatehouse.Requirement, zone *time.Location, now time.Time) *look {
	l := &look{filter: f, need: need, zone: zone, today: gatehouse.DayOf(now, zone), words: f.Words()}
	for _, k := range r.kinds {
		for age := range ages {
			facts := k.facts()
			facts.Need, facts.Today = need, l.today
			facts.Seen = [ages]int{neverSeen: 0, lately: l.today, longAgo: l.today - gatehouse.AwayDays - 1}[age]
			l.classes, l.chosen = append(l.classes, facts), append(l.chosen, f.FitsKind(facts))
		}
	}
	return l
}

// factsOf are the facts about one user.
func (l *look) factsOf(u gatehouse.User) gatehouse.UserFacts {
	return gatehouse.UserFacts{User: u, Reachable: reachable(u), Need: l.need, Today: l.today, Seen: gatehouse.DayOf(u.LastSignInAt, l.zone)}
}

// classOf returns which of the classes a user is in.
func (l *look) classOf(b brief) int {
	age := lately
	switch {
	case b.seen == 0:
		age = neverSeen
	case l.today-int(b.seen) > gatehouse.AwayDays:
		age = longAgo
	}
	return int(b.kind)*ages + age
}

// fits reports whether the filter means a user.
func (l *look) fits(p *person) bool {
	return l.chosen[l.classOf(p.brief)] && gatehouse.HasWords(p.key, l.words)
}

// ids are the users whom the filter means.
func (l *look) ids(r *roll) (all []string) {
	for _, p := range r.people {
		if l.fits(p) {
			all = append(all, p.id)
		}
	}
	return all
}

// tally is how many users there are of each class: all, and those who have the words.
type tally struct{ all, with []int }

// counts counts the users for every filter.
func (l *look) counts(t tally) UserCounts {
	n := UserCounts{Groups: map[gatehouse.UserGroup]int{}, Roles: map[gatehouse.Role]int{}, Factors: map[gatehouse.FactorFilter]int{}}
	for class, u := range l.classes {
		if u.Factors == 0 && u.State != gatehouse.Deactivated {
			n.Bare += t.all[class]
		}
		if t.with[class] > 0 {
			n.add(u, l.filter, t.with[class])
		}
	}
	return n
}

// add adds some users who are alike to the filters that they fit, if everything else is as in f.
func (n *UserCounts) add(u gatehouse.UserFacts, f gatehouse.UserFilter, some int) {
	in := u.Groups()
	groups, role, factor := in.Contains(f.Groups), f.Role == "" || f.Role == u.Role, f.Factor.Fits(u)
	if role && factor {
		n.Ungrouped += some
	}
	if groups && role && factor {
		for _, g := range in.All() {
			n.Groups[g] += some
		}
	}
	if groups && factor {
		n.Roles[""] += some
		n.Roles[u.Role] += some
	}
	for _, by := range append([]gatehouse.FactorFilter{""}, gatehouse.FactorFilters...) {
		if groups && role && by.Fits(u) {
			n.Factors[by] += some
		}
	}
}

// pageOfRoll is a page of a roll.
type pageOfRoll struct {
	people           []*person
	found, preceding int
	tally            tally
}

// page chooses the users of a page. It looks at everybody once, and keeps those who are nearest to
// where the page begins.
func (r *roll) page(l *look, f UserList) (c pageOfRoll) {
	compare := orders[f.Sort]
	if f.Down {
		compare = turned(compare)
	}
	limit, from, nearer := clamp(f.Limit), r.at(f.After), compare
	backwards := from == nil && r.at(f.Before) != nil
	if backwards {
		from, nearer = r.at(f.Before), turned(compare)
	}
	c.tally = tally{make([]int, len(l.classes)), make([]int, len(l.classes))}
	upTo, under := 0, 0 // how many come before from, with the one at it and without
	place := r.placed(f, compare, from)
	for i := range r.walk(f.Down != backwards) {
		if !l.tallied(r, i, c.tally) {
			continue
		}
		c.found++
		p := r.people[i]
		if from != nil {
			order := place(i)
			if order <= 0 {
				upTo++
			}
			if order < 0 {
				under++
			}
			if order == 0 || (order < 0) != backwards {
				continue
			}
		}
		if f.Sort == gatehouse.SortName && len(c.people) == limit {
			continue // those who are met later are farther away
		}
		if len(c.people) < limit || nearer(p, c.people[limit-1]) < 0 {
			at, _ := slices.BinarySearchFunc(c.people, p, nearer)
			c.people = slices.Insert(c.people[:min(len(c.people), limit-1)], at, p)
		}
	}
	c.preceding = upTo
	if backwards {
		slices.Reverse(c.people)
		if c.preceding = under - len(c.people); c.preceding == 0 && len(c.people) < limit {
			f.Before = "" // the first page, then, and a full one
			return r.page(l, f)
		}
	}
	return c
}

// placed returns where somebody comes in the order of a list, as seen from a user.
func (r *roll) placed(f UserList, compare func(a, b *person) int, from *person) func(i int) int {
	switch {
	case f.Sort != gatehouse.SortName:
		return func(i int) int { return compare(r.people[i], from) }
	case f.Down:
		return func(i int) int { return cmp.Compare(from.place, int32(i)) }
	}
	return func(i int) int { return cmp.Compare(int32(i), from.place) }
}

// tallied counts the user at a place, and reports whether the filter means the user.
func (l *look) tallied(r *roll, place int, t tally) bool {
	class := l.classOf(r.briefs[place])
	t.all[class]++
	if len(l.words) > 0 && !gatehouse.HasWords(r.people[place].key, l.words) {
		return false
	}
	t.with[class]++
	return l.chosen[class]
}

// walk goes over everybody's place in the order of names, or the other way around: a list by name then
// keeps those whom it meets first.
func (r *roll) walk(down bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, last := 0, len(r.people)-1; i <= last; i++ {
			place := i
			if down {
				place = last - i
			}
			if !yield(place) {
				return
			}
		}
	}
}

func turned(compare func(a, b *person) int) func(a, b *person) int {
	return func(a, b *person) int { return compare(b, a) }
}
