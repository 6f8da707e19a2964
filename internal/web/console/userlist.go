package console

import (
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// userList is what an address of the list of users asks for: which users, in which order, and what is
// shown about them. All of it is in the address, so that Back works, and a link shows the same.
type userList struct {
	directory.UserList
	// columns are those that were chosen; none: the usual ones.
	columns []column
}

// column is something the list can show about users, next to their names.
type column string

// The columns.
const (
	columnUsername  column = "username"
	columnEmail     column = "email"
	columnRole      column = "role"
	columnTwoFactor column = "two_factor"
	columnSeen      column = "last_sign_in"
	columnCreated   column = "created"
	columnState     column = "state"
)

// columns are all of them in the order in which they are shown, and usualColumns those that are shown
// unless others are chosen: the name has the username below it.
var (
	columns      = []column{columnUsername, columnEmail, columnRole, columnTwoFactor, columnSeen, columnCreated, columnState}
	usualColumns = []column{columnEmail, columnRole, columnTwoFactor, columnSeen, columnState}
)

// columnName is always shown, and the first.
const columnName column = "name"

// sortable is a column that the list can be sorted by.
type sortable struct {
	Column column
	Value  gatehouse.UserSort
	// newest: the newest come first, unless one asks for the other way around.
	newest  bool
	Current bool
}

var sortables = []sortable{{Column: columnName, Value: gatehouse.SortName}, {Column: columnUsername, Value: gatehouse.SortUsername},
	{Column: columnSeen, Value: gatehouse.SortSeen, newest: true}, {Column: columnCreated, Value: gatehouse.SortCreated, newest: true}}

// readList reads an address. It ignores what it does not know.
func readList(asked url.Values) (l userList) {
	l.UserFilter, l.Limit = gatehouse.ReadUserFilter(asked), usersOfPage
	l.After, l.Before = asked.Get("after"), asked.Get("before")
	if by := gatehouse.UserSort(asked.Get("sort")); slices.Contains(gatehouse.UserSorts, by) {
		l.Sort = by
	}
	l.Down = asked.Get("order") == "down"
	for _, c := range columns {
		if slices.Contains(asked["col"], string(c)) {
			l.columns = append(l.columns, c)
		}
	}
	if slices.Equal(l.columns, usualColumns) {
		l.columns = nil
	}
	return l
}

// query is the text form of a list, without the place in it.
func (l userList) query() url.Values {
	q := l.Query()
	if l.Sort != gatehouse.SortName {
		q.Set("sort", string(l.Sort))
	}
	if l.Down {
		q.Set("order", "down")
	}
	for _, c := range l.columns {
		q.Add("col", string(c))
	}
	return q
}

// at is an address with a query.
func at(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// paged is the address of the page after a place, or before one.
func (l userList) paged(after, before string) string {
	q := l.query()
	if after != "" {
		q.Set("after", after)
	}
	if before != "" {
		q.Set("before", before)
	}
	return at(ui.CompanyUsersPath, q)
}

// grouped is the address of the list with other groups.
func (l userList) grouped(groups gatehouse.GroupSet) string {
	l.Groups = groups
	return l.paged("", "")
}

// Everybody is the address of the list without filters.
func (l userList) Everybody() string {
	l.UserFilter = gatehouse.UserFilter{}
	return l.paged("", "")
}

// Filtered reports whether anything but everybody was asked for.
func (l userList) Filtered() bool { return l.UserFilter != gatehouse.UserFilter{} }

// Shows reports whether a column is shown.
func (l userList) Shows(c column) bool {
	if len(l.columns) == 0 {
		return slices.Contains(usualColumns, c)
	}
	return slices.Contains(l.columns, c)
}

// Columns are the choices of columns.
func (l userList) Columns() (all []filterChoice) {
	for _, c := range columns {
		all = append(all, filterChoice{Value: string(c), Current: l.Shows(c)})
	}
	return all
}

// Sorts are the choices of orders.
func (l userList) Sorts() []sortable {
	all := slices.Clone(sortables)
	for i := range all {
		all[i].Current = l.Sort == all[i].Value
	}
	return all
}

// hiddenField is a value that a form of the list keeps.
type hiddenField struct{ Name, Value string }

// Kept are the values that a form keeps, except those with the names of its own fields.
func (l userList) Kept(own ...string) (all []hiddenField) {
	q := l.query()
	for _, name := range []string{"q", "group", "role", "factor", "sort", "order", "col"} {
		for _, value := range q[name] {
			if !slices.Contains(own, name) {
				all = append(all, hiddenField{name, value})
			}
		}
	}
	return all
}

// heading is the head of a column.
type heading struct {
	Column column
	// Link sorts by it; empty: it cannot be sorted by. Sorted is "ascending", "descending" or empty.
	Link, Sorted string
}

// Headings are the heads of the columns that are shown.
func (l userList) Headings() (all []heading) {
	for _, c := range append([]column{columnName}, columns...) {
		if c != columnName && !l.Shows(c) {
			continue
		}
		h := heading{Column: c}
		if i := slices.IndexFunc(sortables, func(s sortable) bool { return s.Column == c }); i >= 0 {
			to := l
			to.Sort, to.Down = sortables[i].Value, sortables[i].newest
			if l.Sort == to.Sort {
				h.Sorted, to.Down = "ascending", !l.Down
				if l.Down {
					h.Sorted = "descending"
				}
			}
			h.Link = to.paged("", "")
		}
		all = append(all, h)
	}
	return all
}
