package operator

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// AskMove asks to which company users go, and shows what that changes for each of them.
func (o *Operator) AskMove(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, status, err := o.movingUsers(r, q["user"], q.Get("to"), q.Get("q"))
	if err != nil {
		return err
	}
	return o.page(w, r, status, v)
}

// DoMove moves them, as the preview showed it.
func (o *Operator) DoMove(w http.ResponseWriter, r *http.Request) error {
	form := r.PostForm
	v, status, err := o.movingUsers(r, form["user"], form.Get("to"), "")
	if err != nil {
		return err
	}
	if v.To.ID == "" || len(v.Users) == 0 {
		return o.page(w, r, max(status, http.StatusConflict), v)
	}
	v.Keep, v.Leave = form["keep"], form.Has("leave")
	_, err = o.Directory.MoveUsers(r.Context(), v.On, by(r), v.From.ID,
		directory.Move{To: v.To.ID, Users: form["user"], Keep: v.Keep, Leave: v.Leave, Seen: seenVersion(r)})
	if err == nil {
		return seeCompany(w, r, v.On, v.To.ID, "moved")
	}
	e, ok := errors.AsType[*gatehouse.Error](err)
	if !ok || len(e.Fields) == 0 && e.Kind != gatehouse.Conflict {
		return err
	}
	v.Fields, v.Changed = e.Fields, len(e.Fields) == 0
	return o.page(w, r, ui.StatusOf(err), v)
}

// movingUsers is the page about users who go to a company; empty: it has to be chosen.
func (o *Operator) movingUsers(r *http.Request, ids []string, to, typed string) (v MovingUsers, status int, err error) {
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, 0, err
	}
	ids = ids[:min(len(ids), directory.MostMoved)]
	v.Target, status, err = o.target(r, v.On, to, typed, func(to string) (err error) {
		v.Moving, err = o.Directory.Moving(r.Context(), v.On, by(r), r.PathValue("company"), to, ids)
		return err
	})
	return v, status, err
}

// target is the choice of a company for another one's users. see looks at it; what cannot be chosen is
// said, and another one can be.
func (o *Operator) target(r *http.Request, st *site.Site, to, typed string, see func(to string) error) (c Target, status int, err error) {
	c.Typed, status = strings.TrimSpace(clip(typed)), http.StatusOK
	err = see(to)
	if e, ok := errors.AsType[*gatehouse.Error](err); ok && (e.Kind == gatehouse.Conflict || e.Kind == gatehouse.NotFound && to != "") {
		c.Refused, status = e.Reason, http.StatusConflict
		if e.Kind == gatehouse.NotFound {
			c.Refused = "no-company"
		}
		if err = see(""); gatehouse.KindOf(err) == gatehouse.Conflict && err != nil { // it is the first company
			c.Blocked, err = true, nil
		}
	}
	if err == nil && c.Typed != "" {
		c.Found, c.More, err = o.Directory.NamedCompanies(r.Context(), st, by(r), c.Typed, "")
	}
	return c, status, err
}

// Target is the choice of a company, by how its name or account number begins.
type Target struct {
	Typed string
	Found []gatehouse.Company
	More  bool
	// Refused is why the one that was chosen cannot be; empty: nothing was refused. Blocked: nor can
	// any other.
	Refused string
	Blocked bool
}

// MovingUsers is the page that asks before users go to another company.
type MovingUsers struct {
	directory.Moving
	Target
	On     *site.Site
	Keep   []string
	Leave  bool
	Fields []gatehouse.FieldError
	// Changed: something is not as the form showed it.
	Changed bool
}

func (MovingUsers) Template() string { return "operator_move" }
func (v MovingUsers) Title(p *ui.Page) string {
	return p.T("move.title", "company", v.From.Name)
}
func (v MovingUsers) Failed() bool { return v.Changed || v.Refused != "" }

// Back is the page of the company, ListPath that of all, Path where the forms go.
func (v MovingUsers) Back() string     { return companyPath(v.On.ID, v.From.ID) }
func (v MovingUsers) ListPath() string { return ui.OperatorCompaniesOf(v.On.ID) }
func (v MovingUsers) Path() string     { return v.Back() + "/move" }

// UserPath is the page of a user, ToPath that of the company to which they go.
func (v MovingUsers) UserPath(u gatehouse.User) string { return userPath(v.On.ID, u.ID) }
func (v MovingUsers) ToPath() string                   { return companyPath(v.On.ID, v.To.ID) }

// IDs are the users, for the forms.
func (v MovingUsers) IDs() (ids []string) {
	for _, u := range v.Users {
		ids = append(ids, u.ID)
	}
	return ids
}

// With is this page with another company chosen; empty: with none.
func (v MovingUsers) With(to string) string {
	q := url.Values{"user": v.IDs()}
	if to != "" {
		q.Set("to", to)
	}
	return v.Path() + "?" + q.Encode()
}

// Keeps reports whether an administrator stays one.
func (v MovingUsers) Keeps(u gatehouse.User) bool { return slices.Contains(v.Keep, u.ID) }

func (v MovingUsers) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	if !v.Last {
		return nil, nil
	}
	return []ui.Field{{Name: "leave", Control: "box", Label: p.T("move.leave", "company", v.From.Name), Hint: p.T("move.leave_hint"), Ticked: v.Leave}}, v.Fields
}

// Changes says what changes for a user, without what stays as it is.
func (v MovingUsers) Changes(p *ui.Page, u directory.MovingUser) (all []string) {
	say := func(key string, pairs ...any) { all = append(all, p.T(key, pairs...)) }
	if ends := endsText(p, u); ends != "" {
		say("move.ends", "what", ends)
	}
	if u.Needs != "" {
		say("move.needs_" + string(u.Needs))
	}
	if len(u.Loses) > 0 {
		say("move.loses", "platforms", platforms(u.Loses))
	}
	if len(u.Gains) > 0 {
		say("move.gains", "platforms", platforms(u.Gains))
	}
	for _, same := range u.Same {
		say("move.same_address", "username", same.Username)
	}
	return all
}

// endsText says how much of what a user has open ends; empty: there is nothing.
func endsText(p *ui.Page, u directory.MovingUser) string {
	open := u.Open
	var ends []string
	for _, c := range []struct {
		key string
		n   int
	}{
		{"move.ends_sessions", open.Sessions}, {"move.ends_signins", open.SignIns}, {"move.ends_trusted", open.Trusted},
		{"move.ends_links", open.Links}, {"move.ends_requests", open.Requests},
	} {
		if c.n > 0 {
			ends = append(ends, p.T(c.key, "n", c.n))
		}
	}
	return strings.Join(ends, ", ")
}

// platforms names platforms in one line.
func platforms(names []string) string { return strings.Join(names, ", ") }
