package sso

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// ForwardTo decides whether a signed-in user gets through to the application at an address that
// the site protects (site.Protects). A host that no application has claimed is open to all users
// of the site.
//
// Errors: Unavailable.
func (s *Service) ForwardTo(ctx context.Context, st *site.Site, u gatehouse.User, ses gatehouse.Session, to *url.URL) (gatehouse.Forward, gatehouse.Application, error) {
	a, said, err := s.Store.Read().ForwardApplication(ctx, st.ID, strings.ToLower(to.Hostname()), u.CompanyID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return gatehouse.ForwardOpen, a, nil
	}
	if err != nil {
		return gatehouse.ForwardOff, a, err
	}
	return gatehouse.ForwardTo(a, said, u, ses, gatehouse.MostLevel(st.Policy), s.Now()), a, nil
}

// checkHosts returns faults for hosts that the site does not protect.
func checkHosts(st *site.Site, settings gatehouse.ApplicationSettings) error {
	for _, host := range settings.ForwardHosts {
		if !slices.Contains(st.ForwardAuth.Hosts, host) {
			return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "invalid", Fields: []gatehouse.FieldError{{Field: "forward_hosts", Reason: "unprotected"}}}
		}
	}
	return nil
}

// claimable is checkHosts for new hosts of an application only: a host that the site no longer
// lists does not prevent other changes.
func claimable(st *site.Site, was, now gatehouse.Application) error {
	fresh := now.Settings
	fresh.ForwardHosts = slices.DeleteFunc(slices.Clone(fresh.ForwardHosts), func(h string) bool { return slices.Contains(was.Settings.ForwardHosts, h) })
	return checkHosts(st, fresh)
}
