package portal

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// Activity shows what happened in the account (C09).
func (p *Portal) Activity(w http.ResponseWriter, r *http.Request) error {
	v, query := ui.VisitOf(r), r.URL.Query()
	view := ActivityLog{ActivityFilter: account.ActivityFilter{Before: query.Get("before")}}
	if topic := gatehouse.ActivityTopic(query.Get("kind")); slices.Contains(gatehouse.ActivityTopics, topic) {
		view.Topic = topic
	}
	if result := query.Get("result"); slices.Contains(gatehouse.ActivityResults, result) {
		view.Result = result
	}
	var err error
	view.Activity, err = p.Account.Activity(r.Context(), v.Site, v.Caller(r), *v.Session, view.ActivityFilter)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, view)
}

// AskNotMe asks before NotMe, and says what it does.
func (p *Portal) AskNotMe(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	event, err := p.Account.AskNotMe(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id"))
	if err != nil {
		return p.notDisowned(w, r, err)
	}
	return p.page(w, r, http.StatusOK, AskNotMe{Event: event})
}

// NotMe ends everything else, and leads to a new password.
func (p *Portal) NotMe(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.NotMe(r.Context(), v.Site, v.Caller(r), *v.Session, r.PathValue("id"))
	if err != nil {
		return p.notDisowned(w, r, err)
	}
	http.Redirect(w, r, "/account/password?not_me", http.StatusSeeOther)
	return nil
}

// notDisowned says what to do about the current sign-in.
func (p *Portal) notDisowned(w http.ResponseWriter, r *http.Request, err error) error {
	if gatehouse.ReasonOf(err) == account.ReasonOwnSignIn {
		return p.page(w, r, http.StatusConflict, OwnSignIn{})
	}
	return err
}

// ActivityLog is what happened in the account, page by page (C09).
type ActivityLog struct {
	account.Activity
	// What was asked for.
	account.ActivityFilter
}

func (ActivityLog) Template() string        { return "activity" }
func (ActivityLog) Title(p *ui.Page) string { return p.T("activity.title") }

func (v ActivityLog) Filters(p *ui.Page) []ui.Filter {
	return ui.ActivityFilters(p, v.Topic, v.Result)
}

// Filtered reports whether anything but everything was asked for.
func (v ActivityLog) Filtered() bool { return v.Topic != "" || v.Result != "" }

// Newest and Older are the addresses of the first and of the next page, with the same
// filters.
func (v ActivityLog) Newest() string { return v.address("") }
func (v ActivityLog) Older() string  { return v.address(v.Next) }

func (v ActivityLog) address(before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": string(v.Topic), "result": v.Result, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/account/activity"
	}
	return "/account/activity?" + q.Encode()
}

// AskNotMe asks before everything else is signed out because of an event.
type AskNotMe struct{ Event gatehouse.Event }

func (AskNotMe) Template() string        { return "activity_not_me" }
func (AskNotMe) Title(p *ui.Page) string { return p.T("activity.ask_title") }

// Asked puts the event that is asked about into words.
func (v AskNotMe) Asked(p *ui.Page) eventLine { return activityOf(p, v.Event) }

// OwnSignIn answers "this wasn't me" about the current sign-in.
type OwnSignIn struct{}

func (OwnSignIn) Template() string        { return "activity_own" }
func (OwnSignIn) Title(p *ui.Page) string { return p.T("activity.own_title") }
func (OwnSignIn) Failed() bool            { return true }

// eventLine is one event in words.
type eventLine struct {
	ID                string
	Text, Icon, Class string
	// When is the time in words.
	When string
	At   time.Time
	// Result is how it went, ResultClass the class of its badge.
	Result, ResultClass string
	// Device and Place (an IP address and its rough location) say from where. They are
	// empty if somebody else did it: then By says who, and ByWhat what that is.
	Device, Place string
	By, ByWhat    string
	// Own: it is the sign-in of this session. NotMe: it can be disowned.
	Own, NotMe bool
}

// activityOf puts an event into words.
func activityOf(p *ui.Page, e gatehouse.Event) eventLine {
	which, look := ui.EventWords(e)
	a := eventLine{ID: e.ID, Text: p.T("event."+which, "application", e.Detail["name"]), Icon: look.Icon, Class: look.Class,
		When: p.When(e.At), At: e.At, NotMe: e.Disownable()}
	a.Result, a.ResultClass = p.T("result."+string(e.Result)), "badge-bad"
	switch {
	case e.Kind == gatehouse.EventLocked:
		a.Result = p.T("result.locked")
	case e.Result == gatehouse.ResultOK:
		a.ResultClass = "badge-ok"
	}
	if e.ByOther() {
		a.By, a.ByWhat = p.Actor(e)
		return a
	}
	a.Place = p.PlaceOf(e.IPAddress)
	if e.UserAgent != "" {
		a.Device = p.Browser(e.UserAgent)
	}
	return a
}

// Log puts the events of the page into words.
func (v ActivityLog) Log(p *ui.Page) []eventLine {
	lines := make([]eventLine, len(v.Events))
	for i, e := range v.Events {
		lines[i] = activityOf(p, e)
		lines[i].Own = e.ID != "" && e.ID == v.Own
	}
	return lines
}
