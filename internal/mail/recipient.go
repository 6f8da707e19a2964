package mail

import (
	"gatehouse"
	"gatehouse/internal/site"
)

// To is a user as a recipient: at the present address, in the own language.
func To(st *site.Site, u gatehouse.User) Recipient {
	return Recipient{UserID: u.ID, CompanyID: u.CompanyID, Name: u.DisplayName(),
		Address: u.Email, Lang: st.Language("", u.Locale), Administrator: u.Role == gatehouse.RoleAdmin}
}
