package operator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/ui"
)

// Events shows the event log of all sites, and of the operators' own (C13).
func (o *Operator) Events(w http.ResponseWriter, r *http.Request) error {
	ask := o.asked(r)
	found, err := o.Directory.EventLog(r.Context(), by(r), o.watched(), ask)
	if err != nil {
		return err
	}
	v := EventLog{EventLog: found, Sites: o.watched(), Before: ask.Before, After: ask.After}
	if v.Views, err = o.views(r, len(found.Wrong) > 0); err != nil {
		return err
	}
	status := http.StatusOK
	if len(found.Wrong) > 0 {
		status = ui.StatusOf(&gatehouse.Error{Kind: gatehouse.Invalid})
	}
	return o.page(w, r, status, v)
}

// views are the operator's saved views of the event log, and those that others share. What a filter cannot
// mean is no view that could be saved.
func (o *Operator) views(r *http.Request, wrong bool) (ui.Searches, error) {
	own, shared, err := o.Saved(r)
	views := ui.SearchesOf(own, shared, r.URL.RequestURI())
	views.Wrong = wrong
	return views, err
}

// watched are the sites whose events there are: those who watch are watched, too.
func (o *Operator) watched() []*site.Site {
	return append(slices.Clone(o.Sites.All()), o.Sites.Operators())
}

// asked reads what is asked of the event log.
func (o *Operator) asked(r *http.Request) directory.LogQuery {
	v, q := ui.VisitOf(r), r.URL.Query()
	return directory.LogQuery{EventFilter: gatehouse.ReadEventFilter(q), Zone: directory.ZoneOf(v.Site, *v.Company), Lang: v.Lang,
		Before: clipped(q.Get("before"), 60), After: clipped(q.Get("after"), 60)}
}

// EventLog is a page of events.
type EventLog struct {
	directory.EventLog
	Sites         []*site.Site
	Before, After string
	Views         ui.Searches
}

func (EventLog) Template() string        { return "operator_events" }
func (EventLog) Title(p *ui.Page) string { return p.T("log.title") }
func (v EventLog) Filtered() bool        { return v.EventFilter != gatehouse.EventFilter{} }

// Here is the first page with the same filter, NewerPage and OlderPage those beside this one; empty:
// there is none. CSV and JSONL are the files.
func (v EventLog) Here() string      { return v.address(ui.OperatorEventsPath, "", "") }
func (v EventLog) NewerPage() string { return v.beside("after", v.Newer) }
func (v EventLog) OlderPage() string { return v.beside("before", v.Older) }
func (v EventLog) CSV() string       { return v.address("/operator/files/events.csv", "", "") }
func (v EventLog) JSONL() string     { return v.address("/operator/files/events.jsonl", "", "") }

// Most is how many events a file has.
func (EventLog) Most() int { return directory.MostExportedEvents }

func (v EventLog) beside(name, place string) string {
	if place == "" {
		return ""
	}
	return v.address(ui.OperatorEventsPath, name, place)
}

