package directory

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// What operators type into the filter of the event log becomes the index that fits best, and conditions
// for the others.

const (
	// mostMeant is how many people or companies one text may mean.
	mostMeant = 20
	// mostOfNet is how many addresses of a block are looked up one by one.
	mostOfNet = 64
)

// Reasons of errors in the filter of the event log, besides those of other forms.
const (
	FieldMoment      = "moment"
	FieldEarlier     = "earlier"
	FieldNobodyFound = "nobody-found"
	FieldNoCompany   = "no-company-found"
	FieldTooManyFit  = "too-many-fit"
	FieldNoAddress   = "no-address"
	FieldNoReference = "no-reference"
	FieldNoChoice    = "no-choice"
)

// eventSearch is what a filter means.
type eventSearch struct {
	// sources have all events that fit, none of them twice. where is what else they have to be like, and
	// own what those of one source have to be like besides.
	sources  []store.EventSource
	own      map[store.EventSource]store.EventWhere
	where    store.EventWhere
	from, to time.Time
	// block is the block of IP addresses, if it has too many of them to be looked up one by one.
	block netip.Prefix
	wrong []gatehouse.FieldError
}

func (s *eventSearch) fault(field, reason string, args ...string) {
	e := gatehouse.FieldError{Field: field, Reason: reason}
	if len(args) > 0 {
		e.Args = map[string]string{args[0]: args[1]}
	}
	s.wrong = append(s.wrong, e)
}

// search is what a search of one source asks.
func (s *eventSearch) search(source store.EventSource) store.EventSearch {
	p := store.EventSearch{EventSource: source, EventWhere: s.where, From: s.from, To: s.to}
	if own, ok := s.own[source]; ok {
		p.Kinds, p.Actors = slices.Concat(p.Kinds, own.Kinds), slices.Concat(p.Actors, own.Actors)
	}
	return p
}

// readEvents finds out what a filter means. What it cannot mean is wrong at its field.
func readEvents(ctx context.Context, q store.Queries, sites []*site.Site, zone *time.Location, f gatehouse.EventFilter) (s *eventSearch, err error) {
	s = &eventSearch{own: map[store.EventSource]store.EventWhere{}}
	s.times(f, zone)
	s.choices(f, sites)
	at := sitesOf(sites, f.Site)
	people, err := s.people(ctx, q, at, "person", f.Person)
	if err != nil {
		return s, err
	}
	actors, err := s.people(ctx, q, sites, "actor", f.Actor)
	if err != nil {
		return s, err
	}
	firms, err := s.companies(ctx, q, at, f.Company)
	if err != nil {
		return s, err
	}
	addresses, err := s.addresses(ctx, q, f.Address)
	if err != nil || len(s.wrong) > 0 {
		return s, err
	}
	s.begin(f, sites, people, actors, firms, addresses)
	return s, nil
}

// times reads the moments.
func (s *eventSearch) times(f gatehouse.EventFilter, zone *time.Location) {
	if f.From != "" {
		from, _, ok := gatehouse.ReadMoment(f.From, zone)
		if s.from = from; !ok {
			s.fault("from", FieldMoment)
		}
	}
	if f.To != "" {
		_, until, ok := gatehouse.ReadMoment(f.To, zone)
		if s.to = until; !ok {
			s.fault("to", FieldMoment)
		} else if !s.from.IsZero() && !s.to.After(s.from) {
			s.fault("to", FieldEarlier)
		}
	}
}

// choices reads what is chosen from lists, and the reference.
func (s *eventSearch) choices(f gatehouse.EventFilter, sites []*site.Site) {
	if f.Site != "" {
		s.where.SiteID = f.Site
		if !slices.ContainsFunc(sites, func(st *site.Site) bool { return st.ID == f.Site }) {
			s.fault("site", FieldNoChoice)
		}
	}
	if f.Kind != "" {
		if s.where.Kinds = f.KindsChosen(); len(s.where.Kinds) == 0 {
			s.fault("kind", FieldNoChoice)
		}
	}
	switch {
	case f.Result == gatehouse.EventsNotOK:
		s.where.Results = store.NotOK
	case f.Result != "":
		if s.where.Result = gatehouse.EventResult(f.Result); !slices.Contains(gatehouse.EventResults, s.where.Result) {
			s.fault("result", FieldNoChoice)
		}
	}
	if f.By != "" {
		if s.where.ActorKind = gatehouse.CallerKind(f.By); !slices.Contains(gatehouse.CallerKinds, s.where.ActorKind) {
			s.fault("by", FieldNoChoice)
		}
	}
	if f.Reference != "" {
		if _, ok := secret.ReadReference(f.Reference); !ok {
			s.fault("reference", FieldNoReference)
		}
	}
}

