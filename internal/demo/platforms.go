package demo

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/examples/orders"
	"gatehouse/examples/platform"
	"gatehouse/examples/storefront"
	"gatehouse/internal/act"
	"gatehouse/internal/assembly"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// Platform is an application that the users of one of the demo's sites reach with their
// one sign-in there.
type Platform struct {
	Name, URL string
	Site      *site.Site
	Handler   http.Handler
	// Restricted: it is open to administrators only, until one of them changes that.
	Restricted bool
}

// Title is what the tour calls it.
func (p Platform) Title() string { return strings.ToLower(p.Name) }

// platformSite is the platforms' site.
const platformSite = "meridian-uk"

// shop is a built-in platform: where it answers, and the address that the site's own settings
// have for it, which belongs to nobody.
type shop struct {
	name, german, french, host, settings string
	pages                                func(*platform.Platform) http.Handler
	cards                                cards
	restricted                           bool
}

// cards is how a platform supplies cards on home.
type cards int

const (
	noCards      cards = iota
	cardsFetched       // Gatehouse asks for them
	cardsSent
)

var shops = []shop{
	{"Storefront", "Shop", "Boutique", "shop.localhost", "https://shop.uk.meridian.example/", storefront.New, cardsFetched, false},
	{"Order desk", "Bestellungen", "Commandes", "orders.localhost", "https://orders.uk.meridian.example/", orders.New, cardsSent, false},
	{"Clearance store", "Restposten", "Déstockage", "clearance.localhost", "https://clearance.uk.meridian.example/", storefront.New, noCards, true},
}

// addresses are those of this start, and what else home needs.
func (o shop) addresses(a *gatehouse.ApplicationSettings, at string, place int) {
	a.RedirectURIs, a.PostLogoutRedirectURIs = []string{at + "/callback"}, []string{at + "/"}
	a.BackchannelLogoutURI = at + "/back-channel-logout"
	a.Home.LaunchURL, a.Home.Order, a.Home.Names = at+"/", place, map[string]string{"de": o.german, "fr": o.french}
	switch o.cards {
	case cardsFetched:
		a.Home.CardsURL = at + "/card"
	case cardsSent:
		a.Scopes = append(gatehouse.Scopes(), gatehouse.ScopeCards)
	}
}

// OpenPlatforms registers the platforms at their site, and points the site's quick links
// to them. They talk to the site at the address of the demo's listener, HOST:PORT, and to
// nobody else.
func OpenPlatforms(ctx context.Context, d Deps, sites *site.Sites, listener string) ([]Platform, error) {
	st := sites.ByID(platformSite)
	if st == nil {
		return nil, nil
	}
	origin, err := url.Parse(st.Origin)
	if err != nil {
		return nil, err
	}
	provider := &sso.Service{Desk: &act.Desk{Store: d.Store, Outbox: d.Outbox, Now: d.Now}, Keys: d.Outbox.Keys, Outbound: assembly.Outbound(nil, true)}
	var all []Platform
	for place, shop := range shops {
		at := origin.Scheme + "://" + net.JoinHostPort(shop.host, origin.Port())
		id, secret, err := shop.register(ctx, provider, st, at, place+1)
		if err != nil {
			return nil, err
		}
		client := platform.New(platform.Config{Issuer: st.Origin, ClientID: id, ClientSecret: secret, URL: at, HTTP: loopbackClient(listener), Now: d.Now})
		all = append(all, Platform{shop.name, at + "/", st, shop.pages(client), shop.restricted})
		for i, link := range st.QuickLinks {
			if path, its := strings.CutPrefix(link.URL, shop.settings); its {
				st.QuickLinks[i].URL = at + "/" + path
			}
		}
	}
	return all, nil
}

// register makes the application of a platform, or gives the one of an earlier start a new
// secret and current addresses. The demo keeps no secret: each start has its own.
func (o shop) register(ctx context.Context, provider *sso.Service, st *site.Site, at string, place int) (id, secret string, err error) {
	self := gatehouse.Caller{Kind: gatehouse.System, Name: "demo"}
	known, err := provider.List(ctx, st, self, "", sso.MaxList)
	if err != nil {
		return "", "", err
	}
	for _, a := range known {
		if a.Name != o.name {
			continue
		}
		if _, err := provider.Change(ctx, st, self, a.ID, "", func(a *gatehouse.Application) { o.addresses(&a.Settings, at, place) }); err != nil {
			return "", "", err
		}
		secret, err := provider.NewSecret(ctx, st, self, a.ID, "")
		if err != nil {
			return "", "", err
		}
		return a.ID, secret, provider.EndOldSecrets(ctx, st, self, a.ID, "")
	}
	fresh := gatehouse.DefaultApplication()
	o.addresses(&fresh, at, place)
	if o.restricted {
		fresh.Access.Reach = gatehouse.ReachAdministrators
	}
	made, secret, err := provider.Create(ctx, st, self, o.name, fresh)
	return made.ID, secret, err
}

// loopbackClient resolves the names of this machine to the demo's listener, and no
// others.
func loopbackClient(listener string) *http.Client {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil || !strings.HasSuffix(host, ".localhost") {
			return nil, errors.New("a platform of the demo talks to the demo only")
		}
		return new(net.Dialer).DialContext(ctx, network, listener)
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dial, IdleConnTimeout: time.Minute}}
}

// Hosts are the platforms by the host that they answer for.
func Hosts(all []Platform) map[string]http.Handler {
	hosts := map[string]http.Handler{}
	for _, p := range all {
		if at, err := url.Parse(p.URL); err == nil {
			hosts[at.Hostname()] = p.Handler
		}
	}
	return hosts
}
