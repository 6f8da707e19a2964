package directory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Those who watch over security read the event log of all sites, and of the operators' own (C13).

const (
	logPage = 25
	// logWindow is how many events a page looks at for those that fit, over all its sources.
	logWindow = 4000
	// exportChunk is how many events an export reads at a time, and exportWindow how many it looks at.
	exportChunk  = 500
	exportWindow = 20_000
	// MostExportedEvents is how many events a file has.
	MostExportedEvents = 100_000
)

// LoggedEvent is an event with whom it is about and who did it, as far as they are known.
type LoggedEvent struct {
	FoundEvent
	Company, ActorCompany gatehouse.Company
	Actor                 gatehouse.User
}

// EventLog is a page of the event log.
type EventLog struct {
	gatehouse.EventFilter
	// Events are in order, newest first.
	Events []LoggedEvent
	// Older and Newer are where the pages before and after this one begin; empty: there is none.
	// Searched: only a part was searched, down to where the older page begins, or up to the newer one.
	Older, Newer string
	Searched     bool
	// Countries are those that the events come from which were looked at; none if no place is known.
	Countries []Country
	// Wrong is what the filter cannot mean; then there are no events.
	Wrong []gatehouse.FieldError
}

// LogQuery is what somebody asks the event log.
type LogQuery struct {
	gatehouse.EventFilter
	// Zone is that of the times, Lang the language of the countries' names.
	Zone *time.Location
	Lang string
	// Before is the Older of a page, After the Newer of one.
	Before, After string
}

// EventLog returns events of sites, newest first.
//
// Errors: Forbidden, Unavailable.
func (s *Service) EventLog(ctx context.Context, c gatehouse.Caller, sites []*site.Site, ask LogQuery) (l EventLog, err error) {
	l.EventFilter = ask.EventFilter
	if !c.Operates(gatehouse.OperatorEvents) {
		return l, errForbidden
	}
	q := s.Store.Read()
	search, err := readEvents(ctx, q, sites, ask.Zone, ask.EventFilter)
	if l.Wrong = search.wrong; err != nil || len(l.Wrong) > 0 {
		return l, err
	}
	if !eventID.MatchString(ask.Before) {
		ask.Before = ""
	}
	if !eventID.MatchString(ask.After) || ask.Before != "" {
		ask.After = ""
	}
	found, next, searched, err := s.logPage(ctx, q, search, ask, &l)
	if err == nil && ask.After != "" && next == "" { // up to the newest: then the first page, which is full
		ask.After = ""
		found, next, searched, err = s.logPage(ctx, q, search, ask, &l)
	}
	if err != nil {
		return l, err
	}
	l.Older, l.Searched = next, searched
	if ask.After != "" {
		slices.Reverse(found)
		l.Newer, l.Older = next, next
	}
	if len(found) > 0 {
		if ask.Before != "" {
			l.Newer = found[0].ID
		}
		if ask.After != "" {
			l.Older = found[len(found)-1].ID
		}
	} else if ask.Before != "" {
		l.Newer = next
	}
	l.Events, err = s.logged(ctx, q, sites, found)
	return l, err
}

// logPage returns the events of a page, in the order in which they were looked for, and where the next
// one begins. It says in the page which countries there are.
func (s *Service) logPage(ctx context.Context, q store.Queries, search *eventSearch, ask LogQuery, l *EventLog) (all []gatehouse.Event, next string, searched bool, err error) {
	window := max(logPage+1, logWindow/max(1, len(search.sources)))
	pages, seen, err := s.eventsFrom(ctx, q, search, ask, store.EventSearch{Before: ask.Before, After: ask.After, Limit: logPage + 1, Window: window})
	if err != nil {
		return nil, "", false, err
	}
	l.Countries, _ = s.countriesOf(seen, ask.Lang, ask.Country)
	all, next, searched = pages.first(logPage)
	return all, next, searched, nil
}

// eventsFrom looks for events in every source, from a place on. seen are the IP addresses of all that were
// looked at, as far as they matter.
func (s *Service) eventsFrom(ctx context.Context, q store.Queries, search *eventSearch, ask LogQuery, at store.EventSearch) (pages newest[gatehouse.Event], seen []string, err error) {
	pages = newest[gatehouse.Event]{id: func(e gatehouse.Event) string { return e.ID }, up: at.After != ""}
	for _, source := range search.sources {
		p := search.search(source)
		p.Before, p.After, p.Limit, p.Window = at.Before, at.After, at.Limit, at.Window
		some, err := s.places(ctx, q, search, ask, &p)
		if err != nil {
			return pages, nil, err
		}
		events, end, err := q.SearchEvents(ctx, p)
		if err != nil {
			return pages, nil, err
		}
		pages.add(events, end)
		seen = append(seen, some...)
	}
	return pages, seen, nil
}

// places selects by country, and by a large block, with the IP addresses of the events that are looked
// at; see 0066. It returns these.
func (s *Service) places(ctx context.Context, q store.Queries, search *eventSearch, ask LogQuery, p *store.EventSearch) ([]string, error) {
	if s.Country == nil && !search.block.IsValid() {
		return nil, nil
	}
	seen, err := q.AddressesOfEvents(ctx, *p)
	if err != nil {
		return nil, err
	}
	fitting := seen
	if s.Country != nil && ask.Country != "" {
		_, fitting = s.countriesOf(seen, ask.Lang, ask.Country)
		p.Addresses = both(p.Addresses, fitting)
	}
	if search.block.IsValid() {
		p.Addresses = both(p.Addresses, slices.DeleteFunc(slices.Clone(fitting), func(a string) bool { return !within(search.block, a) }))
	}
	return seen, nil
}

