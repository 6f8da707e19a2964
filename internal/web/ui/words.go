package ui

import (
	"fmt"
	"html/template"
	"net/url"
	"regexp"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// neutral is for pages without a site.
var neutral = &site.Site{Site: gatehouse.Site{Name: "Gatehouse"}, Brand: "Gatehouse", Languages: []string{"en-GB"}, Zone: time.UTC}

// Words are the texts of one page, in its language and its site's zone.
type Words struct {
	site *site.Site
	lang string
	now  time.Time
}

// WordsOf are the texts for answers to a visit that are not pages.
func WordsOf(v *Visit, now time.Time) *Words {
	return wordsFor(Frame{Site: v.Site, Lang: v.Lang, Now: now, Company: v.Company})
}

func wordsFor(f Frame) *Words {
	w := &Words{site: f.Site, lang: f.Lang, now: f.Now}
	if w.site == nil {
		w.site = neutral
	}
	if f.Company != nil && f.Company.Zone != "" {
		w.site = inZone(w.site, f.Company.Zone)
	}
	if w.lang == "" && len(w.site.Languages) > 0 {
		w.lang = w.site.Languages[0]
	}
	return w
}

// T is a text of the page's language; args are pairs of a name and a value.
func (w *Words) T(key string, args ...any) string { return w.site.Text(w.lang, key, args...) }

// In is a text in another language: the names in the language menu.
func (w *Words) In(lang, key string) string { return w.site.Text(lang, key) }

// SiteName is what people call the site.
func (w *Words) SiteName() string { return w.site.Name }

// SiteText is a text from the site's settings, in the page's language.
func (w *Words) SiteText(text string) string { return w.site.Own(w.lang, text) }

// Long is a moment with day, time and zone: "21 November 2026, 14:32 GMT".
func (w *Words) Long(t time.Time) string { return w.site.FormatTime(w.lang, t) }

// Clock is the time of day with its zone: "14:47 GMT".
func (w *Words) Clock(t time.Time) string { return w.site.FormatClock(w.lang, t) }

// Day is a day: "21 November 2026".
func (w *Words) Day(t time.Time) string { return w.site.FormatDay(w.lang, t) }

// Date is a day without a time: "21 November 2026".
func (w *Words) Date(day time.Time) string {
	return w.Day(time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, w.zone()))
}

// Amount is money: "£41,280.00".
func (w *Words) Amount(number, currency string) string {
	return w.site.FormatAmount(w.lang, number, currency)
}

// SameDay reports whether two moments are on the same day at the site.
func (w *Words) SameDay(a, b time.Time) bool { return sameDay(a.In(w.zone()), b.In(w.zone())) }

// Machine is a moment for a datetime attribute.
func (w *Words) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Year is the current year.
func (w *Words) Year() string { return w.now.In(w.zone()).Format("2006") }

// When is a moment as lists show it: "Today, 09:20", or the day if it is earlier.
func (w *Words) When(t time.Time) string {
	here, now := t.In(w.zone()), w.now.In(w.zone())
	clock := here.Format("15:04")
	switch {
	case sameDay(here, now):
		return w.T("time.today", "time", clock)
	case sameDay(here, now.AddDate(0, 0, -1)):
		return w.T("time.yesterday", "time", clock)
	}
	return w.T("time.day", "day", w.Day(t), "time", clock)
}

// Minutes is a wait in whole minutes, rounded up, so that nobody tries too early.
func (w *Words) Minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// Span is how long something took: in seconds up to two minutes, then in minutes.
func (w *Words) Span(d time.Duration) string {
	unit := time.Second
	if d > 2*time.Minute {
		unit = time.Minute
	}
	return w.site.FormatDuration(w.lang, max(unit, d.Round(unit)))
}

// Here is a moment in the site's zone; Zone is that zone in words: "London (GMT)".
func (w *Words) Here(t time.Time) time.Time { return t.In(w.zone()) }

func (w *Words) Zone() string {
	name := w.zone().String()
	name = strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
	short, _ := w.Here(w.now).Zone()
	if strings.HasPrefix(short, "+") || strings.HasPrefix(short, "-") {
		short = "UTC" + short // a zone without letters of its own
	}
	if name == short {
		return name
	}
	return w.T("activity.zone_name", "place", name, "zone", short)
}

// inZone is a site with the clock of a company.
func inZone(s *site.Site, name string) *site.Site {
	own := *s
	own.Zone = s.ZoneOf(name)
	return &own
}

func (w *Words) zone() *time.Location {
	if w.site.Zone == nil {
		return time.UTC
	}
	return w.site.Zone
}

