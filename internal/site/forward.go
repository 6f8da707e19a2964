package site

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"gatehouse/internal/strictyaml"
)

// ForwardAuth is what a site tells proxies about users, for applications that do not
// speak OpenID Connect. Without Hosts it tells nothing.
type ForwardAuth struct {
	// Domain is the common part of the site's and the applications' hosts: a browser sends
	// the cookie of forward authentication to all hosts below it.
	Domain string
	// Hosts are the applications' host names.
	Hosts []string
}

type forwardSettings struct {
	Domain string   `yaml:"domain,required"`
	Hosts  []string `yaml:"hosts,required"`
}

// Protects reports whether an address belongs to an application behind a proxy that
// asks this site. Its port is up to the proxy: cookies do not distinguish ports.
func (s *Site) Protects(u *url.URL) bool {
	scheme, _, _ := strings.Cut(s.Origin, ":")
	return u.Scheme == scheme && u.User == nil && u.Opaque == "" && slices.Contains(s.ForwardAuth.Hosts, strings.ToLower(u.Hostname()))
}

func (l *loader) forwardAuth(doc *strictyaml.Doc) {
	l.site.Registers = l.file.Registers
	f := l.file.ForwardAuth
	if f == nil {
		return
	}
	l.site.ForwardAuth = ForwardAuth(*f)
	check(doc, "forward_auth.domain", f.Domain, checkHost, checkCookieDomain)
	for i, host := range l.file.Hosts {
		if !below(host, f.Domain) {
			doc.Problem("forward_auth.domain", "hosts[%d] %s is not below %s, so it cannot set the cookie", i, host, f.Domain)
		}
	}
	for i, host := range f.Hosts {
		key := fmt.Sprintf("forward_auth.hosts[%d]", i)
		check(doc, key, host, checkHost)
		switch {
		case host == "" || slices.Contains(f.Hosts[:i], host):
			doc.Problem(key, "is empty or in the list already")
		case slices.Contains(l.file.Hosts, host):
			doc.Problem(key, "%s is the site itself", host)
		case !below(host, f.Domain):
			doc.Problem(key, "%s is not below %s, so no cookie reaches it", host, f.Domain)
		}
	}
}

// below reports whether a host is a domain, or below it.
func below(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// checkCookieDomain refuses domains for which no browser accepts a cookie, and those that
// would expose it to strangers: anybody can register below "co.uk".
func checkCookieDomain(domain string) string {
	if suffix, _ := publicsuffix.PublicSuffix(domain); suffix == domain {
		return "must be a domain of your own such as portal.example"
	}
	return ""
}