// both are the texts that are in both lists, of which the first one may be nil, and then has all.
func both(a, b []string) []string {
	in := map[string]bool{}
	for _, text := range a {
		in[text] = true
	}
	return slices.DeleteFunc(append([]string{}, b...), func(text string) bool { return a != nil && !in[text] })
}

// logged adds to events whom they are about and who did it. Events of a site that is no longer there
// are left out.
func (s *Service) logged(ctx context.Context, q store.Queries, sites []*site.Site, events []gatehouse.Event) ([]LoggedEvent, error) {
	found, err := s.about(ctx, sites, events)
	if err != nil {
		return nil, err
	}
	firms, actors := map[[2]string]gatehouse.Company{}, map[[2]string]gatehouse.User{}
	var all []LoggedEvent
	for _, e := range found {
		l := LoggedEvent{FoundEvent: e}
		at, firm := [2]string{e.Event.SiteID, e.Event.ActorID}, [2]string{e.Event.SiteID, cmp.Or(e.Event.CompanyID, e.User.CompanyID)}
		if e.Event.ActorKind == gatehouse.Operator {
			at[0] = gatehouse.OperatorsSite
		}
		if l.Actor, err = known(actors, at, func() (gatehouse.User, error) { return q.User(ctx, at[0], at[1]) }); err != nil {
			return nil, err
		}
		if l.Company, err = known(firms, firm, func() (gatehouse.Company, error) { return q.Company(ctx, firm[0], firm[1]) }); err != nil {
			return nil, err
		}
		l.Actor = bare(l.Actor)
		all = append(all, l)
	}
	return all, nil
}

// known asks for something once; what is not there, or has no ID, is zero.
func known[T any](had map[[2]string]T, id [2]string, ask func() (T, error)) (v T, err error) {
	v, ok := had[id]
	if ok || id[1] == "" {
		return v, nil
	}
	if v, err = ask(); err != nil && gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	had[id] = v
	return v, err
}

// LoggedEvent returns one event of a site.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) LoggedEvent(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) (LoggedEvent, error) {
	if !c.Operates(gatehouse.OperatorEvents) {
		return LoggedEvent{}, errForbidden
	}
	q := s.Store.Read()
	e, err := q.Event(ctx, st.ID, id)
	if err != nil {
		return LoggedEvent{}, err
	}
	all, err := s.logged(ctx, q, []*site.Site{st}, []gatehouse.Event{e})
	if err != nil {
		return LoggedEvent{}, err
	}
	return all[0], nil
}

// ExportEvents calls each for the events that a filter selects, newest first, and reports whether there
// are more than a file may have. An event at the operators' site, home, says who exported what.
//
// Errors: Forbidden; Invalid with the fields of the filter; TooMany with ReasonExportWait; Unavailable;
// what each returns.
func (s *Service) ExportEvents(ctx context.Context, c gatehouse.Caller, home *site.Site, sites []*site.Site, format string, ask LogQuery, begin func(), each func(LoggedEvent) error) (more bool, err error) {
	if c = c.For(gatehouse.OperatorEvents); !c.Operates(gatehouse.OperatorEvents) {
		return false, errForbidden
	}
	q := s.Store.Read()
	search, err := readEvents(ctx, q, sites, ask.Zone, ask.EventFilter)
	if err == nil && len(search.wrong) > 0 {
		err = &gatehouse.Error{Kind: gatehouse.Invalid, Fields: search.wrong}
	}
	if err != nil {
		return false, err
	}
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: "export:" + home.ID + ":" + c.UserID, Every: 2 * time.Minute, Burst: 20})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonExportWait, RetryAfter: wait}
	}
	if err != nil {
		return false, err
	}
	err = s.Do(ctx, home, c, func(tx *act.Unit) error {
		if err := stillReads(tx); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{CompanyID: c.CompanyID}, gatehouse.EventLogExported, gatehouse.ResultOK, map[string]string{"format": format, "filter": ask.Query().Encode()})
	})
	if err != nil {
		return false, err
	}
	begin()
	return s.exportEvents(ctx, q, search, sites, ask, each)
}

// stillReads refuses an operator who may no longer read the event log since a moment ago. It is about no
// operator, so unlike stillOperates at their site, it does not take an owner.
func stillReads(tx *act.Unit) error {
	if !tx.Caller.SignedInOperator() {
		return nil
	}
	u, err := tx.User(tx, gatehouse.OperatorsSite, tx.Caller.UserID)
	if err == nil && (!u.MaySignIn() || !gatehouse.OperatorMay(u.Role, gatehouse.OperatorEvents)) {
		err = errForbidden
	}
	return err
}

func (s *Service) exportEvents(ctx context.Context, q store.Queries, search *eventSearch, sites []*site.Site, ask LogQuery, each func(LoggedEvent) error) (more bool, err error) {
	n := 0
	for at := (store.EventSearch{Limit: exportChunk + 1, Window: exportWindow}); ; {
		pages, _, err := s.eventsFrom(ctx, q, search, ask, at)
		if err != nil {
			return false, err
		}
		events, next, _ := pages.first(exportChunk)
		all, err := s.logged(ctx, q, sites, events)
		if err != nil {
			return false, err
		}
		for _, e := range all {
			if n++; n > MostExportedEvents {
				return true, nil
			}
			if err := each(e); err != nil {
				return false, err
			}
		}
		if at.Before = next; next == "" {
			return false, nil
		}
	}
}
