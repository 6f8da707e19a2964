package console

import (
	"html/template"
	"net/http"
	"net/url"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// activityDays is how many days are shown unless others are asked for.
const activityDays = 30

// Activity shows what happened in the company (C09).
func (c *Console) Activity(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	f := c.activityFilter(r)
	a, err := c.Directory.Activity(r.Context(), v.Site, caller, company, v.Lang, f)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, CompanyActivity{CompanyActivity: a, ActivityFilter: f})
}

// activityFilter reads what is asked for. What is no day, or too long a time, becomes the last 30 days.
func (c *Console) activityFilter(r *http.Request) directory.ActivityFilter {
	v, q := ui.VisitOf(r), r.URL.Query()
	zone := directory.ZoneOf(v.Site, *v.Company)
	today := c.Now().In(zone)
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, zone)
	day := func(name string, otherwise time.Time) time.Time {
		if t, err := time.ParseInLocation(time.DateOnly, q.Get(name), zone); err == nil && t.Year() > 2000 && !t.After(today) {
			return t
		}
		return otherwise
	}
	f := directory.ActivityFilter{To: day("to", today), Person: clipped(q.Get("person")), Address: clipped(q.Get("address")), Country: clipped(q.Get("country")), Topic: gatehouse.ActivityTopic(q.Get("kind")), Result: q.Get("result"), Before: q.Get("before")}
	f.From = day("from", f.To.AddDate(0, 0, 1-activityDays))
	if f.From.After(f.To) {
		f.From = f.To
	}
	if earliest := f.To.AddDate(0, 0, 1-directory.MostActivityDays); f.From.Before(earliest) {
		f.From = earliest
	}
	return f
}

// clipped is a text to search for, as long as anybody's.
func clipped(s string) string {
	if r := []rune(s); len(r) > gatehouse.MaxUsername {
		return string(r[:gatehouse.MaxUsername])
	}
	return s
}

// ActivityFile sends all events that the page would show.
func (c *Console) ActivityFile(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	f, words := c.activityFilter(r), ui.WordsOf(v, time.Time{})
	format, known := LinesFormat(r.PathValue("file"), "activity")
	if !known {
		return gatehouse.ErrNotFound
	}
	file := LinesFile[exported]{Format: format, Name: "activity-" + f.From.Format(time.DateOnly) + "-" + f.To.Format(time.DateOnly), Columns: exportedColumns, Cells: exported.cells}
	return file.Send(w, func(begin func(), write func(exported) error) error {
		return c.Directory.ExportActivity(r.Context(), v.Site, caller, company, format, f, begin, func(e gatehouse.Event, username string) error {
			return write(exportedLine(words, e, username))
		})
	})
}

// exported is an event in a file.
type exported struct {
	At       string `json:"at"`
	Event    string `json:"event"`
	Kind     string `json:"kind"`
	Result   string `json:"result"`
	Username string `json:"username,omitempty"`
	By       string `json:"by,omitempty"`
	Address  string `json:"address,omitempty"`
	Device   string `json:"device,omitempty"`
}

var exportedColumns = []string{"at", "event", "kind", "result", "username", "by", "address", "device"}

func (l exported) cells() []string {
	return []string{l.At, l.Event, l.Kind, l.Result, l.Username, l.By, l.Address, l.Device}
}

func exportedLine(words *ui.Words, e gatehouse.Event, username string) exported {
	line := exported{At: e.At.UTC().Format(time.RFC3339), Event: DidText(words, e), Kind: string(e.Kind), Result: string(e.Result),
		Username: username, Address: e.IPAddress}
	if e.ByOther() {
		line.By, _ = words.Actor(e)
	}
	if e.UserAgent != "" {
		line.Device = words.Browser(e.UserAgent)
	}
	return line
}

// CompanyActivity is what happened in the company, page by page (C09).
type CompanyActivity struct {
	directory.CompanyActivity
	directory.ActivityFilter
}

func (CompanyActivity) Template() string        { return "company_activity" }
func (CompanyActivity) Title(p *ui.Page) string { return p.T("company_activity.title") }

// Filters are those for kinds and results.
func (v CompanyActivity) Filters(p *ui.Page) []ui.Filter {
	return ui.ActivityFilters(p, v.Topic, v.Result)
}

