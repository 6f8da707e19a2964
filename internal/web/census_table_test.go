package web_test

import (
	"net/url"
	"strings"
)

// reach says who may do what at a route of the census.
type reach int

const (
	// everybody: the address is for those who have not signed in, too, or for programs, and has no ID of
	// anybody's. What is in a form or a link is a secret of its own, with tests of its own.
	everybody reach = iota + 1
	// pending: it needs a sign-in in progress, which nobody here has.
	pending
	// signedIn: everybody who is signed in has one about themselves.
	signedIn
	// administrators have one about their own company.
	administrators
	// ofUser: it is about something of one user, and nobody else's.
	ofUser
	// ofCompany: it is about something of one company, for its administrators.
	ofCompany
	// ofSite: it is about a platform, which all companies of the site have.
	ofSite
)

// entry is a route of the census: at the address with the IDs of the first company, with a form that
// would do something there.
type entry struct {
	reach reach
	form  url.Values
	// endless: the answer to those who may does not end.
	endless bool
	// gone begins the address that it leads to when there is nothing to remove, or to confirm: nothing
	// tells that from something that was removed a moment ago.
	gone string
	// last: what it does is in the way of others.
	last bool
}

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

// table has every route: TestEveryAudience fails for one that is missing.
func (w *censusWorld) table() map[string]entry {
	t := map[string]entry{}
	put := func(r reach, patterns string) {
		for line := range strings.Lines(patterns) {
			if pattern := strings.TrimSpace(line); pattern != "" {
				t[pattern] = entry{reach: r}
			}
		}
	}
	put(everybody, `GET /static/
		GET /static/site/
		GET /static/site/platforms/{file}
		GET /robots.txt
		GET /.well-known/security.txt
		GET /.well-known/passkey-endpoints
		GET /.well-known/webauthn
		GET /.well-known/change-password
		GET /.well-known/openid-configuration
		POST /csp-report
		POST /device-session
		POST /device-session/refresh
		GET /{$}
		GET /sign-in
		POST /sign-in
		GET /sign-in/passkey/options
		POST /sign-in/passkey
		POST /sign-in/temporary-password
		POST /sign-out
		GET /terms
		GET /terms/{version}
		GET /forgot-password
		POST /forgot-password
		GET /forgot-password/challenge
		POST /forgot-password/challenge
		GET /forgot-password/sent
		GET /reset-password
		POST /reset-password
		GET /forgot-username
		POST /forgot-username
		GET /help
		GET /help/{page}
		GET /contact
		POST /contact
		GET /contact/sent
		GET /support/cases/open
		POST /support/cases/open
		POST /support/cases/open/confirm
		GET /support/cases/open/files/{attachment}
		GET /account/email/confirm
		POST /account/email/confirm
		GET /account/email/undo
		POST /account/email/undo
		GET /account/email/{done}
		GET /account/two-factor-reset
		POST /account/two-factor-reset
		PUT /api/v1/cards/{card}/users/{sub}
		DELETE /api/v1/cards/{card}/users/{sub}
		GET /api/v1/authorize-request
		GET /oauth2/jwks
		GET /oauth2/authorize
		POST /oauth2/authorize
		POST /oauth2/par
		POST /oauth2/token
		GET /oauth2/userinfo
		POST /oauth2/userinfo
		POST /oauth2/introspect
		POST /oauth2/revoke
		POST /oauth2/register
		GET /oauth2/register/{id}
		PUT /oauth2/register/{id}
		DELETE /oauth2/register/{id}
		GET /oauth2/logout
		POST /oauth2/logout
		GET /signed-out
		POST /oauth2/logout/confirm`)
	put(pending, `GET /sign-in/code
		POST /sign-in/code
		GET /sign-in/code/send
		POST /sign-in/code/send
		GET /sign-in/password
		POST /sign-in/password
		GET /sign-in/factor
		POST /sign-in/factor
		GET /sign-in/challenge
		POST /sign-in/challenge
		GET /sign-in/terms
		POST /sign-in/terms
		GET /sign-in/sole-user
		POST /sign-in/sole-user`)
	put(signedIn, `GET /search
		GET /support/cases
		GET /searches
		GET /searches/new
		POST /searches/new
		POST /home/cards
		GET /home/platforms
		POST /home/platforms
		GET /account
		GET /account/password
		POST /account/password
		GET /account/challenge
		POST /account/challenge
		GET /account/devices
		GET /account/security
		POST /account/security
		GET /account/sign-out-everywhere
		POST /account/sign-out-everywhere
		GET /account/platforms
		GET /account/activity
		GET /account/terms
		GET /step-up
		POST /step-up
		GET /account/profile
		POST /account/language
		POST /account/profile
		POST /account/email/send
		POST /account/email/drop
		GET /forward-auth
		GET /api/v1/session
		GET /account/security/apps
		POST /account/security/apps
		GET /account/security/passkeys
		POST /account/security/passkeys/create
		GET /account/security/passkeys/offer
		POST /account/security/passkeys/offer
		GET /account/security/phone
		POST /account/security/phone
		GET /account/security/recovery-codes
		POST /account/security/recovery-codes
		POST /oauth2/consent`)
	put(ofUser, `GET /support/cases/{number}
		POST /support/cases/{number}
		GET /support/cases/{number}/files/{attachment}
		GET /searches/{id}
		POST /searches/{id}
		POST /searches/{id}/hide
		POST /searches/{id}/delete
		POST /account/devices/{id}/remove
		POST /account/devices/{id}/end-trust
		POST /account/platforms/{id}/remove
		GET /account/activity/{id}/not-me
		POST /account/activity/{id}/not-me
		GET /account/terms/{id}
		GET /account/terms/{id}/download
		GET /account/security/apps/{id}
		POST /account/security/apps/{id}
		POST /account/security/apps/{id}/remove
		GET /account/security/passkeys/{id}
		POST /account/security/passkeys/{id}
		POST /account/security/passkeys/{id}/remove
		GET /account/security/phone/{id}
		POST /account/security/phone/{id}
		POST /account/security/phone/{id}/remove`)
	put(administrators, `GET /company/users
		POST /company/users/export
		GET /company/users/import
		POST /company/users/import
		GET /company/users/deleted
		GET /company/users/new
		POST /company/users/new
		GET /company/requests
		GET /company/bulk-acts
		POST /company/bulk-acts
		GET /company/details
		GET /company/policy
		GET /company/policy/preview
		POST /company/policy/preview
		POST /company/details
		GET /company/report
		GET /company/activity
		GET /company/files/{file}
		GET /company/platforms
		GET /company/enhanced-security
		POST /company/enhanced-security`)
	put(ofCompany, `GET /company/imports/{id}
		POST /company/imports/{id}
		POST /company/imports/{id}/columns
		POST /company/imports/{id}/discard
		GET /company/imports/{id}/events
		GET /company/users/{id}
		POST /company/users/{id}/email
		POST /company/users/{id}/devices/{device}/end-trust
		GET /company/users/{id}/reset-two-factor
		POST /company/users/{id}/reset-two-factor
		POST /company/users/{id}/sessions/{session}/end
		GET /company/users/{id}/activity
		POST /company/requests/{kind}/{user}
		GET /company/users/{id}/edit
		POST /company/users/{id}/edit
		GET /company/bulk-acts/{id}
		POST /company/bulk-acts/{id}
		GET /company/bulk-acts/{id}/events
		POST /company/users/{id}/messages/{message}/resend
		POST /company/platforms/{id}/requests/{user}
		GET /company/enrolments/{id}
		GET /company/enrolments/{id}/events`)
	for _, act := range []string{"invite", "invite-again", "unlock", "send-password", "activate", "deactivate", "make-administrator", "unmake-administrator", "sign-out", "delete", "restore"} {
		put(ofCompany, "GET /company/users/{id}/"+act+"\nPOST /company/users/{id}/"+act)
	}
	put(ofSite, `GET /account/platforms/{id}/ask
		POST /account/platforms/{id}/ask
		GET /company/platforms/{id}
		POST /company/platforms/{id}`)
	w.fillIn(t)
	return t
}

