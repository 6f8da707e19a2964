package web

import (
	"gatehouse"
)

// operatorRoutes are for those who run the installation, on hosts of their own. Each names the act
// that the operator's role must be good for; the services check it again.
func (s *Server) operatorRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator", Operator, o.Overview).needs(gatehouse.OperatorSee),
		to("GET /operator/sites", Operator, o.SitesPage).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{id}", Operator, o.OneSite).needs(gatehouse.OperatorSee),

		to("GET /operator/operators", Operator, o.Operators).needs(gatehouse.OperatorOperators),
		to("GET /operator/operators/new", Operator, o.NewOperator).needs(gatehouse.OperatorOperators).proving(),
		to("POST /operator/operators/new", Operator, o.AddOperator).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/operators/{id}", Operator, o.OneOperator).needs(gatehouse.OperatorOperators),
		to("POST /operator/operators/{id}/role", Operator, o.SetRole).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/operators/{id}/act/{act}", Operator, o.AskOperatorAct).needs(gatehouse.OperatorOperators).proving(),
		to("POST /operator/operators/{id}/act/{act}", Operator, o.DoOperatorAct).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/cases", Operator, o.Cases).needs(gatehouse.OperatorCases),
		to("GET /operator/cases/{site}/{number}", Operator, o.Case).needs(gatehouse.OperatorCases),
		to("POST /operator/cases/{site}/{number}", Operator, o.WorkOnCase).needs(gatehouse.OperatorCases),
		to("GET /operator/cases/{site}/{number}/files/{attachment}", Operator, o.CaseFile).needs(gatehouse.OperatorCases),
	}
}
