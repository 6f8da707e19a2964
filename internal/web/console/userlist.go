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
	columns gatehouse.ColumnSet
}

// columnName is always shown, and the first.
const columnName gatehouse.UserColumn = "name"

// sortable is a column that the list can be sorted by.
type sortable struct {
	Column gatehouse.UserColumn
	Value  gatehouse.UserSort
	// newest: the newest come first, unless one asks for the other way around.
	newest  bool
	Current bool
}

var sortables = []sortable{{Column: columnName, Value: gatehouse.SortName}, {Column: gatehouse.ColumnUsername, Value: gatehouse.SortUsername},
	{Column: gatehouse.ColumnSeen, Value: gatehouse.SortSeen, newest: true}, {Column: gatehouse.ColumnCreated, Value: gatehouse.SortCreated, newest: true}}

// readList reads an address. It ignores what it does not know.
func readList(asked url.Values) (l userList) {
	l.UserFilter, l.Limit = gatehouse.ReadUserFilter(asked), usersOfPage
	l.After, l.Before = asked.Get("after"), asked.Get("before")
	look := gatehouse.ReadUserLook(asked)
	l.Sort, l.Down, l.columns = look.Sort, look.Down, look.Columns
	return l
}

// query is the text form of a list, without the place in it.
func (l userList) query() url.Values {
	q := l.Query()
	l.look().AddTo(q)
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

func (l userList) look() gatehouse.UserLook {
	return gatehouse.UserLook{Sort: l.Sort, Down: l.Down, Columns: l.columns}
}

// Shows reports whether a column is shown.
func (l userList) Shows(c gatehouse.UserColumn) bool { return l.look().Shows(c) }

// Columns are the choices of columns.
func (l userList) Columns() (all []filterChoice) {
	for _, c := range gatehouse.UserColumns {
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
	Column gatehouse.UserColumn
	// Link sorts by it; empty: it cannot be sorted by. Sorted is "ascending", "descending" or empty.
	Link, Sorted string
}

// Headings are the heads of the columns that are shown.
func (l userList) Headings() (all []heading) {
	for _, c := range append([]gatehouse.UserColumn{columnName}, gatehouse.UserColumns...) {
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
