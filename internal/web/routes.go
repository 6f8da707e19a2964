package web

import (
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/portal"
	"gatehouse/internal/web/ui"
)

// Audience is who a route is for. It alone decides the guard.
type Audience int

// The audiences.
const (
	// Assets: files that are the same for everyone; no cookie is read.
	Assets Audience = iota + 1
	// Reports: browsers, about pages of this site; no cookie is read, and none is a form.
	Reports
	// Browsers: browsers themselves, about the session that they have; no page sends this, so it
	// is no form. What a script cannot send takes the place of the form's token.
	Browsers
	// Protocol: programs that authenticate themselves, and pages of other sites, by the rules
	// of OpenID Connect. No cookie is read, so nothing is done in a user's name.
	Protocol
	// Proxies: programs that ask about somebody's request; the only cookie that is read
	// is the one for forward authentication.
	Proxies
	// Public: everybody, signed in or not.
	Public
	// Pending: anyone who has a sign-in in progress.
	Pending
	// User: anyone who has a session.
	User
	// Admin: administrators of a company, for the pages about it.
	Admin
	// Operator: operators whose role is good for the act that the route names. There is no such
	// route on a site's host.
	Operator
)

// handler makes a page. An error becomes a page in fail.go.
type handler func(w http.ResponseWriter, r *http.Request) error

type route struct {
	pattern  string
	audience Audience
	handle   handler
	// stands is the page with the form of a POST, if that is not the nearest page at or
	// above its own address.
	stands string
	// leaves: it only ends what this browser has open.
	leaves bool
	// asks is whether it asks for fresh proof of who the user is.
	asks asking
	// takes is the size of the file that the form has, in bytes; 0: it has none.
	takes int64
	// act is what operators must be good for; empty: none is.
	act gatehouse.OperatorAct
	// shared: it is there on the operators' host, too.
	shared bool
}

// to makes a route. The audience has no default: a route without one does not
// compile.
func to(pattern string, a Audience, h handler) route {
	return route{pattern: pattern, audience: a, handle: h}
}

// needs says what operators must be good for.
func (to route) needs(act gatehouse.OperatorAct) route {
	to.act = act
	return to
}

// shared makes routes that the operators' host has, too. All others are on the hosts of one kind:
// those of the operators on theirs, and the rest on the sites'.
func shared(routes []route) []route {
	for i := range routes {
		routes[i].shared = true
	}
	return routes
}

// on says which page has the form.
func (to route) on(page string) route {
	to.stands = page
	return to
}

// leaving makes a route that works from any page of this site, however old.
func (to route) leaving() route {
	to.leaves = true
	return to
}

// siteStatic is where the files generated from a site's look are.
const siteStatic = ui.StaticPrefix + "site/"

// routes is every address that a host answers.
func (s *Server) routes() []route {
	return slices.Concat(shared(s.signInRoutes()), s.strangerRoutes(), s.caseRoutes(), shared(s.searchRoutes()), s.homeRoutes(), shared(s.securityRoutes()), s.accountRoutes(),
		shared(s.factorRoutes()), s.companyRoutes(), s.openIDRoutes(), s.operatorRoutes())
}

// signInRoutes are about signing in, and for everybody.
func (s *Server) signInRoutes() []route {
	p := s.portal
	return []route{
		to("GET "+ui.StaticPrefix, Assets, plain(ui.Static())),
		to("GET "+siteStatic, Assets, siteAsset),
		to("GET /robots.txt", Assets, robots),
		to("GET /.well-known/security.txt", Assets, s.securityText),
		to("GET /.well-known/passkey-endpoints", Assets, p.PasskeyEndpoints),
		to("GET /.well-known/webauthn", Assets, p.RelatedOrigins),
		to("POST /csp-report", Reports, s.takeReport),
		to("POST /device-session", Browsers, p.BindSession),
		to("POST /device-session/refresh", Browsers, p.RefreshSession),

		to("GET /{$}", Public, p.Home),
		to("GET /sign-in", Public, p.SignInPage),
		to("POST /sign-in", Public, p.SignInSubmit),
		to("GET /sign-in/passkey/options", Public, p.PasskeyOptions),
		to("POST /sign-in/passkey", Public, p.PasskeySubmit),
		to("POST /sign-in/temporary-password", Public, p.MailTemporary),
		to("GET /sign-in/code", Pending, p.Step),
		to("POST /sign-in/code", Pending, p.EnterCode),
		to("GET /sign-in/code/send", Pending, p.Step),
		to("POST /sign-in/code/send", Pending, p.SendCode).on("/sign-in/code"),
		to("GET /sign-in/password", Pending, p.Step),
		to("POST /sign-in/password", Pending, p.ChoosePassword),
		to("GET /sign-in/factor", Pending, p.Step),
		to("POST /sign-in/factor", Pending, p.SetUpFactor),
		to("POST /sign-out", Public, p.SignOut).leaving(),
		to("GET /reset-password", Public, p.ResetPassword),
		to("POST /reset-password", Public, p.ResetPasswordSubmit),
	}
}

