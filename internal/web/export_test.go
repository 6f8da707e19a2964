package web

import (
	"gatehouse"
	"gatehouse/internal/api"
	"gatehouse/internal/secret"
)

// Suite is for the tests outside the package: they use internal/testkit, which imports
// this package.
var Suite = suite

// Audiences are those of the route table, by pattern.
func Audiences() map[string]Audience {
	all := map[string]Audience{}
	for _, r := range (&Server{api: &api.API{}}).routes() {
		all[r.pattern] = r.audience
	}
	return all
}

// FormToken is the token of a page with the form of a route, as a session has it.
func FormToken(keys *secret.Keys, siteID, session, userID, pattern string) string {
	named, whose := formID(pattern), keys.MAC("form-whose", siteID, userID)[:whoseLength]
	return named + "." + keys.MAC(formPurpose, session, siteID, named, whose) + "." + whose
}

// Needs are the acts that the operators' routes take, by pattern.
func Needs() map[string]gatehouse.OperatorAct {
	all := map[string]gatehouse.OperatorAct{}
	for _, r := range (&Server{api: &api.API{}}).routes() {
		if r.audience == Operator {
			all[r.pattern] = r.act
		}
	}
	return all
}
