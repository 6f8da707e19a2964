package main

import (
	"slices"

	"gatehouse"
)

// forwardFlags say which hosts of an application are behind a proxy that asks the site.
type forwardFlags struct {
	ForwardHost []string `help:"A host of it behind a proxy that asks about each request, among forward_auth.hosts of the site; empty: none. May be given several times." placeholder:"HOST"`
}

func (f forwardFlags) say(s *gatehouse.ApplicationSettings) {
	if f.ForwardHost != nil {
		s.ForwardHosts = slices.DeleteFunc(slices.Clone(f.ForwardHost), func(host string) bool { return host == "" })
	}
}

// only makes a new application one that does not speak OpenID Connect, unless the flags say
// otherwise.
func (f forwardFlags) only(s *gatehouse.ApplicationSettings, said applicationFlags) {
	if len(s.ForwardHosts) > 0 && said.Grant == nil && said.RedirectURI == nil && said.Auth == nil {
		s.Grants, s.Scopes, s.Auth = nil, nil, gatehouse.AuthNone
	}
}
