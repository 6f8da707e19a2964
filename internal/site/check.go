package site

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Each check returns what is wrong with a value and what is allowed, or "".

var (
	hostLabel   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	siteID      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	phoneNumber = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{2,30}$`)
)

// CheckHost returns what is wrong with a host name, CheckEmail with an email address.
func CheckHost(host string) string     { return checkHost(host) }
func CheckEmail(address string) string { return checkEmail(address) }

const hostRule = "must be a host name in lower case without scheme, port or path, such as portal.example"

func checkHost(host string) string {
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if !hostLabel.MatchString(l) {
			return hostRule
		}
	}
	// A last label of digits makes it an address, which no certificate and no
	// cookie prefix treats as a name.
	if last := labels[len(labels)-1]; len(host) > 253 || strings.Trim(last, "0123456789") == "" {
		return hostRule
	}
	return ""
}

func checkEmail(address string) string {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address || a.Name != "" {
		return "must be an email address such as help@portal.example"
	}
	if _, domain, _ := strings.Cut(address, "@"); checkHost(strings.ToLower(domain)) != "" {
		return "has no valid domain after the @"
	}
	return ""
}

// What is added before the @, after a plus: a message's token, or the number of a support
// case, a dot and its MAC. There is room for 64 characters (RFC 5321, 4.5.3.1.1).
const (
	tokenLength   = 26
	replyLength   = 12 + 1 + 26
	mostBeforeAt  = 64
	lengthOfAPlus = 1
)

func checkBounces(address string) string { return checkExtended(address, "a token", tokenLength) }

func checkReplies(address string) string {
	return checkExtended(address, "the number of a case", replyLength)
}

// checkExtended is checkEmail for an address to which something is added. Other servers have
// to write to it, so it is plain ASCII.
func checkExtended(address, added string, length int) string {
	if problem := checkEmail(address); problem != "" {
		return problem
	}
	local, _, _ := strings.Cut(address, "@")
	switch {
	case strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII }):
		return "must be in ASCII"
	case len(local) > mostBeforeAt-lengthOfAPlus-length:
		return fmt.Sprintf("must have at most %d characters before the @, because a plus and %s of %d are added there", mostBeforeAt-lengthOfAPlus-length, added, length)
	}
	return ""
}

// checkURL lets through what a page may link to: nothing that runs (javascript:,
// data:), nothing unencrypted, and no "//host" that only looks like a path.
func checkURL(link string) string {
	const rule = "must be an https address or a path of the site that begins with one slash"
	u, err := url.Parse(link)
	if err != nil || strings.ContainsAny(link, "\\ \"'<>`") || strings.ContainsFunc(link, unicode.IsControl) || u.User != nil {
		return rule
	}
	if u.Scheme == "https" && u.Host != "" && u.Opaque == "" {
		if checkHost(strings.ToLower(u.Hostname())) != "" {
			return rule
		}
		return ""
	}
	if u.Scheme == "" && u.Host == "" && strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//") {
		return ""
	}
	return rule
}

func checkPhone(number string) string {
	if !phoneNumber.MatchString(number) {
		return "must be a telephone number such as +44 131 496 0182"
	}
	return ""
}

// checkLine keeps line breaks out of what ends up in titles and mail headers.
func checkLine(text string) string {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "must be one line"
	}
	return ""
}
