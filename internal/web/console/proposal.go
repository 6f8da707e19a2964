package console

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// proposeEmail has an operator propose another address for a user, to which a second one agrees.
func (c *Console) proposeEmail(w http.ResponseWriter, r *http.Request, on Place, u gatehouse.User, typed string) error {
	err := c.Directory.ProposeEmail(r.Context(), on.Site, on.By, u.ID, typed, r.PostFormValue("why"))
	if err == nil {
		return seeUser(w, r, on.PathOf(u), UserProposed)
	}
	return c.notCorrected(w, r, typed, err)
}

// Second: the operator can only propose another address.
func (v UserDetail) Second() bool { return gatehouse.NeedsSecondOperator(v.On.By, v.Of) }

// ProposalPath is the page of the proposal that waits.
func (v UserDetail) ProposalPath() string {
	return ui.OperatorAddressesPath + "/" + url.PathEscape(v.Proposal.SiteID) + "/" + url.PathEscape(v.Proposal.ID)
}

// MayCorrect: the one who looks may enter another address, or propose one.
func (v UserDetail) MayCorrect() bool { return v.On.May(gatehouse.OperatorPropose) }
