package mail

import (
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// To is a user as a recipient: at the present address, in the own language. Until the
// address is confirmed, anyone who reads it may be a stranger, and the name is what somebody
// else wants them to read: then the mail has none. Nor is an address a name.
func To(st *site.Site, u gatehouse.User) Recipient {
	to := Recipient{UserID: u.ID, CompanyID: u.CompanyID, Email: u.Email, Lang: st.Language("", u.Locale),
		Administrator: u.Role == gatehouse.RoleAdmin}
	if name := u.DisplayName(); u.EmailConfirmed && !strings.Contains(name, "@") {
		to.Name = name
	}
	return to
}

// Elsewhere is the recipient at another address, which nobody has confirmed.
func (r Recipient) Elsewhere(address string) Recipient {
	r.Email, r.Name = address, ""
	return r
}
