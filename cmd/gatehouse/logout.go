package main

import (
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
)

// logoutFlags say how an application is told that a session has ended.
type logoutFlags struct {
	BackchannelLogoutURI  *string `name:"backchannel-logout-uri" help:"Where the server tells it that a session has ended; empty: nowhere." placeholder:"URL"`
	FrontchannelLogoutURI *string `name:"frontchannel-logout-uri" help:"What the browser opens in a hidden frame then, of the same origin as a redirect address; empty: nothing." placeholder:"URL"`
}

func (f logoutFlags) say(s *gatehouse.ApplicationSettings) {
	said(&s.BackchannelLogoutURI, f.BackchannelLogoutURI)
	said(&s.FrontchannelLogoutURI, f.FrontchannelLogoutURI)
}

// logoutView is why an application could not be told about the end of a session, the last
// time that happened within three days.
type logoutView struct {
	Problem string     `json:"logout_problem,omitempty"`
	At      *time.Time `json:"logout_problem_at,omitempty"`
}

func viewLogout(a sso.Shown) (v logoutView) {
	if a.LogoutProblem != "" {
		v = logoutView{a.LogoutProblem, &a.LogoutProblemAt}
	}
	return v
}

func (v logoutView) String() string {
	if v.Problem == "" {
		return ""
	}
	return moment(*v.At) + ": " + v.Problem
}
