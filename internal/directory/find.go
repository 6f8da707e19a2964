package directory

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// How much the search box finds: of each kind and site, and events of an address.
const (
	mostFound       = 20
	mostFoundEvents = 50
	mostOfBlock     = 2000
)

// Found is what operators find with one text over all sites (C12).
type Found struct {
	Query gatehouse.FindQuery
	// Reference is the error reference that it is; empty: it is none.
	Reference string
	Users     []FoundUser
	Companies []FoundCompany
	// Events are those of the request with the reference, or the newest refused ones from the IP
	// addresses.
	Events []FoundEvent
	// More: there are more than these.
	More bool
}

// Nothing reports whether nothing was found.
func (f Found) Nothing() bool { return len(f.Users)+len(f.Companies)+len(f.Events) == 0 }

// FoundUser is a user of a site, with the company.
type FoundUser struct {
	Site    *site.Site
	User    gatehouse.User
	Company gatehouse.Company
}

// FoundCompany is a company of a site.
type FoundCompany struct {
	Site    *site.Site
	Company gatehouse.Company
}

// FoundEvent is an event, with the site and the user that it is about, as far as they are known.
type FoundEvent struct {
	Event gatehouse.Event
	Site  *site.Site
	User  gatehouse.User
}

// Find looks for what an operator has typed: an error reference, IP addresses, or the beginning of a
// username, an address, a name, an account number or a company's name.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Find(ctx context.Context, c gatehouse.Caller, sites []*site.Site, typed string) (Found, error) {
	if !c.Operates(gatehouse.OperatorFind) {
		return Found{}, errForbidden
	}
	f := Found{Query: gatehouse.ReadFindQuery(typed)}
	if f.Query.Typed == "" {
		return f, nil
	}
	var err error
	if ref, ok := secret.ReadReference(f.Query.Typed); ok {
		f.Reference = ref
		events, err := s.Store.Read().EventsByReference(ctx, ref)
		if err != nil {
			return f, err
		}
		f.Events, err = s.about(ctx, sites, events)
		return f, err
	}
	if f.Query.From.IsValid() {
		f.Events, f.More, err = s.refusedFrom(ctx, sites, f.Query)
		return f, err
	}
	for _, st := range sites {
		if err := s.findAt(ctx, st, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// findAt adds what is found on one site.
func (s *Service) findAt(ctx context.Context, st *site.Site, f *Found) error {
	q := s.Store.Read()
	users, err := q.UsersNamed(ctx, st.ID, f.Query.Typed, f.Query.Words, mostFound+1)
	if err != nil {
		return err
	}
	companies, err := q.CompaniesNamed(ctx, st.ID, f.Query.Typed, mostFound+1)
	if err != nil {
		return err
	}
	f.More = f.More || len(users) > mostFound || len(companies) > mostFound
	key := gatehouse.NameKey(f.Query.Typed)
	exact := func(u gatehouse.User) int { // the one that was meant comes first
		if gatehouse.NameKey(u.Username) == key || gatehouse.NameKey(u.Email) == key {
			return 0
		}
		return 1
	}
	slices.SortFunc(users, func(a, b gatehouse.User) int {
		return cmp.Or(cmp.Compare(exact(a), exact(b)), strings.Compare(gatehouse.UserKey(a), gatehouse.UserKey(b)))
	})
	firms := map[string]gatehouse.Company{}
	for _, u := range users[:min(len(users), mostFound)] {
		firm, known := firms[u.CompanyID]
		if !known {
			if firm, err = q.Company(ctx, st.ID, u.CompanyID); err != nil {
				return err
			}
			firms[u.CompanyID] = firm
		}
		f.Users = append(f.Users, FoundUser{st, bare(u), firm})
	}
	slices.SortFunc(companies, func(a, b gatehouse.Company) int { return strings.Compare(a.Name, b.Name) })
	for _, firm := range companies[:min(len(companies), mostFound)] {
		f.Companies = append(f.Companies, FoundCompany{st, firm})
	}
	return nil
}

// refusedFrom are the newest refused events from a block of IP addresses.
func (s *Service) refusedFrom(ctx context.Context, sites []*site.Site, query gatehouse.FindQuery) ([]FoundEvent, bool, error) {
	limit := mostOfBlock
	if query.From.IsSingleIP() {
		limit = mostFoundEvents + 1
	}
	events, err := s.Store.Read().EventsRefusedFrom(ctx, query.Within(), query.From.IsSingleIP(), limit)
	if err != nil {
		return nil, false, err
	}
	more := len(events) == limit
	events = slices.DeleteFunc(events, func(e gatehouse.Event) bool {
		a, err := netip.ParseAddr(e.IPAddress)
		return err != nil || !query.From.Contains(a.Unmap().WithZone(""))
	})
	slices.SortFunc(events, func(a, b gatehouse.Event) int { return strings.Compare(b.ID, a.ID) })
	if len(events) > mostFoundEvents {
		events, more = events[:mostFoundEvents], true
	}
	found, err := s.about(ctx, sites, events)
	return found, more, err
}

// about adds to events the sites and users that they are about. Events of the operators' own site
// are not for everybody who may find customers.
func (s *Service) about(ctx context.Context, sites []*site.Site, events []gatehouse.Event) ([]FoundEvent, error) {
	q, users := s.Store.Read(), map[string]gatehouse.User{}
	var found []FoundEvent
	for _, e := range events {
		at := slices.IndexFunc(sites, func(st *site.Site) bool { return st.ID == e.SiteID })
		if at < 0 {
			continue
		}
		u, known := users[e.UserID]
		if !known && e.UserID != "" {
			var err error
			if u, err = q.User(ctx, e.SiteID, e.UserID); err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
				return nil, err
			}
			u = bare(u)
			users[e.UserID] = u
		}
		found = append(found, FoundEvent{e, sites[at], u})
	}
	return found, nil
}
