package gatehouse

import "strings"

// Site is a country's or a brand's storefront: the tenant that companies, users and all their data
// belong to. Its appearance (look, texts, terms) is in internal/site; this is what rules and
// services need.
type Site struct {
	// ID is the name of the site's folder: lower-case letters, digits, hyphens.
	ID string
	// Name is what people call the site, such as "Meridian UK".
	Name string
	// Hosts are the host names (without port) of this site; links in mail use the first.
	Hosts []string
	// Origin is scheme, host and port of the first host, without a trailing slash. Links in mail
	// begin with it, never with what a request claimed (ASVS 4.1.3; a forged Host header must not
	// choose where a link leads).
	Origin string
	// SignInWith says what the first field of the sign-in page accepts.
	SignInWith Identifier
	// Recovery says how a forgotten password is replaced.
	Recovery Recovery
	Policy   Policy
	// TermsVersion is the version of the terms that everyone must have accepted; empty if the site
	// has none.
	TermsVersion string
	// AsksSoleUser: after new terms, ask "are you the only person who uses
	// this sign-in?" (A04).
	AsksSoleUser bool
	Support      Support
	Sender       Sender
	// TextCountries are the countries to whose mobile phones codes are sent by text message, as
	// ISO 3166-1 codes; empty: the site offers no text messages.
	TextCountries []string
	// Staging marks an installation that is not production (B20).
	Staging bool
}

// Origins returns the origins of all hosts of the site, the first host's first. They share its
// scheme and port.
func (s Site) Origins() []string {
	origins := []string{s.Origin}
	for _, host := range s.Hosts[min(1, len(s.Hosts)):] {
		origins = append(origins, strings.Replace(s.Origin, "://"+s.Hosts[0], "://"+host, 1))
	}
	return origins
}

// Identifier is what a user signs in with.
type Identifier string

// The identifiers a site can choose. WithUsernameOrEmail takes either.
const (
	WithUsername        Identifier = "username"
	WithEmail           Identifier = "email"
	WithUsernameOrEmail Identifier = "username-or-email"
)

// Recovery is how a site replaces a forgotten password.
type Recovery string

// The recoveries a site can choose.
const (
	RecoverByChallenge Recovery = "challenge"
	RecoverByLink      Recovery = "link"
)

// Support is whom a user who is stuck can contact, apart from the company's administrator (A09).
type Support struct {
	Email string
	Phone string
	Hours string
	// Replies is the address at which replies to support cases are taken; each case has its own, with
	// its number and a MAC after a plus. Empty: they are not.
	Replies string
}

// Sender is who a site's mail comes from. Help pages, "check your mail" pages and the messages all
// use it (A02).
type Sender struct {
	Name    string
	Address string
	// ReplyTo is an address that is read by people; empty: Address.
	ReplyTo string
	// Bounces is the address that bounce reports go to; each message has its own, with a token
	// after a plus. Empty: they go to Address.
	Bounces string
	// Postal is the postal address in the footer of mails.
	Postal string
}