// strangerRoutes are for signing in to a site, and for those who cannot.
func (s *Server) strangerRoutes() []route {
	p := s.portal
	return []route{
		to("GET "+siteStatic+"platforms/{file}", Assets, s.platformLogo),
		to("GET /sign-in/challenge", Pending, p.Step),
		to("POST /sign-in/challenge", Pending, p.SetFirstChallenge),
		to("GET /sign-in/terms", Pending, p.Step),
		to("POST /sign-in/terms", Pending, p.AcceptTerms),
		to("GET /sign-in/sole-user", Pending, p.Step),
		to("POST /sign-in/sole-user", Pending, p.AnswerSoleUser),
		to("GET /terms", Public, p.Terms),
		to("GET /terms/{version}", Public, p.Terms),

		to("GET /forgot-password", Public, p.ForgotPassword),
		to("POST /forgot-password", Public, p.ForgotPasswordSubmit),
		to("GET /forgot-password/challenge", Public, p.ForgotChallenge),
		to("POST /forgot-password/challenge", Public, p.ForgotChallengeSubmit),
		to("GET /forgot-password/sent", Public, p.ForgotSent),
		to("GET /forgot-username", Public, p.ForgotUsername),
		to("POST /forgot-username", Public, p.ForgotUsernameSubmit),

		to("GET /help", Public, p.Help),
		to("GET /help/{page}", Public, p.HelpPage),
		to("GET /contact", Public, p.Contact),
		to("POST /contact", Public, p.ContactSubmit).taking(portal.MostUpload),
		to("GET /contact/sent", Public, p.ContactSent),
	}
}

// caseRoutes are what people have asked support, and its answers.
func (s *Server) caseRoutes() []route {
	p := s.portal
	return []route{
		to("GET /support/cases", User, p.Cases),
		to("GET /support/cases/open", Public, p.OpenCase),
		to("POST /support/cases/open", Public, p.ReplyToOpenCase).taking(portal.MostUpload),
		to("POST /support/cases/open/confirm", Public, p.ConfirmCase).on("/support/cases/open"),
		to("GET /support/cases/open/files/{attachment}", Public, p.OpenCaseFile),
		to("GET /support/cases/{number}", User, p.Case),
		to("POST /support/cases/{number}", User, p.ReplyToCase).taking(portal.MostUpload),
		to("GET /support/cases/{number}/files/{attachment}", User, p.CaseFile),
	}
}

// homeRoutes are home and search, for every signed-in user.
func (s *Server) homeRoutes() []route {
	p := s.portal
	return []route{
		to("GET /search", User, p.Search),
		to("POST /home/cards", User, p.ArrangeHome),
		to("GET /home/platforms", User, p.Platforms),
		to("POST /home/platforms", User, p.MovePlatform),
	}
}

