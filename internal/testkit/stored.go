package testkit

import (
	"context"

	"gatehouse"
	"gatehouse/internal/store"
)

// User is the user as currently stored.
func (s *Server) User(u gatehouse.User) gatehouse.User {
	s.t.Helper()
	now, err := s.Store.Read().User(context.Background(), u.SiteID, u.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return now
}

// CompanyOf is a user's company as currently stored.
func (s *Server) CompanyOf(u gatehouse.User) gatehouse.Company {
	s.t.Helper()
	now, err := s.Store.Read().Company(context.Background(), u.SiteID, u.CompanyID)
	if err != nil {
		s.t.Fatal(err)
	}
	return now
}

// Write makes a state that a test begins with, without the services that lead to it.
func (s *Server) Write(do func(q store.Queries) error) {
	s.t.Helper()
	if err := s.Store.Write(context.Background(), do); err != nil {
		s.t.Fatal(err)
	}
}
