package gatehouse

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Forward is what a proxy is told about a user who opens an application that speaks no OpenID
// Connect.
type Forward string

// The answers.
const (
	// ForwardOpen: the user gets through.
	ForwardOpen Forward = "open"
	// ForwardOff: the application is turned off.
	ForwardOff Forward = "off"
	// ForwardClosed: it is not for this user; somebody can be asked.
	ForwardClosed Forward = "closed"
	// ForwardAgain: the sign-in is too old for it, or was without the factor that the user has.
	ForwardAgain Forward = "again"
	// ForwardWeak: it asks for more than the user can prove.
	ForwardWeak Forward = "weak"
)

// ForwardTo is what MayIssue is for applications that get tokens: whether a user gets through to
// an application by a session that is alive. said is what the user's company has said about it.
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

// forwardHostGood: the name of a host, as a site lists it.
func forwardHostGood(host string) bool {
	u, err := url.Parse("https://" + host)
	return err == nil && u.Host == host && u.Hostname() == host && host != "" && len(host) <= 253 && host == strings.ToLower(host) && !strings.ContainsAny(host, "/ _*:")
}

// forwards reports whether the application is one that proxies hold requests for, and nothing
// else: it never gets a token.
func (s ApplicationSettings) forwards() bool { return len(s.ForwardHosts) > 0 && len(s.Grants) == 0 }

// ForwardOnly reports whether the application speaks no OpenID Connect.
func (a Application) ForwardOnly() bool { return a.Settings.forwards() }

// checkForward says what is wrong with the hosts that an application has behind proxies.
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