// CountryFilter is nil if nobody knows where the events come from.
func (v CompanyActivity) CountryFilter(p *ui.Page) *ui.Filter {
	if len(v.Countries) == 0 {
		return nil
	}
	names := map[string]string{}
	codes := make([]string, len(v.Countries))
	for i, c := range v.Countries {
		codes[i], names[c.Code] = c.Code, c.Name
	}
	f := ui.FilterOf("country", p.T("company_activity.country"), p.T("company_activity.country_all"), v.Country, codes, func(code string) string { return names[code] })
	return &f
}

func (v CompanyActivity) FromDay() string { return v.From.Format(time.DateOnly) }
func (v CompanyActivity) ToDay() string   { return v.To.Format(time.DateOnly) }

// Newest and Older are the addresses of the first and of the next page, with the same filters; CSV and
// JSONL those of the files.
func (v CompanyActivity) Newest() string { return v.address(ui.CompanyActivityPath, "") }
func (v CompanyActivity) Older() string  { return v.address(ui.CompanyActivityPath, v.Next) }
func (v CompanyActivity) CSV() string    { return v.address("/company/files/activity.csv", "") }
func (v CompanyActivity) JSONL() string  { return v.address("/company/files/activity.jsonl", "") }

func (v CompanyActivity) address(path, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"from": v.FromDay(), "to": v.ToDay(), "person": v.Person, "address": v.Address, "country": v.Country, "kind": string(v.Topic), "result": v.Result, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return path + "?" + q.Encode()
}

// companyEvent is an event in words, all of them: see userRow.
type companyEvent struct {
	Labels      *eventLabels
	Text, Class string
	Mark        template.HTML
	// Person is the name of who it is about, and Username what the person signs in with, if it is
	// another one.
	Person, Username, Link string
	Machine, When          string
	Result, Badge          string
	Place, Device, By      string
}

// eventLabels are the words that the lines of a list share.
type eventLabels struct{ User, Company, When, Result, From, Nowhere string }

// Log puts the events of the page into words. What is suspicious stands out as on a user's own page.
func (v CompanyActivity) Log(p *ui.Page) ([]companyEvent, error) {
	lines := make([]companyEvent, len(v.Events))
	labels := &eventLabels{User: p.T("company_activity.user"), Company: p.T("company_activity.company"), When: p.T("activity.when"), Result: p.T("activity.result"), From: p.T("activity.from"), Nowhere: p.T("activity.nowhere")}
	for i, e := range v.Events {
		_, look := ui.EventWords(e)
		l := companyEvent{Labels: labels, Text: DidText(p.Words, e), Class: look.Class, Machine: p.Machine(e.At), When: p.When(e.At)}
		if look.Class != "" {
			mark, err := p.Icon(look.Icon, look.Class)
			if err != nil {
				return nil, err
			}
			l.Mark = mark
		}
		badge := ResultBadge(p.Words, e)
		l.Result, l.Badge = badge.Text, badge.Class
		if u := v.People[e.UserID]; u.ID != "" {
			l.Person, l.Link = u.DisplayName(), userPath(u)
			if l.Person != u.Username && p.HasUsernames() {
				l.Username = u.Username
			}
		}
		if e.ByOther() {
			if u := v.People[e.ActorID]; u.ID != "" {
				e.ActorName = u.DisplayName()
			}
			l.By, _ = p.Actor(e)
		}
		if e.IPAddress != "" {
			l.Place = p.PlaceOf(e.IPAddress)
		}
		if e.UserAgent != "" {
			l.Device = p.Browser(e.UserAgent)
		}
		lines[i] = l
	}
	return lines, nil
}

// ResultBadge is how an event went, in a word.
func ResultBadge(w *ui.Words, e gatehouse.Event) Badge {
	b := Badge{Text: w.T("result." + string(e.Result)), Class: "badge-bad"}
	switch {
	case e.SignInOutcome() == gatehouse.SignInChallenged:
		b.Text, b.Class = w.T("company_activity.challenged"), "badge-warn"
	case e.Kind == gatehouse.EventLocked:
		b.Text = w.T("result.locked")
	case e.Result == gatehouse.ResultOK:
		b.Class = "badge-ok"
	}
	return b
}
