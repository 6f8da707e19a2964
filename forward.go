package gatehouse

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Forward is what a proxy is told about a user who opens an application that does not use OpenID
// Connect.
type Forward string

// The answers.
const (
	// ForwardOpen: the user gets through.
	ForwardOpen Forward = "open"
	// ForwardOff: the application is turned off.
	ForwardOff Forward = "off"
	// ForwardClosed: it is not for this user; the user can ask somebody for access.
	ForwardClosed Forward = "closed"
	// ForwardAgain: the sign-in is too old for it, or did not use the user's factor.
	ForwardAgain Forward = "again"
	// ForwardWeak: it requires more than the user can prove.
	ForwardWeak Forward = "weak"
)

// ForwardTo is the counterpart of MayIssue for applications without tokens: whether a user gets
// through to an application with a live session. said is the setting of the user's company.
func ForwardTo(a Application, said Reach, u User, s Session, mostLevel int, now time.Time) Forward {
	switch {
	case !a.Usable() || a.SiteID != u.SiteID || a.SiteID != s.SiteID || s.UserID != u.ID:
		return ForwardOff
	case ClosedTo(a, said, u.Role) != "":
		return ForwardClosed
	case !youngEnough(a, s, now):
		return ForwardAgain
	case s.Assurance.Level >= a.Settings.Access.Level:
		return ForwardOpen
	case u.Factors > 0 && mostLevel >= a.Settings.Access.Level:
		return ForwardAgain
	}
	return ForwardWeak
}

// forwardHostGood: a host name, as a site lists it.
func forwardHostGood(host string) bool {
	u, err := url.Parse("https://" + host)
	return err == nil && u.Host == host && u.Hostname() == host && host != "" && len(host) <= 253 && host == strings.ToLower(host) && !strings.ContainsAny(host, "/ _*:")
}

// forwards reports whether the application is only behind proxies: it never gets a token.
func (s ApplicationSettings) forwards() bool { return len(s.ForwardHosts) > 0 && len(s.Grants) == 0 }

// ForwardOnly reports whether the application does not use OpenID Connect.
func (a Application) ForwardOnly() bool { return a.Settings.forwards() }

// checkForward returns the faults in an application's hosts behind proxies.
func checkForward(s ApplicationSettings) []FieldError {
	var wrong Faults
	for i, host := range s.ForwardHosts {
		if !forwardHostGood(host) || slices.Contains(s.ForwardHosts[:i], host) {
			wrong.Add("forward_hosts", "invalid")
		}
	}
	if len(s.ForwardHosts) > mostOfList {
		wrong.Add("forward_hosts", "too-many")
	}
	return wrong
}