// securityRoutes are what keeps a user's own account safe.
func (s *Server) securityRoutes() []route {
	p := s.portal
	return []route{
		to("GET /account", User, p.MyAccount),
		to("GET /account/password", User, p.Password).provingFactor(),
		to("POST /account/password", User, p.ChangePassword).provingFactor(),
		to("GET /account/devices", User, p.Devices),
		to("POST /account/devices/{id}/remove", User, p.RemoveDevice),
		to("POST /account/devices/{id}/end-trust", User, p.EndTrust),
		to("GET /account/security", User, p.Security),
		to("POST /account/security", User, p.SaveSecurity).provingSome(),
		to("GET /account/sign-out-everywhere", User, p.AskSignOutEverywhere),
		to("POST /account/sign-out-everywhere", User, p.SignOutEverywhere),
		to("GET /account/activity", User, p.Activity),
		to("GET /account/activity/{id}/not-me", User, p.AskNotMe),
		to("POST /account/activity/{id}/not-me", User, p.NotMe),
		to("GET /step-up", User, p.StepUp),
		to("POST /step-up", User, s.stepUp),
		to("GET /.well-known/change-password", Public, p.ChangePasswordAddress),
		to("POST /account/language", User, p.SetLanguage).on(whereReturnLeads),
		to("GET /account/two-factor-reset", Public, p.StopReset),
		to("POST /account/two-factor-reset", Public, p.StopResetSubmit),
	}
}

// accountRoutes are what else users do with their own account.
func (s *Server) accountRoutes() []route {
	p := s.portal
	return []route{
		to("GET /account/challenge", User, p.Challenge).provingFactor(),
		to("POST /account/challenge", User, p.SetChallenge).provingFactor(),
		to("GET /account/platforms", User, p.MyPlatforms),
		to("POST /account/platforms/{id}/remove", User, p.RemoveAccess),
		to("GET /account/platforms/{id}/ask", User, p.NoAccess),
		to("POST /account/platforms/{id}/ask", User, p.AskAccess),
		to("GET /account/terms", User, p.AcceptedTerms),
		to("GET /account/terms/{id}", User, p.AcceptedText),
		to("GET /account/terms/{id}/download", User, p.DownloadAccepted),

		to("GET /account/profile", User, p.Profile),
		to("POST /account/profile", User, p.SaveProfile).provingSome(),
		to("POST /account/email/send", User, p.SendConfirmation).on("/account/profile"),
		to("POST /account/email/drop", User, p.DropEmailChange).on("/account/profile"),
		to("GET /account/email/confirm", Public, p.ConfirmEmail),
		to("POST /account/email/confirm", Public, p.ConfirmEmailSubmit),
		to("GET /account/email/undo", Public, p.UndoEmail),
		to("POST /account/email/undo", Public, p.UndoEmailSubmit),
		to("GET /account/email/{done}", Public, p.EmailDone),
		to("GET /forward-auth", User, p.Forward),

		to("GET /api/v1/session", User, s.api.Session),
		to("PUT /api/v1/cards/{card}/users/{sub}", Protocol, s.api.PutCard),
		to("DELETE /api/v1/cards/{card}/users/{sub}", Protocol, s.api.DeleteCard),
		to("GET /api/v1/authorize-request", Proxies, s.api.AuthorizeRequest),
	}
}

// factorRoutes are for a user's own second factors.
func (s *Server) factorRoutes() []route {
	p := s.portal
	return []route{
		to("GET /account/security/apps", User, p.NewApp).proving(),
		to("POST /account/security/apps", User, p.BeginApp).proving(),
		to("GET /account/security/apps/{id}", User, p.App).proving(),
		to("POST /account/security/apps/{id}", User, p.ChangeApp).proving(),
		to("POST /account/security/apps/{id}/remove", User, p.RemoveApp).proving(),
		to("GET /account/security/passkeys", User, p.NewPasskey).proving(),
		to("POST /account/security/passkeys/create", User, p.CreatePasskey).on("/account/security/passkeys"),
		to("GET /account/security/passkeys/offer", User, p.OfferedPasskey),
		to("POST /account/security/passkeys/offer", User, p.PutOffPasskeys).on("/"),
		to("GET /account/security/passkeys/{id}", User, p.Passkey).proving(),
		to("POST /account/security/passkeys/{id}", User, p.RenamePasskey).proving(),
		to("POST /account/security/passkeys/{id}/remove", User, p.RemovePasskey).proving(),
		to("GET /account/security/phone", User, p.NewPhone).proving(),
		to("POST /account/security/phone", User, p.BeginPhone).proving(),
		to("GET /account/security/phone/{id}", User, p.Phone).proving(),
		to("POST /account/security/phone/{id}", User, p.ConfirmPhone).proving(),
		to("POST /account/security/phone/{id}/remove", User, p.RemovePhone).proving(),
		to("GET /account/security/recovery-codes", User, p.RecoveryCodes).proving(),
		to("POST /account/security/recovery-codes", User, p.NewRecoveryCodes).proving(),
	}
}

