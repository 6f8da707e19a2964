package directory

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// Reasons of what can be wrong with a field. Args hold "max" for FieldTooLong, "known" for
// FieldRole and FieldLocale.
const (
	FieldRequired   = "required"
	FieldTooLong    = "too-long"
	FieldCharacters = "character"
	FieldEmail      = "email"
	// FieldNotEmail: the site signs in with the address, so the username must be the address.
	FieldNotEmail = "username-is-email"
	FieldRole     = "role"
	FieldLocale   = "locale"
	FieldTaken    = "taken"
	// FieldSame: it is what the user has.
	FieldSame = "same"
	// FieldOwnAccount: users change this on their own account's pages.
	FieldOwnAccount = "own-account"
)

// UserFields are the editable fields of a user.
type UserFields struct {
	Username  string
	FirstName string
	LastName  string
	Email     string
	Role      gatehouse.Role
	// Locale is one of the site's languages; empty: the site's own.
	Locale string
}

// CompanyFields are the editable fields of a company.
type CompanyFields struct {
	Name          string
	AccountNumber string
}

// faults are what is wrong with fields, with the checks that several of them share.
type faults struct{ gatehouse.Faults }

// text checks one line of text and reports whether it can be used.
func (f *faults) text(field, value string, most int, allowed func(rune) bool) bool {
	bad, ok := gatehouse.CheckLine(field, value, most, allowed)
	if !ok {
		f.Faults = append(f.Faults, bad)
	}
	return ok
}

// needed checks one line of text that must be there.
func (f *faults) needed(field, value string, most int, allowed func(rune) bool) {
	if value == "" {
		f.Add(field, FieldRequired)
		return
	}
	f.text(field, value, most, allowed)
}

// oneForm converts a text to the Unicode form that is stored and compared (C): two files may
// encode one name differently.
func oneForm(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// checkCompany trims the fields of a company and returns what is wrong with them.
func checkCompany(c *CompanyFields) faults {
	var f faults
	c.Name, c.AccountNumber = oneForm(c.Name), oneForm(c.AccountNumber)
	f.needed("name", c.Name, gatehouse.MaxName, gatehouse.InNames)
	f.needed("account_number", c.AccountNumber, gatehouse.MaxName, gatehouse.InKeys)
	return f
}

// checkUser trims the fields of a user and returns what is wrong with them.
func checkUser(st *site.Site, u *UserFields) faults {
	var f faults
	for _, field := range []*string{&u.Username, &u.FirstName, &u.LastName, &u.Email} {
		*field = strings.TrimSpace(*field)
	}
	u.FirstName, u.LastName = oneForm(u.FirstName), oneForm(u.LastName)
	f.identity(st, u)
	f.text("first_name", u.FirstName, gatehouse.MaxName, gatehouse.InNames)
	f.text("last_name", u.LastName, gatehouse.MaxName, gatehouse.InNames)
	if u.Email != "" && f.text("email", u.Email, gatehouse.MaxUsername, gatehouse.InKeys) && !mail.CanSend(u.Email) {
		f.Add("email", FieldEmail)
	}
	if !slices.Contains(st.Roles(), u.Role) {
		f.Add("role", FieldRole, "known", knownRoles(st))
	}
	if u.Locale != "" && !slices.Contains(st.Languages, u.Locale) {
		f.Add("locale", FieldLocale, "known", strings.Join(st.Languages, ", "))
	}
	return f
}

// knownRoles are the roles at a site, as a list.
func knownRoles(st *site.Site) string {
	var known []string
	for _, role := range st.Roles() {
		known = append(known, string(role))
	}
	return strings.Join(known, ", ")
}

// identity checks the username. If users sign in with their address, it must be the address. If
// they may use either, a username with an @ must be the user's own address: with somebody else's,
// it would take over that user's sign-ins, because usernames are looked up first.
func (f *faults) identity(st *site.Site, u *UserFields) {
	if st.SignInWith == gatehouse.WithEmail {
		f.emailIdentity(u)
		return
	}
	switch {
	case u.Username == "":
		f.Add("username", FieldRequired)
	case !f.text("username", u.Username, gatehouse.MaxUsername, gatehouse.InKeys):
	case st.SignInWith == gatehouse.WithUsernameOrEmail && gatehouse.IsAddress(u.Username) &&
		!gatehouse.SameMailbox(u.Username, u.Email):
		f.Add("username", FieldNotEmail)
	}
}

func (f *faults) emailIdentity(u *UserFields) {
	switch {
	case u.Username == "":
		u.Username = u.Email
	case u.Email == "":
		u.Email = u.Username
	}
	switch {
	case u.Email == "":
		f.Add("email", FieldRequired)
	case !gatehouse.SameMailbox(u.Username, u.Email):
		f.Add("username", FieldNotEmail)
	default:
		u.Username = u.Email
	}
}

// taken turns the store's Conflict into a field to fix.
func taken(err error, field string) error {
	if gatehouse.KindOf(err) != gatehouse.Conflict {
		return err
	}
	var f faults
	f.Add(field, FieldTaken)
	return f.Err()
}

// Explain describes in English what is wrong with a field, for the command line and the report of
// an import; pages have their own texts.
func Explain(e gatehouse.FieldError) string {
	switch e.Reason {
	case FieldRequired:
		return "is missing"
	case FieldTooLong:
		return "has more than " + e.Args["max"] + " characters"
	case FieldCharacters:
		return "has characters that cannot be there: control characters, invisible ones, or text that is not UTF-8"
	case FieldEmail:
		return "is not an address that mail can be sent to, such as name@example.com"
	case FieldNotEmail:
		return "must be the person's own email address"
	case FieldRole, FieldLocale:
		return "must be one of: " + e.Args["known"]
	case FieldTaken:
		return "is in use already"
	case FieldZone:
		return "is not a time zone that can be chosen"
	case FieldContactWays:
		return "or the phone number is missing"
	case FieldPhone:
		return "is not a phone number"
	case FieldSame:
		return "is the same as before"
	case FieldOwnAccount:
		return "is changed in the own account's pages"
	}
	return fmt.Sprintf("cannot be used (%s)", e.Reason)
}