// fillIn adds what is special about some routes.
func (w *censusWorld) fillIn(t map[string]entry) {
	forms := map[string]url.Values{
		"POST /searches/new":                           form("search", "/company/users?q=x", "name", "Theirs", "share", "on"),
		"POST /searches/{id}":                          form("name", "Taken"),
		"POST /support/cases/{number}":                 form("text", "It is still so."),
		"POST /searches/{id}/hide":                     form("hidden", "yes"),
		"POST /account/profile":                        form("first_name", "Taken", "last_name", "Over"),
		"POST /account/security/apps/{id}":             form("name", "Taken", "code", "123456"),
		"POST /account/security/passkeys/{id}":         form("name", "Taken"),
		"POST /account/security/phone/{id}":            form("code", "123456"),
		"POST /company/users/new":                      form("first_name", "New", "last_name", "One", "username", "newone", "email", "new.one@northgate.example", "company_id", w.company, "role", "admin"),
		"POST /company/users/{id}/edit":                form("first_name", "Taken", "last_name", "Over", "username", "taken", "locale", ""),
		"POST /company/users/{id}/email":               form("email", "thief@evil.example"),
		"POST /company/users/{id}/delete":              form("confirm", "yes"),
		"POST /company/requests/{kind}/{user}":         form("answer", "yes"),
		"POST /company/bulk-acts":                      form("act", "deactivate", "user", w.user, "user", w.boss),
		"POST /company/bulk-acts/{id}":                 form("confirm", "yes"),
		"POST /company/platforms/{id}/requests/{user}": form("answer", "yes"),
		"POST /company/platforms/{id}":                 form("reach", "nobody"),
		"POST /company/imports/{id}/columns":           form("column", "username"),
		"POST /company/enhanced-security":              form("two_factor", "enabled", "confirm", "yes"),
		"POST /company/details":                        form("time_zone", "Europe/Berlin", "report", "off"),
		"POST /home/platforms":                         form("application", w.platform, "action", "up"),
	}
	for pattern, f := range forms {
		e := t[pattern]
		e.form = f
		t[pattern] = e
	}
	for pattern, to := range map[string]string{"POST /account/platforms/{id}/remove": "/account/platforms", "POST /account/security/apps/{id}/remove": "/account/security",
		"POST /account/security/passkeys/{id}/remove": "/account/security", "POST /account/security/phone/{id}/remove": "/account/security", "POST /account/security/phone/{id}": "/account/security"} {
		e := t[pattern]
		e.gone = to
		t[pattern] = e
	}
	for pattern, e := range t {
		e.endless = strings.HasSuffix(pattern, "/events")
		e.last = strings.HasSuffix(pattern, "/delete") || strings.HasSuffix(pattern, "/remove") || strings.HasSuffix(pattern, "/discard") || strings.HasSuffix(pattern, "/not-me")
		t[pattern] = e
	}
}