// companyRoutes are for a company's administrators.
func (s *Server) companyRoutes() []route {
	c := s.console
	return append(s.actRoutes(), []route{
		to("GET /company/users", Admin, c.Users),
		to("POST /company/users/export", Admin, c.ExportUsers).on("/company/users"),
		to("GET /company/users/import", Admin, c.ImportPage).proving(),
		to("POST /company/users/import", Admin, c.ImportUpload).proving().taking(directory.MaxImportFile),
		to("GET /company/imports/{id}", Admin, c.Import),
		to("POST /company/imports/{id}", Admin, c.ImportConfirm).proving(),
		to("POST /company/imports/{id}/columns", Admin, c.ImportColumns),
		to("POST /company/imports/{id}/discard", Admin, c.ImportDiscard),
		to("GET /company/imports/{id}/events", Admin, c.ImportEvents),
		to("GET /company/users/{id}", Admin, c.User).provingSome(),
		to("POST /company/users/{id}/email", Admin, c.CorrectEmail).proving(),
		to("POST /company/users/{id}/devices/{device}/end-trust", Admin, c.EndTrust),
		to("GET /company/users/{id}/reset-two-factor", Admin, c.AskResetTwoFactor).proving(),
		to("POST /company/users/{id}/reset-two-factor", Admin, c.ResetTwoFactor).proving(),
		to("POST /company/users/{id}/sessions/{session}/end", Admin, c.EndSession).proving(),
		to("GET /company/users/{id}/activity", Admin, c.UserActivity),
		to("GET /company/users/deleted", Admin, c.Deleted),
		to("GET /company/requests", Admin, c.Requests),
		to("POST /company/requests/{kind}/{user}", Admin, c.AnswerRequest).on("/company/requests"),
		to("GET /company/users/new", Admin, c.NewUser).proving(),
		to("POST /company/users/new", Admin, c.AddUser).proving(),
		to("GET /company/users/{id}/edit", Admin, c.EditUser).proving(),
		to("POST /company/users/{id}/edit", Admin, c.SaveUser).proving(),
		to("GET /company/bulk-acts", Admin, c.BulkActs),
		to("POST /company/bulk-acts", Admin, c.ProposeBulkAct).on("/company/users"),
		to("GET /company/bulk-acts/{id}", Admin, c.BulkAct).provingSome(),
		to("POST /company/bulk-acts/{id}", Admin, c.BeginBulkAct).proving(),
		to("GET /company/bulk-acts/{id}/events", Admin, c.BulkActEvents),
		to("POST /company/users/{id}/messages/{message}/resend", Admin, c.Resend),

		to("GET /company/details", Admin, c.Details),
		to("GET /company/report", Admin, c.Report),
		to("POST /company/details", Admin, c.SaveDetails).proving(),
		to("GET /company/policy", Admin, c.Policy),
		to("GET /company/policy/preview", Admin, c.AskPolicy).proving(),
		to("POST /company/policy/preview", Admin, c.SetPolicy).proving(),
		to("GET /company/activity", Admin, c.Activity),
		to("GET /company/files/{file}", Admin, c.ActivityFile),

		to("GET /company/platforms", Admin, c.Platforms),
		to("GET /company/platforms/{id}", Admin, c.Platform),
		to("POST /company/platforms/{id}", Admin, c.SetReach).proving(),
		to("POST /company/platforms/{id}/requests/{user}", Admin, c.AnswerAccess).on("/company/platforms").proving(),

		to("GET /company/enhanced-security", Admin, c.EnhancedSecurity).provingSome(),
		to("POST /company/enhanced-security", Admin, c.SetTwoFactor).provingSome(),
		to("GET /company/enrolments/{id}", Admin, c.Enrolment),
		to("GET /company/enrolments/{id}/events", Admin, c.EnrolmentEvents),
	}...)
}

