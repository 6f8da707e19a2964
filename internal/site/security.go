package site

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/text/language"

	"gatehouse/internal/strictyaml"
)

// securitySettings is whom to tell about a vulnerability of the site (RFC 9116).
type securitySettings struct {
	Contacts        []string  `yaml:"contacts,required"`
	Expires         time.Time `yaml:"expires"` // else: half a year from the request
	Policy          string    `yaml:"policy"`
	Encryption      string    `yaml:"encryption"`
	Acknowledgments string    `yaml:"acknowledgments"`
	Languages       []string  `yaml:"languages"` // else: those of the site
}

// securityTextLasts is how long a security.txt without its own date is valid: RFC 9116
// 2.5.5 advises less than a year.
const securityTextLasts = 180 * 24 * time.Hour

func (l *loader) security(doc *strictyaml.Doc) {
	f := l.file.Security
	if f == nil {
		return
	}
	for i, contact := range f.Contacts {
		check(doc, fmt.Sprintf("security.contacts[%d]", i), contact, checkSecurityContact)
	}
	if len(f.Contacts) == 0 {
		doc.Problem("security.contacts", "is empty, must have an email address, an https address or a telephone number")
	}
	for key, value := range map[string]string{"policy": f.Policy, "encryption": f.Encryption, "acknowledgments": f.Acknowledgments} {
		check(doc, "security."+key, value, checkHTTPS)
	}
	for i, name := range f.Languages {
		if tag, err := language.Parse(name); err != nil || tag.String() != name {
			doc.Problem(fmt.Sprintf("security.languages[%d]", i), "is %q, must be a language tag such as en or de", name)
		}
	}
	l.site.security = f
}

func checkSecurityContact(contact string) string {
	if checkEmail(contact) == "" || checkHTTPS(contact) == "" || strings.HasPrefix(contact, "+") && checkPhone(contact) == "" {
		return ""
	}
	return "must be an email address, an https address, or a telephone number that begins with +"
}

func checkHTTPS(link string) string {
	if !strings.HasPrefix(link, "https://") || checkURL(link) != "" {
		return "must be an https address"
	}
	return ""
}

// SecurityText is what the site's /.well-known/security.txt says (RFC 9116); false if it
// has none, or if it has expired.
func (s *Site) SecurityText(now time.Time) (string, bool) {
	f := s.security
	if f == nil || !f.Expires.IsZero() && !now.Before(f.Expires) {
		return "", false
	}
	expires := f.Expires
	if expires.IsZero() {
		expires = now.Add(securityTextLasts).Truncate(24 * time.Hour)
	}
	languages := f.Languages
	if len(languages) == 0 {
		languages = s.Languages
	}
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	for _, contact := range f.Contacts {
		line("Contact", contactURI(contact))
	}
	line("Expires", expires.UTC().Format(time.RFC3339))
	line("Encryption", f.Encryption)
	line("Acknowledgments", f.Acknowledgments)
	line("Preferred-Languages", strings.Join(languages, ", "))
	line("Canonical", s.Origin+"/.well-known/security.txt")
	line("Policy", f.Policy)
	return b.String(), true
}

func contactURI(contact string) string {
	switch {
	case strings.HasPrefix(contact, "https://"):
		return contact
	case strings.HasPrefix(contact, "+"):
		return "tel:+" + strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, contact)
	}
	return (&url.URL{Scheme: "mailto", Opaque: url.PathEscape(contact)}).String()
}
