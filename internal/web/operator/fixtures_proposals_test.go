package operator

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// testProposal is a proposed address in a state; words are what people have typed.
func testProposal(state gatehouse.ProposalState, words string) directory.ProposedAddress {
	p := directory.ProposedAddress{AddressProposal: gatehouse.AddressProposal{SiteID: "meridian-uk", ID: "prp_1", UserID: "usr_1", CompanyID: "com_1",
		Old: words + "@old.example", New: words + "@new.example", Why: words, State: state, AskedAt: fixture.Noon.Add(-time.Hour), ByID: "usr_by", ByName: words},
		User:    gatehouse.User{ID: "usr_1", SiteID: "meridian-uk", CompanyID: "com_1", Username: words, FirstName: words, LastName: words, Role: gatehouse.RoleAdmin},
		Company: gatehouse.Company{ID: "com_1", Name: words, AccountNumber: words}}
	if state != gatehouse.ProposalOpen && state != gatehouse.ProposalOver {
		p.EndedAt, p.EndedByID, p.EndedByName = fixture.Noon, "usr_2", words
	}
	if state == gatehouse.ProposalRefused {
		p.RefusedReason = words
	}
	return p
}

// proposalViews are the pages of proposed addresses, in every state and for everybody who sees them.
func proposalViews(words string) map[string]ui.View {
	second := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: gatehouse.OperatorsSite, UserID: "usr_2", Role: gatehouse.RoleSecurity}
	own := second
	own.UserID = "usr_by"
	st := &site.Site{Site: gatehouse.Site{ID: "meridian-uk", Name: "Meridian UK"}}
	all := map[string]ui.View{"proposals-none": Proposals{By: second}}
	var list []directory.ProposedAddress
	for _, state := range []gatehouse.ProposalState{gatehouse.ProposalOpen, gatehouse.ProposalAgreed, gatehouse.ProposalRefused, gatehouse.ProposalWithdrawn, gatehouse.ProposalOver} {
		p := testProposal(state, words)
		list = append(list, p)
		all["proposal-"+string(state)] = OneProposal{ProposedAddress: p, On: st, By: second, Done: string(state)}
		all["proposal-late-"+string(state)] = OneProposal{ProposedAddress: p, On: st, By: own, Late: true}
	}
	all["proposals"] = Proposals{All: list, By: second}
	open := OneProposal{ProposedAddress: testProposal(gatehouse.ProposalOpen, words), On: st, By: second, Reason: words, Fields: []gatehouse.FieldError{{Field: "reason", Reason: "required"}}}
	all["proposal-no-reason"] = open
	open.Fields, open.Taken = nil, true
	all["proposal-taken"] = open
	all["proposal-own"] = OneProposal{ProposedAddress: testProposal(gatehouse.ProposalOpen, words), On: st, By: own}
	v := overview(directory.SiteOverview{ID: "meridian-uk", Name: "Meridian UK"})
	v.Proposals = Proposals{All: list, By: second}
	all["overview-proposals"] = v
	return all
}
