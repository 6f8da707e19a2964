package gatehouse

import (
	"net/url"
	"slices"
)

// UserLook is how a list of users is shown: in which order, and with which columns. It is comparable;
// the zero value is the usual look.
type UserLook struct {
	Sort UserSort
	// Down: from the last to the first.
	Down bool
	// Columns are those that were chosen; none: the usual ones.
	Columns ColumnSet
}

// ReadUserLook reads a look from an address or a form. It ignores what it does not know.
func ReadUserLook(asked url.Values) (l UserLook) {
	if by := UserSort(asked.Get("sort")); slices.Contains(UserSorts, by) {
		l.Sort = by
	}
	l.Down = asked.Get("order") == "down"
	for _, name := range asked["col"] {
		l.Columns |= columnBit(UserColumn(name))
	}
	if l.Columns == usualColumns {
		l.Columns = 0
	}
	return l
}

// AddTo adds the text form of a look to an address: ReadUserLook reads it again.
func (l UserLook) AddTo(q url.Values) {
	if l.Sort != SortName {
		q.Set("sort", string(l.Sort))
	}
	if l.Down {
		q.Set("order", "down")
	}
	for i, c := range UserColumns {
		if l.Columns&(1<<i) != 0 {
			q.Add("col", string(c))
		}
	}
}

// Shows reports whether a column is shown.
func (l UserLook) Shows(c UserColumn) bool {
	if l.Columns == 0 {
		return usualColumns&columnBit(c) != 0
	}
	return l.Columns&columnBit(c) != 0
}

// UserColumn is something that a list can show about users, next to their names.
type UserColumn string

// The columns.
const (
	ColumnUsername  UserColumn = "username"
	ColumnEmail     UserColumn = "email"
	ColumnRole      UserColumn = "role"
	ColumnTwoFactor UserColumn = "two_factor"
	ColumnSeen      UserColumn = "last_sign_in"
	ColumnCreated   UserColumn = "created"
	ColumnState     UserColumn = "state"
)

// UserColumns are all of them, in the order in which they are shown.
var UserColumns = []UserColumn{ColumnUsername, ColumnEmail, ColumnRole, ColumnTwoFactor, ColumnSeen, ColumnCreated, ColumnState}

// ColumnSet is a set of UserColumns.
type ColumnSet uint16

// usualColumns are shown unless others are chosen: the name has the username below it.
var usualColumns = columnBit(ColumnEmail) | columnBit(ColumnRole) | columnBit(ColumnTwoFactor) | columnBit(ColumnSeen) | columnBit(ColumnState)

func columnBit(c UserColumn) ColumnSet {
	if i := slices.Index(UserColumns, c); i >= 0 {
		return 1 << i
	}
	return 0
}
