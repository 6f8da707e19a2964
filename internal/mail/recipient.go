package mail

import (
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// To is a user as a recipient: at the current address, in the user's language. Until the
// address is confirmed, a stranger may read it, and the name may be something that somebody
// else wants them to read: then the mail has none. An address is not a name either.
func To(st *site.Site, u gatehouse.User) Recipient {
	to := Recipient{UserID: u.ID, CompanyID: u.CompanyID, Email: u.Email, Lang: st.Language("", u.Locale),
		Administrator: u.Role == gatehouse.RoleAdmin || u.Role == gatehouse.RoleOwner}
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
