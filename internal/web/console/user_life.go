package console

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// How many events the user's page and a page of the user's activity have.
const (
	eventsOfUser = 6
	eventsOfPage = 25
)

// UserActivity shows what happened with a user, page by page (C09).
func (c *Console) UserActivity(w http.ResponseWriter, r *http.Request) error {
	on, u, err := c.whose(r)
	if err != nil {
		return err
	}
	before := r.URL.Query().Get("before")
	if !rowID.MatchString(before) {
		before = ""
	}
	life, err := c.Directory.Life(r.Context(), on.Site, on.By, u.ID, before, eventsOfPage)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, UserActivity{On: on, Of: u, Life: life, Before: before})
}

// UserActivity is what happened with a user.
type UserActivity struct {
	On     Place
	Of     gatehouse.User
	Life   directory.UserLife
	Before string
}

func (UserActivity) Template() string { return "user_activity" }
func (v UserActivity) Title(p *ui.Page) string {
	return p.T("user.activity_of", "name", v.Of.DisplayName())
}
func (v UserActivity) Path() string { return v.On.PathOf(v.Of) }

// Events puts the events into words.
func (v UserActivity) Events(p *ui.Page) []didLine { return didLines(p, v.On, v.Life.Events) }

// Older is the address of the next page.
func (v UserActivity) Older() string {
	return v.Path() + "/activity?before=" + url.QueryEscape(v.Life.Next)
}

// Events puts the newest events into words.
func (v UserDetail) Events(p *ui.Page) []didLine { return didLines(p, v.On, v.Life.Events) }

// didLine is an event in the words of an administrator, for the template "did-row".
type didLine struct {
	Page              *ui.Page
	Text, Icon, Class string
	At                time.Time
	// Failed is the result in words, if it is not what was wanted.
	Failed string
	// From are where it was done and on which device, or who did it.
	From []string
}

// DidText is an event in the words of an administrator.
func DidText(w *ui.Words, e gatehouse.Event) string {
	which, _ := ui.EventWords(e)
	return w.T("did."+which, "application", e.Detail["name"])
}

// didLines puts events into words. Operators read who it was, and what they need to look further.
func didLines(p *ui.Page, on Place, events []gatehouse.Event) []didLine {
	lines := make([]didLine, len(events))
	for i, e := range events {
		_, look := ui.EventWords(e)
		l := didLine{Page: p, Text: DidText(p.Words, e), Icon: look.Icon, Class: look.Class, At: e.At}
		if e.Result != gatehouse.ResultOK {
			l.Failed = p.T("result." + string(e.Result))
		}
		if e.ByOther() {
			who, _ := p.Actor(e)
			if on.ByOperator() && e.ActorName != "" {
				who = e.ActorName
			}
			l.From = []string{who}
		} else {
			if place := p.PlaceOf(e.IPAddress); place != "" {
				l.From = append(l.From, place)
			}
			if e.UserAgent != "" {
				l.From = append(l.From, p.Browser(e.UserAgent))
			}
		}
		if on.ByOperator() {
			l.From = append(l.From, slices.DeleteFunc([]string{e.IPAddress, e.Reference}, func(s string) bool { return s == "" })...)
		}
		lines[i] = l
	}
	return lines
}

// sessionRow is where a user is signed in, for the template "user-session".
type sessionRow struct {
	Page    *ui.Page
	Session gatehouse.Session
	Action  string
}

// Sessions are where the user is signed in, and where to end each.
func (v UserDetail) Sessions(p *ui.Page) []sessionRow {
	var rows []sessionRow
	for _, s := range v.Life.Sessions {
		rows = append(rows, sessionRow{p, s, v.Path() + "/sessions/" + url.PathEscape(s.ID) + "/end"})
	}
	return rows
}
