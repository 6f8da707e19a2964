package operator

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/support"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/ui"
)

// Event shows all that is known about one event.
func (o *Operator) Event(w http.ResponseWriter, r *http.Request) error {
	st := o.Sites.ByID(r.PathValue("site"))
	if st == nil {
		return gatehouse.ErrNotFound
	}
	e, err := o.Directory.LoggedEvent(r.Context(), by(r), st, r.PathValue("event"))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, OneEvent{e})
}

// OneEvent is an event with everything that it has.
type OneEvent struct{ directory.LoggedEvent }

func (OneEvent) Template() string          { return "operator_event" }
func (v OneEvent) Title(p *ui.Page) string { return console.DidText(p.Words, v.Event) }

// Line puts the event into words.
func (v OneEvent) Line(p *ui.Page) logLine { return lineOf(p, v.LoggedEvent) }

// Exactly is the time to the last digit, as logs have it.
func (v OneEvent) Exactly() string { return v.Event.At.UTC().Format("2006-01-02T15:04:05.000Z") }

// More is the log with the events that have something in common with this one.
func (OneEvent) More(name, value string) string {
	return ui.OperatorEventsPath + "?" + url.Values{name: {value}}.Encode()
}

// detail is a further fact: what it is now, and what it was if that is known.
type detail struct {
	Name, Before, Now, Path string
	Changed                 bool
}

const wasBefore = "_before"

// Details are the further facts, by name.
func (v OneEvent) Details() (all []detail) {
	facts := v.Event.Detail
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		base, before := strings.CutSuffix(name, wasBefore)
		if _, now := facts[base]; before && now {
			continue // with what it is now
		}
		d := detail{Name: base, Now: facts[base]} // nothing, of one that is only known from before
		d.Before, d.Changed = facts[base+wasBefore]
		if number, ok := support.ReadNumber(d.Now); ok && base == "case" && !v.Site.ForOperators() {
			d.Path = ui.OperatorCasesPath + "/" + url.PathEscape(v.Event.SiteID) + "/" + url.PathEscape(number)
		}
		all = append(all, d)
	}
	return all
}

// Before reports whether any fact has changed.
func (v OneEvent) Before() bool {
	return slices.ContainsFunc(v.Details(), func(d detail) bool { return d.Changed })
}

// EventFile sends all events that a filter selects, up to a limit, which the last line then says.
func (o *Operator) EventFile(w http.ResponseWriter, r *http.Request) error {
	v, ask := ui.VisitOf(r), o.asked(r)
	words := ui.WordsOf(v, time.Time{})
	format, known := console.LinesFormat(r.PathValue("file"), "events")
	if !known {
		return gatehouse.ErrNotFound
	}
	file := console.LinesFile[loggedLine]{Format: format, Name: "events-" + o.Now().In(ask.Zone).Format("2006-01-02-1504"), Columns: loggedColumns, Cells: loggedLine.cells}
	return file.Send(w, func(begin func(), write func(loggedLine) error) error {
		more, err := o.Directory.ExportEvents(r.Context(), by(r), v.Site, o.watched(), format, ask, begin, func(e directory.LoggedEvent) error {
			return write(loggedLineOf(words, e))
		})
		if err == nil && more {
			err = write(loggedLine{Event: words.T("log.file_ends", "n", directory.MostExportedEvents), Kind: "file.ends"})
		}
		return err
	})
}

// loggedLine is an event in a file.
type loggedLine struct {
	At        string            `json:"at"`
	ID        string            `json:"id"`
	Site      string            `json:"site"`
	Event     string            `json:"event"`
	Kind      string            `json:"kind"`
	Result    string            `json:"result"`
	Account   string            `json:"account_number,omitempty"`
	Company   string            `json:"company,omitempty"`
	Username  string            `json:"username,omitempty"`
	UserID    string            `json:"user_id,omitempty"`
	ByKind    string            `json:"by_kind"`
	By        string            `json:"by,omitempty"`
	ByID      string            `json:"by_id,omitempty"`
	Address   string            `json:"address,omitempty"`
	Device    string            `json:"device,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Detail    map[string]string `json:"detail,omitempty"`
}

var loggedColumns = []string{"at", "id", "site", "event", "kind", "result", "account_number", "company", "username", "user_id", "by_kind", "by", "by_id", "address", "device", "reference", "detail"}

func (l loggedLine) cells() []string {
	return []string{l.At, l.ID, l.Site, l.Event, l.Kind, l.Result, l.Account, l.Company, l.Username, l.UserID, l.ByKind, l.By, l.ByID, l.Address, l.Device, l.Reference, url.Values(lists(l.Detail)).Encode()}
}

func lists(m map[string]string) map[string][]string {
	all := map[string][]string{}
	for name, value := range m {
		all[name] = []string{value}
	}
	return all
}

func loggedLineOf(words *ui.Words, e directory.LoggedEvent) loggedLine {
	l := loggedLine{At: e.Event.At.UTC().Format(time.RFC3339Nano), ID: e.Event.ID, Site: e.Event.SiteID, Event: console.DidText(words, e.Event), Kind: string(e.Event.Kind),
		Result: string(e.Event.Result), Account: e.Company.AccountNumber, Company: e.Company.Name, Username: e.User.Username, UserID: e.Event.UserID,
		ByKind: string(e.Event.ActorKind), By: e.Event.ActorName, ByID: e.Event.ActorID, Address: e.Event.IPAddress, Device: e.Event.UserAgent,
		Reference: e.Event.Reference, Detail: e.Event.Detail}
	if e.Actor.ID != "" {
		l.By = e.Actor.Username
	}
	return l
}
