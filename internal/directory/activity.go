package directory

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ActivityFilter selects events of a company.
type ActivityFilter struct {
	// From and To are days at the site, both included.
	From, To time.Time
	// Person is a username; Address is how an IP address begins.
	Person, Address string
	// Country is a code of Places; empty: anywhere.
	Country string
	// Topic is one of gatehouse.ActivityTopics, and Result one of gatehouse.ActivityResults; anything
	// else means all.
	Topic  gatehouse.ActivityTopic
	Result string
	// Before is the ID of the last event of the page before.
	Before string
}

const (
	activityPage = 25
	// activityWindow is how many events a page looks at for those that fit.
	activityWindow = 2000
	// activityChunk is how many events an export reads at a time.
	activityChunk = 500
	// MostActivityDays is the longest time that is shown at once.
	MostActivityDays = 366
)

// ReasonExportWait: an administrator has exported several times. Kind TooMany.
const ReasonExportWait = "export-wait"

// DayCount is how many sign-ins a day had.
type DayCount struct {
	Day time.Time
	N   map[gatehouse.SignInOutcome]int
}

// CompanyActivity is what happened in a company.
type CompanyActivity struct {
	// Days are all days of the time, the oldest first.
	Days []DayCount
	// Events are in order, newest first. People are the users they are about, and those of the company
	// who did it, by ID.
	Events []gatehouse.Event
	People map[string]gatehouse.User
	// Countries are those that the events come from which were looked at, in the order of their names;
	// none if no place is known.
	Countries []Country
	// Next is the Before of the next page; empty on the last one. Searched: only a part of the time
	// was searched, down to where the next page begins.
	Next     string
	Searched bool
	// Nobody: there is no such person in the company.
	Nobody bool
}

// Country is a country that events come from.
type Country struct{ Code, Name string }

// Activity returns what happened in a company (C09): the sign-ins of each day at the site, and a page
// of events. The names of countries are in a language.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Activity(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, lang string, f ActivityFilter) (a CompanyActivity, err error) {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c, companyID); err != nil {
		return a, err
	}
	if a.Days, err = signInDays(ctx, q, st, companyID, f); err != nil {
		return a, err
	}
	p, found, err := s.companyEvents(ctx, q, st, c, f)
	if err != nil || !found {
		a.Nobody = err == nil
		return a, err
	}
	p.Limit, p.Window = activityPage+1, activityWindow
	if a.Countries, err = s.countries(ctx, q, st, companyID, lang, f.Country, &p); err != nil {
		return a, err
	}
	a.Events, a.Next, err = q.EventsOfCompany(ctx, st.ID, companyID, p)
	switch {
	case err != nil:
		return a, err
	case len(a.Events) > activityPage:
		a.Events = a.Events[:activityPage]
		a.Next = a.Events[activityPage-1].ID
	case a.Next != "":
		a.Searched = true
	}
	a.People, err = s.concern(ctx, q, c, a.Events)
	return a, err
}

// countries returns where the events come from which are looked at, and selects those of one country:
// by their addresses, because only the operator's file knows where these are (0014).
func (s *Service) countries(ctx context.Context, q store.Queries, st *site.Site, companyID, lang, chosen string, p *store.CompanyEvents) ([]Country, error) {
	if s.Country == nil {
		return nil, nil
	}
	addresses, err := q.AddressesOfCompany(ctx, st.ID, companyID, *p)
	all, from := s.countriesOf(addresses, lang, chosen)
	if chosen != "" {
		p.Addresses = from
	}
	return all, err
}

// countriesOf returns where IP addresses are, by the names of the countries, and those in a chosen one;
// that is among the countries in any case.
func (s *Service) countriesOf(addresses []string, lang, chosen string) (all []Country, from []string) {
	if s.Country == nil {
		return nil, nil
	}
	if from = []string{}; chosen != "" {
		all = append(all, Country{chosen, chosen})
	}
	for _, address := range addresses {
		code, name := s.Country(lang, address)
		i := slices.IndexFunc(all, func(c Country) bool { return c.Code == code })
		switch {
		case code == "":
		case i < 0:
			all = append(all, Country{code, name})
		default:
			all[i].Name = name
		}
		if chosen != "" && code == chosen {
			from = append(from, address)
		}
	}
	slices.SortFunc(all, func(a, b Country) int { return cmp.Compare(gatehouse.SearchKey(a.Name), gatehouse.SearchKey(b.Name)) })
	return all, from
}