// people are those whom a text means: an ID, a whole username or address, or else a beginning, as in the
// search box.
func (s *eventSearch) people(ctx context.Context, q store.Queries, sites []*site.Site, field, typed string) (all []gatehouse.User, err error) {
	if typed == "" {
		return nil, nil
	}
	if rest, ok := strings.CutPrefix(typed, "usr_"); ok && rest != "" {
		for _, st := range sites { // one who is gone, too: the events are still there
			all = append(all, gatehouse.User{SiteID: st.ID, ID: typed})
		}
		return all, nil
	}
	words := gatehouse.ReadFindQuery(typed).Words
	for _, st := range sites {
		some, err := q.UsersNamed(ctx, st.ID, typed, words, mostMeant+1)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	key := gatehouse.NameKey(typed)
	whole := slices.DeleteFunc(slices.Clone(all), func(u gatehouse.User) bool {
		return gatehouse.NameKey(u.Username) != key && gatehouse.NameKey(u.Email) != key
	})
	if len(whole) > 0 {
		all = whole
	}
	switch {
	case len(all) == 0 && field == "person":
		s.fault(field, FieldNobodyFound)
	case len(all) > mostMeant:
		s.fault(field, FieldTooManyFit, "n", strconv.Itoa(mostMeant))
	}
	return all, nil
}

// companies are those that a text means: an account number, or else a beginning.
func (s *eventSearch) companies(ctx context.Context, q store.Queries, sites []*site.Site, typed string) (all []gatehouse.Company, err error) {
	if typed == "" {
		return nil, nil
	}
	for _, st := range sites {
		some, err := q.CompaniesNamed(ctx, st.ID, typed, mostMeant+1)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	whole := slices.DeleteFunc(slices.Clone(all), func(c gatehouse.Company) bool { return c.AccountNumber != typed })
	if len(whole) > 0 {
		all = whole
	}
	switch {
	case len(all) == 0:
		s.fault("company", FieldNoCompany)
	case len(all) > mostMeant:
		s.fault("company", FieldTooManyFit, "n", strconv.Itoa(mostMeant))
	}
	return all, nil
}

// addresses are those of a block that events came from; nil if it is none, or has too many.
func (s *eventSearch) addresses(ctx context.Context, q store.Queries, typed string) ([]string, error) {
	if typed == "" {
		return nil, nil
	}
	find := gatehouse.ReadFindQuery(typed)
	switch {
	case !find.From.IsValid():
		s.fault("address", FieldNoAddress)
		return nil, nil
	case find.From.IsSingleIP():
		return []string{find.Within()}, nil
	}
	all, err := q.AddressesWithin(ctx, find.Within(), mostOfNet+1)
	if len(all) > mostOfNet {
		s.block = find.From
		return nil, err
	}
	return slices.DeleteFunc(append([]string{}, all...), func(a string) bool { return !within(find.From, a) }), err
}

// within reports whether an IP address is in a block.
func within(block netip.Prefix, address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && block.Contains(a.Unmap().WithZone(""))
}

// begin chooses the sources: those that fit fewest come first, and what the others say are conditions.
func (s *eventSearch) begin(f gatehouse.EventFilter, sites []*site.Site, people, actors []gatehouse.User, firms []gatehouse.Company, addresses []string) {
	add := func(source store.EventSource) { s.sources = append(s.sources, source) }
	s.where.Users, s.where.Actors, s.where.Addresses = idsOf(people), idsOf(actors), addresses
	for _, firm := range firms {
		s.where.Companies = append(s.where.Companies, firm.ID)
	}
	if f.Actor != "" && len(actors) == 0 { // then it is the name of who ran a command
		s.where.ActorName, s.where.ActorKind = f.Actor, gatehouse.Operator
		if f.By != "" && f.By != string(gatehouse.Operator) {
			s.where.ActorKind = gatehouse.CallerKind(f.By)
		}
	}
	switch ref, _ := secret.ReadReference(f.Reference); {
	case ref != "":
		add(store.EventSource{Reference: ref})
	case len(people) > 0:
		for _, u := range people {
			add(store.EventSource{SiteID: u.SiteID, UserID: u.ID})
		}
		s.where.Users, s.where.SiteID = nil, "" // the sources have it; and so below
	case len(actors) > 0:
		s.doneBy(actors)
	case addresses != nil:
		for _, a := range addresses {
			add(store.EventSource{Address: a})
		}
		s.where.Addresses = nil
	case len(firms) > 0:
		for _, firm := range firms {
			add(store.EventSource{SiteID: firm.SiteID, CompanyID: firm.ID})
		}
		s.where.Companies, s.where.SiteID = nil, ""
	case len(s.where.Kinds) > 0:
		s.ofKinds(sitesOf(sites, f.Site))
	case s.where.ActorKind == gatehouse.Operator || s.where.ActorKind == gatehouse.System:
		add(store.EventSource{ActorKind: s.where.ActorKind})
		s.where.ActorKind = ""
	default:
		s.ofSites(sitesOf(sites, f.Site))
	}
}

func idsOf(people []gatehouse.User) (ids []string) {
	for _, u := range people {
		if !slices.Contains(ids, u.ID) {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func (s *eventSearch) ofSites(sites []*site.Site) {
	for _, st := range sites {
		s.sources = append(s.sources, store.EventSource{SiteID: st.ID})
	}
	s.where.SiteID = ""
}

// doneBy begins with what people did to others, and with what they did themselves.
func (s *eventSearch) doneBy(actors []gatehouse.User) {
	others := map[string]bool{}
	for _, u := range actors {
		if !others[u.ID] { // an ID is asked for at each site
			others[u.ID] = true
			s.sources = append(s.sources, store.EventSource{ActorID: u.ID})
		}
		s.sources = append(s.sources, store.EventSource{SiteID: u.SiteID, UserID: u.ID})
		s.own[s.sources[len(s.sources)-1]] = store.EventWhere{Actors: []string{u.ID}}
	}
	s.where.Actors = nil
}

// ofKinds begins with each kind, and looks for frequent ones everywhere.
func (s *eventSearch) ofKinds(sites []*site.Site) {
	var frequent []gatehouse.EventKind
	kinds := s.where.Kinds
	for _, k := range kinds {
		if slices.Contains(store.FrequentEvents, k) {
			frequent = append(frequent, k)
			continue
		}
		s.sources = append(s.sources, store.EventSource{Kind: k})
	}
	if s.where.Kinds = nil; len(frequent) == 0 {
		return
	}
	for _, st := range sites {
		source := store.EventSource{SiteID: st.ID}
		s.sources = append(s.sources, source)
		s.own[source] = store.EventWhere{Kinds: frequent}
	}
}