func (v EventLog) address(path, name, place string) string {
	q := v.Query()
	if place != "" {
		q.Set(name, place)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// More reports whether one of the filters that few need is in use, or wrong.
func (v EventLog) More() bool {
	few := v.EventFilter
	few.Person, few.Company, few.Kind, few.From, few.To = "", "", "", "", ""
	return few != gatehouse.EventFilter{}
}

// Form has the filters.
func (v EventLog) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	text := func(name, value string) ui.Field {
		return ui.Field{Name: name, Label: p.T("log." + name), Value: value, Autocomplete: "off", Sometimes: true}
	}
	choice := func(name, chosen string, options ...ui.Option) ui.Field {
		all := append([]ui.Option{{Text: p.T("log.any_" + name)}}, options...)
		return ui.Field{Name: name, Label: p.T("log." + name), Control: ui.Choose, Options: ui.OptionsOf(name, chosen, all...), Autocomplete: "off", Sometimes: true}
	}
	var sites, results, callers, countries []ui.Option
	for _, st := range v.Sites {
		sites = append(sites, ui.Option{Value: st.ID, Text: st.Name})
	}
	results = append(results, ui.Option{Value: gatehouse.EventsNotOK, Text: p.T("activity.result_not-ok")})
	for _, result := range gatehouse.EventResults {
		results = append(results, ui.Option{Value: string(result), Text: p.T("result." + string(result))})
	}
	for _, kind := range gatehouse.CallerKinds {
		callers = append(callers, ui.Option{Value: string(kind), Text: p.T("log.by_" + string(kind))})
	}
	for _, c := range v.Countries {
		countries = append(countries, ui.Option{Value: c.Code, Text: c.Name})
	}
	from, to := text("from", v.From), text("to", v.To)
	from.About, to.About = "times", "times"
	return []ui.Field{text("person", v.Person), text("company", v.Company), {Name: "kind", Label: p.T("log.kind"), Value: v.Kind}, from, to,
		text("actor", v.Actor), choice("by", v.By, callers...), choice("site", v.Site, sites...), choice("result", v.Result, results...),
		text("address", v.Address), choice("country", v.Country, countries...), text("reference", v.Reference)}, v.Wrong
}

// kindGroup are the kinds of a group, for a list of choices.
type kindGroup struct {
	Name  string
	Kinds []ui.Option
}

// Kinds are the choices of kinds: each group as a whole, and each kind in words. What else an event would
// say is left out of the words.
func (v EventLog) Kinds(p *ui.Page) (groups []kindGroup) {
	for _, g := range gatehouse.EventGroups {
		group := kindGroup{Name: p.T("log.group_" + string(g))}
		group.Kinds = append(group.Kinds, ui.Option{Value: string(g), Text: p.T("log.group_all", "group", group.Name), Chosen: v.Kind == string(g)})
		for _, k := range (gatehouse.EventFilter{Kind: string(g)}).KindsChosen() {
			said := console.DidText(p.Words, gatehouse.Event{Kind: k, Result: gatehouse.ResultOK, Detail: map[string]string{"name": "…"}})
			group.Kinds = append(group.Kinds, ui.Option{Value: string(k), Text: p.T("log.kind_words", "words", said, "kind", string(k)), Chosen: v.Kind == string(k)})
		}
		groups = append(groups, group)
	}
	return groups
}

// logLine is an event in words.
type logLine struct {
	directory.LoggedEvent
	Path, Text, Icon, Class string
	Result                  console.Badge
	SiteName                string
	// PersonPath and CompanyPath are the pages of whom it is about, ByPath that of who did it; empty:
	// there is none.
	PersonPath, CompanyPath string
	By, ByPath              string
	// Place and Device say from where it came.
	Place, Device string
}

// Log puts the events into words.
func (v EventLog) Log(p *ui.Page) []logLine {
	var lines []logLine
	for _, e := range v.Events {
		lines = append(lines, lineOf(p, e))
	}
	return lines
}

func lineOf(p *ui.Page, e directory.LoggedEvent) logLine {
	_, look := ui.EventWords(e.Event)
	l := logLine{LoggedEvent: e, Path: eventPath(e.Event), Text: console.DidText(p.Words, e.Event), Icon: cmp.Or(look.Icon, "history"), Class: look.Class,
		Result: console.ResultBadge(p.Words, e.Event), SiteName: e.Site.Name}
	l.PersonPath = personPath(p, e.User)
	if e.Company.ID != "" && !e.Site.ForOperators() {
		l.CompanyPath = companyPath(e.Site.ID, e.Company.ID)
	}
	l.By, l.ByPath = actorWords(p, e)
	if e.Event.IPAddress != "" {
		l.Place = p.PlaceOf(e.Event.IPAddress)
	}
	if e.Event.UserAgent != "" {
		l.Device = p.Browser(e.Event.UserAgent)
	}
	return l
}

func eventPath(e gatehouse.Event) string {
	return ui.OperatorEventsPath + "/" + url.PathEscape(e.SiteID) + "/" + url.PathEscape(e.ID)
}

// personPath is the page of a user, or of an operator for those who may open it.
func personPath(p *ui.Page, u gatehouse.User) string {
	switch {
	case u.ID == "":
		return ""
	case u.SiteID != gatehouse.OperatorsSite:
		return userPath(u.SiteID, u.ID)
	case p.OperatorMay(string(gatehouse.OperatorOperators)):
		return ui.OperatorOperatorsPath + "/" + url.PathEscape(u.ID)
	}
	return ""
}

// actorWords says who did it.
func actorWords(p *ui.Page, e directory.LoggedEvent) (who, path string) {
	switch {
	case e.Event.ActorKind == gatehouse.Operator && e.Event.ActorID == "":
		return p.T("log.command", "name", e.Event.ActorName), ""
	case e.Event.ActorKind == gatehouse.System || e.Event.ActorKind == gatehouse.Visitor:
		return p.T("log.by_" + string(e.Event.ActorKind)), ""
	case e.Event.ActorID == e.Event.UserID && e.Event.UserID != "":
		return p.T("log.self"), ""
	case e.Actor.ID == "":
		return cmp.Or(e.Event.ActorName, e.Event.ActorID), ""
	}
	return e.Actor.DisplayName(), personPath(p, e.Actor)
}
