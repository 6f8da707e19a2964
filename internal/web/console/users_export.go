package console

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// ExportUsers sends the users of the list, of all its pages, with the columns that are shown.
func (c *Console) ExportUsers(w http.ResponseWriter, r *http.Request) error {
	v, caller, companyID := on(r)
	list := readList(r.PostForm)
	words := ui.WordsOf(v, time.Time{}) // a file is read on other days
	shown := []gatehouse.UserColumn{columnName, gatehouse.ColumnUsername}
	for _, one := range gatehouse.UserColumns {
		if one != gatehouse.ColumnUsername && list.Shows(one) {
			shown = append(shown, one)
		}
	}
	var out *csv.Writer
	begin := func() {
		if out == nil {
			out = csvTable(w, words, shown, c.Now())
		}
	}
	err := c.Directory.ExportUsers(r.Context(), v.Site, caller, companyID, list.UserFilter, func(u gatehouse.UserFacts) error {
		begin()
		cells := make([]string, len(shown))
		for i, one := range shown {
			cells[i] = Inert(cellOf(words, one, u))
		}
		return out.Write(cells)
	})
	if err != nil && out == nil {
		return err
	}
	begin() // if there is nobody
	if out.Flush(); err != nil || out.Error() != nil {
		panic(http.ErrAbortHandler) // a truncated file must not look complete
	}
	return nil
}

// csvTable begins a file for spreadsheets. They take a file for UTF-8 if it begins with a byte order
// mark, and separate cells by semicolons where commas are in numbers.
func csvTable(w http.ResponseWriter, words *ui.Words, shown []gatehouse.UserColumn, now time.Time) *csv.Writer {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="users-`+now.UTC().Format(time.DateOnly)+`.csv"`)
	head := make([]string, len(shown))
	for i, one := range shown {
		head[i] = words.T("users." + string(one))
	}
	head[0] = "\ufeff" + head[0]
	out := csv.NewWriter(w)
	if strings.Contains(words.Amount("1.50", "EUR"), ",") {
		out.Comma = ';'
	}
	out.Write(head) //nolint:errcheck // kept until Error
	return out
}

// cellOf is what a file says about a user.
func cellOf(words *ui.Words, of gatehouse.UserColumn, u gatehouse.UserFacts) string {
	stamp := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return words.Here(at).Format("2006-01-02 15:04")
	}
	switch of {
	case columnName:
		return u.DisplayName()
	case gatehouse.ColumnUsername:
		return u.Username
	case gatehouse.ColumnEmail:
		return u.Email
	case gatehouse.ColumnRole:
		return words.T("users.role_" + string(u.Role))
	case gatehouse.ColumnTwoFactor:
		if state := gatehouse.TwoFactorOf(u.Need, u.User, u.Reachable); state != gatehouse.TwoFactorNone {
			return words.T("users.two_factor_" + string(state))
		}
		return words.T("users.two_factor_none")
	case gatehouse.ColumnSeen:
		return stamp(u.LastSignInAt)
	case gatehouse.ColumnCreated:
		return stamp(u.CreatedAt)
	}
	return UserState(words, u.User).Text
}