// signInDays counts the sign-ins of each day, in the zone of the filter's days. They are kept by the hour: where a day
// begins at a half hour, that half belongs to the day before.
func signInDays(ctx context.Context, q store.Queries, st *site.Site, companyID string, f ActivityFilter) ([]DayCount, error) {
	var days []DayCount
	at := map[string]int{}
	for day := f.From; !day.After(f.To); day = day.AddDate(0, 0, 1) {
		at[day.Format(time.DateOnly)] = len(days)
		days = append(days, DayCount{day, map[gatehouse.SignInOutcome]int{}})
	}
	all, err := q.SignInCounts(ctx, st.ID, companyID, f.From, f.To.AddDate(0, 0, 1))
	for _, n := range all {
		if i, ok := at[n.Hour.In(f.From.Location()).Format(time.DateOnly)]; ok {
			days[i].N[n.Outcome] += n.N
		}
	}
	return days, err
}

var eventID = regexp.MustCompile(`^evt_[0-9a-f]{12,40}$`)

// companyEvents is a filter for the store. found: there is such a person, or none was asked for.
func (s *Service) companyEvents(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, f ActivityFilter) (p store.CompanyEvents, found bool, err error) {
	p = store.CompanyEvents{From: f.From, To: f.To.AddDate(0, 0, 1), Kinds: f.Topic.Kinds(), Results: store.ResultsOf(f.Result), Address: strings.TrimSpace(f.Address)}
	if eventID.MatchString(f.Before) {
		p.Before = f.Before
	}
	if strings.TrimSpace(f.Person) == "" {
		return p, true, nil
	}
	u, err := q.UserByUsername(ctx, st.ID, f.Person)
	if u, err = visible(st, c, u, err); gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		return p, false, nil
	}
	p.UserID = u.ID
	return p, true, err
}

// concern removes from events what a company must not see, namely what is known about operators, and
// returns the users of the company whom they are about, or who did it.
func (s *Service) concern(ctx context.Context, q store.Queries, c gatehouse.Caller, events []gatehouse.Event) (map[string]gatehouse.User, error) {
	people := map[string]gatehouse.User{}
	person := func(siteID, id string) (gatehouse.User, error) {
		if known, ok := people[id]; ok || id == "" {
			return known, nil
		}
		u, err := q.User(ctx, siteID, id)
		if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil || err == nil && u.CompanyID != c.CompanyID {
			u, err = gatehouse.User{}, nil
		}
		people[id] = u
		return u, err
	}
	for i := range events {
		e := &events[i]
		e.Reference = ""
		if _, err := person(e.SiteID, e.UserID); err != nil {
			return nil, err
		}
		if e.ActorKind != gatehouse.SignedIn && e.ByOther() {
			e.IPAddress, e.UserAgent, e.ActorName = "", "", ""
			continue
		}
		actor, err := person(e.SiteID, e.ActorID)
		if err != nil {
			return nil, err
		}
		if e.ActorName = actor.Username; actor.ID == "" && e.ByOther() { // somebody of another company
			e.IPAddress, e.UserAgent = "", ""
		}
	}
	return people, nil
}

// from reports whether an event comes from a country; empty, or without places: any.
func (s *Service) from(e gatehouse.Event, country string) bool {
	if country == "" || s.Country == nil {
		return true
	}
	code, _ := s.Country("", e.IPAddress)
	return code == country
}

// ExportActivity calls each for all events that a filter selects, newest first, with the username of
// the person. An event says who exported what.
//
// Errors: Forbidden; NotFound; TooMany with ReasonExportWait; Unavailable; what each returns.
func (s *Service) ExportActivity(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, format string, f ActivityFilter, begin func(), each func(gatehouse.Event, string) error) error {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c, companyID); err != nil {
		return err
	}
	if err := s.spare(ctx, c, ReasonExportWait, store.Limit{Key: "export:" + st.ID + ":" + c.UserID, Every: 2 * time.Minute, Burst: 20}); err != nil {
		return err
	}
	p, found, err := s.companyEvents(ctx, q, st, c, f)
	if err != nil {
		return err
	}
	detail := map[string]string{"format": format, "from": f.From.Format(time.DateOnly), "to": f.To.Format(time.DateOnly)}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, companyID); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{CompanyID: companyID}, gatehouse.EventActivityExported, gatehouse.ResultOK, detail)
	})
	if err != nil {
		return err
	}
	begin()
	p.Limit, p.Window, p.Before = activityChunk, activityChunk, ""
	for more := found; more; {
		events, end, err := q.EventsOfCompany(ctx, st.ID, companyID, p)
		if err != nil {
			return err
		}
		people, err := s.concern(ctx, q, c, events)
		if err != nil {
			return err
		}
		for _, e := range events {
			if !s.from(e, f.Country) {
				continue
			}
			if err := each(e, people[e.UserID].Username); err != nil {
				return err
			}
		}
		p.Before, more = end, end != ""
	}
	return nil
}
