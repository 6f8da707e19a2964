package web

import (
	"net/http"

	"gatehouse/internal/web/ui"
)

// Audience is who a route is for. It decides the guard, and nothing else does.
type Audience int

// The audiences.
const (
	// Assets: files that are the same for everyone; no cookie is read.
	Assets Audience = iota + 1
	// Public: everybody, signed in or not.
	Public
	// Pending: whoever has a sign-in in progress.
	Pending
	// User: whoever has a session.
	User
)

// handler is what a page is made by. An error becomes a page in fail.go.
type handler func(w http.ResponseWriter, r *http.Request) error

type route struct {
	pattern  string
	audience Audience
	handle   handler
}

// to makes a route. The audience has no default: a route without one does not
// compile.
func to(pattern string, a Audience, h handler) route { return route{pattern, a, h} }

// siteStatic is where the files are that a site's look makes.
const siteStatic = ui.StaticPrefix + "site/"

// routes is every address that a site answers.
func (s *Server) routes() []route {
	p := s.portal
	return []route{
		to("GET "+ui.StaticPrefix, Assets, plain(ui.Static())),
		to("GET "+siteStatic, Assets, siteAsset),
		to("GET /robots.txt", Assets, robots),

		to("GET /{$}", Public, p.Home),
		to("GET /sign-in", Public, p.SignInPage),
		to("POST /sign-in", Public, p.SignInSubmit),
		to("GET /sign-in/code", Pending, p.Step),
		to("GET /sign-in/password", Pending, p.Step),
		to("GET /sign-in/challenge", Pending, p.Step),
		to("GET /sign-in/terms", Pending, p.Step),
		to("GET /sign-in/sole-user", Pending, p.Step),
		to("POST /sign-out", Public, p.SignOut),
		to("GET /forgot-password", Public, p.ForgotPassword),
		to("GET /forgot-username", Public, p.ForgotUsername),

		to("GET /api/v1/session", User, s.api.Session),
	}
}