// Actor says who changed somebody else's account: administrators are named, support and
// the system are not.
func (w *Words) Actor(e gatehouse.Event) (who, what string) {
	switch {
	case e.ActorKind == gatehouse.Operator:
		return w.T("actor.operator"), w.T("actor.operator_text", "site", w.SiteName())
	case e.ActorKind != gatehouse.SignedIn:
		return w.T("actor.system"), w.T("actor.system_text", "site", w.SiteName())
	case e.ActorName != "":
		return e.ActorName, w.T("actor.administrator_text")
	}
	return w.T("actor.administrator"), w.T("actor.administrator_text")
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// Link is a link inside a text, or the target of a "[words](name)" in it.
type Link struct {
	Text string
	URL  template.URL
}

// To is the target of a "[words](name)" in a text; path is written in a template, never
// taken from a visitor.
func (w *Words) To(path string) Link { return Link{URL: template.URL(path)} }

// Phone is the support's number as a link; nil if the site has none.
func (w *Words) Phone() *Link {
	number := w.site.Support.Phone
	if number == "" {
		return nil
	}
	dial := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	return &Link{number, template.URL("tel:" + dial)}
}

// Email is the support's address as a link; nil if the site has none.
func (w *Words) Email() *Link {
	address := w.site.Support.Email
	if address == "" {
		return nil
	}
	return &Link{address, template.URL("mailto:" + url.PathEscape(address))}
}

// Ask is the sentence that says whom to ask, depending on the site's contacts: a text
// of the family "ask.PURPOSE", such as ask.stuck_both.
func (w *Words) Ask(purpose string) template.HTML {
	phone, email := w.Phone(), w.Email()
	switch {
	case phone != nil && email != nil:
		return w.Rich("ask."+purpose+"_both", "phone", phone, "email", email)
	case phone != nil:
		return w.Rich("ask."+purpose+"_phone", "phone", phone)
	case email != nil:
		return w.Rich("ask."+purpose+"_email", "email", email)
	}
	return w.Rich("ask." + purpose + "_none")
}

// In the text, a value is represented by its name between two characters that no text
// contains, until the text has been escaped.
const opening, closing = "\uE000", "\uE001"

var placeLink = regexp.MustCompile(`\[([^\]]+)\]\(([a-z_]+)\)`)

// Rich is a text with links in it. A *Link or Link as a value becomes a link; in the
// text, "[words](name)" links the words to the value's target. Everything else is
// escaped, and the content of a value is never read as a link.
func (w *Words) Rich(key string, args ...any) template.HTML {
	marked := make([]any, len(args))
	values := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		name := args[i].(string)
		marked[i], marked[i+1] = name, opening+name+closing
		if _, isNumber := args[i+1].(int); isNumber { // n chooses the plural
			marked[i+1] = args[i+1]
		}
		values[name] = args[i+1]
		if span, ok := args[i+1].(time.Duration); ok {
			values[name] = w.site.FormatDuration(w.lang, span)
		}
	}
	text := template.HTMLEscapeString(w.T(key, marked...))
	text = placeLink.ReplaceAllStringFunc(text, func(m string) string {
		parts := placeLink.FindStringSubmatch(m)
		place, ok := values[parts[2]].(Link)
		if !ok {
			return parts[1]
		}
		return `<a href="` + template.HTMLEscapeString(string(place.URL)) + `">` + parts[1] + "</a>"
	})
	for name, value := range values {
		text = strings.ReplaceAll(text, opening+name+closing, richValue(value))
	}
	return template.HTML(text)
}

func richValue(value any) string {
	switch v := value.(type) {
	case *Link:
		class := ""
		if strings.HasPrefix(string(v.URL), "tel:") { // numbers are read and dialled whole
			class = ` class="nowrap"`
		}
		return "<a" + class + ` href="` + template.HTMLEscapeString(string(v.URL)) + `" translate="no" dir="ltr">` + template.HTMLEscapeString(v.Text) + "</a>"
	case Link:
		return ""
	case Name:
		return `<bdi translate="no">` + template.HTMLEscapeString(string(v)) + "</bdi>"
	case strongName:
		return "<strong>" + richValue(Name(v)) + "</strong>"
	case string:
		return template.HTMLEscapeString(v)
	}
	return template.HTMLEscapeString(fmt.Sprint(value))
}

// Name is a value that is not translated: a username, an address, a code.
type Name string

// NameOf marks a value as a Name.
func (w *Words) NameOf(s string) Name { return Name(s) }

// strongName is a Name that stands out from its text.
type strongName Name

// StrongOf marks a value as a Name that stands out.
func (w *Words) StrongOf(s string) strongName { return strongName(s) }
