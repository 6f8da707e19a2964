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
	}
}
