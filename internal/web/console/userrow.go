package console

import (
	"strings"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// userRow is a line of the list, for the template "user-row". All of it is in words already: a list
// has fifty of them, and a template takes ten times as long to call a method as to read a field.
type userRow struct {
	ID, Link, Initials, Name string
	// Select is the label of the tick box.
	Select string
	// Username is what stands below the name.
	Username string
	Cells    []userCell
}

// userCell is what a column shows about a user.
type userCell struct {
	Label string
	Badge
	// Typed: somebody has typed the text. Machine is a moment in the form for programs.
	Typed   bool
	Machine string
	Below   *Badge
}

// Badge is the state of something in a word, and the class that colours it.
type Badge struct{ Text, Class string }

// Rows are the users in words.
func (v Users) Rows(p *ui.Page) []userRow {
	w := listWriter{p, v, required(p)}
	var columns []gatehouse.UserColumn
	labels := map[gatehouse.UserColumn]string{}
	for _, c := range gatehouse.UserColumns {
		if v.List.Shows(c) {
			columns, labels[c] = append(columns, c), p.T("users."+string(c))
		}
	}
	rows := make([]userRow, len(v.Users))
	for i, u := range v.Users {
		name := u.DisplayName()
		rows[i] = userRow{ID: u.ID, Link: userPath(u), Initials: p.InitialsOf(u), Name: name, Select: p.T("bulk.select", "name", name), Cells: make([]userCell, len(columns))}
		if p.HasUsernames() && name != u.Username && !v.List.Shows(gatehouse.ColumnUsername) {
			rows[i].Username = u.Username
		}
		for j, c := range columns {
			rows[i].Cells[j] = w.cell(c, u)
			rows[i].Cells[j].Label = labels[c]
		}
	}
	return rows
}

// listWriter puts what a list shows into words.
type listWriter struct {
	*ui.Page
	users    Users
	required gatehouse.Requirement
}

func (w listWriter) cell(c gatehouse.UserColumn, u gatehouse.User) userCell {
	switch c {
	case gatehouse.ColumnUsername:
		return userCell{Badge: Badge{Text: u.Username}, Typed: true}
	case gatehouse.ColumnEmail:
		return w.email(u)
	case gatehouse.ColumnRole:
		return userCell{Badge: Badge{Text: w.T("users.role_" + string(u.Role))}}
	case gatehouse.ColumnTwoFactor:
		return w.twoFactor(u)
	case gatehouse.ColumnSeen:
		return w.seen(u)
	case gatehouse.ColumnCreated:
		return userCell{Badge: Badge{Text: w.Day(u.CreatedAt)}, Machine: w.Machine(u.CreatedAt)}
	}
	return userCell{Badge: framed(UserState(w.Words, u))}
}

// framed is a badge with its frame: here other texts have a class too.
func framed(b Badge) Badge {
	b.Class = strings.TrimSpace("badge " + b.Class)
	return b
}

func (w listWriter) email(u gatehouse.User) userCell {
	if u.Email == "" {
		return userCell{Badge: Badge{w.T("users.no_email"), "muted"}}
	}
	cell := userCell{Badge: Badge{Text: u.Email}, Typed: true}
	switch {
	case u.Bouncing() || !w.users.Reachable[u.ID]:
		cell.Below = &Badge{w.T("users.email_bouncing"), "badge badge-warn"}
	case !u.EmailConfirmed:
		cell.Below = &Badge{w.T("users.email_unconfirmed"), "badge"}
	}
	return cell
}

func (w listWriter) twoFactor(u gatehouse.User) userCell {
	cell := userCell{Badge: Badge{w.T("users.two_factor_none"), "muted"}}
	if b := twoFactor(w.Page, w.required, u, w.users.Reachable[u.ID]); b.Text != "" {
		cell.Badge = framed(b)
	}
	if asked := w.users.Asked[u.ID]; u.Factors == 0 && !asked.IsZero() {
		cell.Below = &Badge{Text: w.T("ask_factor.asked", "when", w.Day(asked))}
	}
	return cell
}

func (w listWriter) seen(u gatehouse.User) userCell {
	switch {
	case u.LastSignInAt.IsZero():
		return userCell{Badge: Badge{w.T("users.never"), "muted"}}
	case w.users.List.Sort == gatehouse.SortSeen:
		return userCell{Badge: Badge{Text: w.Day(u.LastSignInAt)}, Machine: w.Machine(u.LastSignInAt)}
	}
	return userCell{Badge: Badge{Text: w.When(u.LastSignInAt)}, Machine: w.Machine(u.LastSignInAt)}
}
