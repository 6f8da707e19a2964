package gatehouse

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// EventFilter is what an operator looks for in the event log of all sites (C13), as it was typed. What
// is empty selects everything.
type EventFilter struct {
	// Site is a site's ID, Company an account number or the beginning of a company's name.
	Site, Company string
	// Person and Actor are whom it is about and who did it: a username, an email address, a name or an
	// ID. By is the CallerKind of who did it.
	Person, Actor, By string
	// Kind is an EventGroup or an EventKind; Result is EventsNotOK or an EventResult.
	Kind, Result string
	// From and To are moments; see ReadMoment.
	From, To string
	// Address is an IP address or a block, Country a country's code.
	Address, Country string
	// Reference is an error reference.
	Reference string
}

// CallerKinds are the kinds of those who do something.
var CallerKinds = []CallerKind{Visitor, SignedIn, Operator, System}

// EventsNotOK selects events with every result but ok.
const EventsNotOK = "not-ok"

// fields are the parts of a filter, by their names in an address.
func (f *EventFilter) fields() map[string]*string {
	return map[string]*string{"site": &f.Site, "company": &f.Company, "person": &f.Person, "actor": &f.Actor, "by": &f.By, "kind": &f.Kind,
		"result": &f.Result, "from": &f.From, "to": &f.To, "address": &f.Address, "country": &f.Country, "reference": &f.Reference}
}

// ReadEventFilter reads a filter from an address. What is no text that can be typed is left out: databases
// refuse it.
func ReadEventFilter(q url.Values) (f EventFilter) {
	for name, field := range f.fields() {
		typed := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || r == utf8.RuneError {
				return -1
			}
			return r
		}, q.Get(name))
		if *field = strings.TrimSpace(typed); len([]rune(*field)) > MaxFindQuery {
			*field = string([]rune(*field)[:MaxFindQuery])
		}
	}
	return f
}

// Query is what ReadEventFilter reads.
func (f EventFilter) Query() url.Values {
	q := url.Values{}
	for name, field := range f.fields() {
		if *field != "" {
			q.Set(name, *field)
		}
	}
	return q
}

// moments are the ways to write a moment, and how much time each one names.
var moments = []struct {
	layout string
	until  func(time.Time) time.Time
}{
	{time.DateOnly, func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01-02 15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02 15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
	{time.RFC3339, func(t time.Time) time.Time { return t.Add(time.Second) }},
}

// ReadMoment reads a day, a minute or a second in a zone, or a time with its own zone as logs have it:
// when it begins, and when it is over.
func ReadMoment(typed string, zone *time.Location) (from, until time.Time, ok bool) {
	if len(typed) < 20 { // the date and the time may have a T between them
		typed = strings.Replace(typed, "T", " ", 1)
	}
	for _, m := range moments {
		if t, err := time.ParseInLocation(m.layout, typed, zone); err == nil && t.Year() > 2000 {
			return t, m.until(t), true
		}
	}
	return from, until, false
}

// EventGroup is what kinds of events have in common, by which one looks for some.
type EventGroup string

// The groups. Every kind is in one of them.
const (
	EventsOfSignIns      EventGroup = "sign-ins"
	EventsOfAccounts     EventGroup = "accounts"
	EventsOfUsers        EventGroup = "users"
	EventsOfCompanies    EventGroup = "companies"
	EventsOfMail         EventGroup = "mail"
	EventsOfApplications EventGroup = "applications"
	EventsOfCases        EventGroup = "cases"
)

// EventGroups are all of them.
var EventGroups = []EventGroup{EventsOfSignIns, EventsOfAccounts, EventsOfUsers, EventsOfCompanies, EventsOfMail, EventsOfApplications, EventsOfCases}

// groupOfNoun has the nouns of kinds, groupOfKind the kinds that are not with their noun.
var (
	groupOfNoun = map[string]EventGroup{
		"sign_in": EventsOfSignIns, "session": EventsOfSignIns, "code": EventsOfSignIns, "recovery": EventsOfSignIns, "username": EventsOfSignIns,
		"device": EventsOfSignIns, "activity": EventsOfSignIns,
		"password": EventsOfAccounts, "challenge": EventsOfAccounts, "terms": EventsOfAccounts, "sole_user": EventsOfAccounts, "profile": EventsOfAccounts,
		"email": EventsOfAccounts, "factor": EventsOfAccounts, "recovery_codes": EventsOfAccounts, "two_factor": EventsOfAccounts,
		"user": EventsOfUsers, "request": EventsOfUsers, "bulk_act": EventsOfUsers,
		"company": EventsOfCompanies, "users": EventsOfCompanies, "search": EventsOfCompanies, "events": EventsOfCompanies,
		"mail": EventsOfMail, "alert": EventsOfMail, "application": EventsOfApplications, "signing_keys": EventsOfApplications, "case": EventsOfCases,
	}
	groupOfKind = map[EventKind]EventGroup{
		EventLocked: EventsOfSignIns, EventUnlocked: EventsOfSignIns, EventPasswordChecked: EventsOfSignIns,
		EventPasswordReset: EventsOfUsers, EventFactorAsked: EventsOfUsers, EventTwoFactorReset: EventsOfUsers, EventTwoFactorResetAsked: EventsOfUsers,
		EventTwoFactorEnabled: EventsOfCompanies, EventTwoFactorDisabled: EventsOfCompanies, EventActivityExported: EventsOfCompanies,
	}
)

// Group is the group of a kind; empty for one that this program does not know.
func (k EventKind) Group() EventGroup {
	if g, ok := groupOfKind[k]; ok {
		return g
	}
	noun, _, _ := strings.Cut(string(k), ".")
	return groupOfNoun[noun]
}

// EventKinds are all kinds, by their names.
func EventKinds() []EventKind {
	all := slices.Concat(SignInEvents, ChangeEvents)
	slices.Sort(all)
	return all
}

// KindsChosen are the kinds that a filter's Kind selects; none if it is neither a group nor a kind.
func (f EventFilter) KindsChosen() []EventKind {
	return slices.DeleteFunc(EventKinds(), func(k EventKind) bool { return string(k) != f.Kind && string(k.Group()) != f.Kind })
}

// EventResults are all results.
var EventResults = []EventResult{ResultOK, ResultWrong, ResultUnknown, ResultLocked, ResultInactive, ResultExpired, ResultLimited, ResultUsed}
