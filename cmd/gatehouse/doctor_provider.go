package main

import (
	"context"
	"fmt"
	"strings"

	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

// provider checks what applications of the sites rely on.
func (d *doctor) provider(ctx context.Context, st *store.Store, sites []*site.Site) {
	p := &sso.Service{Desk: &act.Desk{Store: st, Now: utc}, Keys: d.cfg.Keys}
	d.signingKeys(ctx, p, sites)
	d.pkce(ctx, p, sites)
}

// signingKeys checks whether the key file still opens the keys that tokens are signed with.
// Without its line, nobody signs in to a platform of the site.
func (d *doctor) signingKeys(ctx context.Context, p *sso.Service, sites []*site.Site) {
	opened := true
	for _, one := range sites {
		if err := p.TryOwnKeys(ctx, one); err != nil {
			opened = false
			d.add("signing keys "+one.ID, fail, err.Error(), "put the line back into "+d.cfg.KeyFile+", below the first one")
		}
	}
	if opened {
		d.add("signing keys", well, "the key file opens those that there are", "")
	}
}

// pkce lists the applications with authorization codes that are not bound to the client
// that asked.
func (d *doctor) pkce(ctx context.Context, p *sso.Service, sites []*site.Site) {
	var without []string
	for _, one := range sites {
		for after := ""; ; {
			all, err := p.List(ctx, one, commandCaller(), after, sso.MaxList)
			if err != nil {
				d.add("pkce", warn, err.Error(), "look at the server's log")
				return
			}
			for _, a := range all {
				after = a.ID
				if a.Settings.WithoutPKCE && !a.Deleted() {
					without = append(without, fmt.Sprintf("%s: %s (%s)", one.ID, harmless(a.Name), a.ID))
				}
			}
			if len(all) < sso.MaxList {
				break
			}
		}
	}
	if len(without) == 0 {
		d.add("pkce", well, "no application is excused from it", "")
		return
	}
	d.add("pkce", warn, "these applications are excused from it: "+strings.Join(without, ", "),
		"have them send a code_challenge, then gatehouse app change ID --without-pkce=false")
}
