package demo

import (
	"gatehouse"
	"gatehouse/internal/site"
)

// OperatorHosts are where the demo's operators sign in.
var OperatorHosts = site.OperatorHosts{Hosts: []string{"operator.localhost"}, Sender: "no-reply@platform.example", Support: "security@platform.example"}

// AllSites are the sites that Seed fills, and that of the operators.
func AllSites(sites *site.Sites) []*site.Site {
	all := sites.All()
	if own := sites.Operators(); own != nil {
		all = append(all[:len(all):len(all)], own)
	}
	return all
}

// operators are those who run the demo, one in each role.
var operators = cast{
	site:      gatehouse.OperatorsSite,
	companies: []firm{{account: "operators", name: "Gatehouse operators", domain: "platform.example", users: 3}},
	people: []person{
		{company: "operators", username: "ohale", password: "granite-orchard-lantern", first: "Owen", last: "Hale", email: "owen.hale@platform.example",
			role: gatehouse.RoleOwner, state: StateApp, note: "May do everything, and decides who is an operator."},
		{company: "operators", username: guard, password: "marble-thicket-compass", first: "Sabine", last: "Keller", email: "sabine.keller@platform.example",
			role: gatehouse.RoleSecurity, state: StateApp, note: "What support may, and resets factors, suspends, and reads the event log."},
		{company: "operators", username: supporter, password: "copper-meadow-whistle", first: "Tunde", last: "Bello", email: "tunde.bello@platform.example",
			role: gatehouse.RoleSupport, state: StateApp, note: "Helps those who cannot sign in. Under Cases, one waits for an answer, with a screenshot; one that was answered waits for its customer."},
	},
}

// everybody are the listed accounts of all sites, and the operators.
func (a Accounts) everybody() []SiteAccounts {
	if a.Operators == nil {
		return a.Sites
	}
	return append(a.Sites[:len(a.Sites):len(a.Sites)], *a.Operators)
}

// add adds the accounts of a site.
func (a *Accounts) add(of SiteAccounts) {
	if of.Site.ForOperators() {
		a.Operators = &of
		return
	}
	a.Sites = append(a.Sites, of)
}