// actRoutes are the acts of administrators on one user: a page that asks, and its form.
func (s *Server) actRoutes() []route {
	c := s.console
	return []route{
		to("GET /company/users/{id}/invite", Admin, c.Asks(gatehouse.ActInvite)).proving(),
		to("POST /company/users/{id}/invite", Admin, c.Does(gatehouse.ActInvite)).proving(),
		to("GET /company/users/{id}/invite-again", Admin, c.Asks(gatehouse.ActInviteAgain)).proving(),
		to("POST /company/users/{id}/invite-again", Admin, c.Does(gatehouse.ActInviteAgain)).proving(),
		to("GET /company/users/{id}/unlock", Admin, c.Asks(gatehouse.ActUnlock)).proving(),
		to("POST /company/users/{id}/unlock", Admin, c.Does(gatehouse.ActUnlock)).proving(),
		to("GET /company/users/{id}/send-password", Admin, c.Asks(gatehouse.ActPassword)).proving(),
		to("POST /company/users/{id}/send-password", Admin, c.Does(gatehouse.ActPassword)).proving(),
		to("GET /company/users/{id}/activate", Admin, c.Asks(gatehouse.ActActivate)).proving(),
		to("POST /company/users/{id}/activate", Admin, c.Does(gatehouse.ActActivate)).proving(),
		to("GET /company/users/{id}/deactivate", Admin, c.Asks(gatehouse.ActDeactivate)).proving(),
		to("POST /company/users/{id}/deactivate", Admin, c.Does(gatehouse.ActDeactivate)).proving(),
		to("GET /company/users/{id}/make-administrator", Admin, c.Asks(gatehouse.ActMakeAdmin)).proving(),
		to("POST /company/users/{id}/make-administrator", Admin, c.Does(gatehouse.ActMakeAdmin)).proving(),
		to("GET /company/users/{id}/unmake-administrator", Admin, c.Asks(gatehouse.ActUnmakeAdmin)).proving(),
		to("POST /company/users/{id}/unmake-administrator", Admin, c.Does(gatehouse.ActUnmakeAdmin)).proving(),
		to("GET /company/users/{id}/sign-out", Admin, c.Asks(gatehouse.ActSignOut)).proving(),
		to("POST /company/users/{id}/sign-out", Admin, c.Does(gatehouse.ActSignOut)).proving(),
		to("GET /company/users/{id}/delete", Admin, c.Asks(gatehouse.ActDelete)).proving(),
		to("POST /company/users/{id}/delete", Admin, c.Does(gatehouse.ActDelete)).proving(),
		to("GET /company/users/{id}/restore", Admin, c.Asks(gatehouse.ActRestore)).proving(),
		to("POST /company/users/{id}/restore", Admin, c.Does(gatehouse.ActRestore)).proving(),
	}
}

// openIDRoutes are the addresses of the site's OpenID provider.
func (s *Server) openIDRoutes() []route {
	o := s.openid
	return []route{
		to("GET /.well-known/openid-configuration", Protocol, o.Discovery),
		to("GET /oauth2/jwks", Protocol, o.JWKS),
		to("GET /oauth2/authorize", Public, o.Authorize),
		to("POST /oauth2/authorize", Protocol, o.Reopen),
		to("POST /oauth2/consent", User, o.Consent).on("/oauth2/authorize"),
		to("POST /oauth2/par", Protocol, o.Push),
		to("POST /oauth2/token", Protocol, o.Token),
		to("GET /oauth2/userinfo", Protocol, o.Userinfo),
		to("POST /oauth2/userinfo", Protocol, o.Userinfo),
		to("POST /oauth2/introspect", Protocol, o.Introspect),
		to("POST /oauth2/revoke", Protocol, o.Revoke),
		to("POST /oauth2/register", Protocol, o.Register),
		to("GET /oauth2/register/{id}", Protocol, o.Registration),
		to("PUT /oauth2/register/{id}", Protocol, o.ChangeRegistration),
		to("DELETE /oauth2/register/{id}", Protocol, o.EndRegistration),
		to("GET /oauth2/logout", Public, o.Logout),
		to("POST /oauth2/logout", Protocol, o.Reopen),
		to("GET /signed-out", Public, o.SignedOut),
		to("POST /oauth2/logout/confirm", Public, o.ConfirmLogout).on("/oauth2/logout"),
	}
}
