package sso

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/trace"
)

// Authorization is a request at the authorization endpoint.
type Authorization struct {
	// Params are those of a new request; Waiting is the token of one that waited for a sign-in.
	Params  Params
	Waiting string
	// Browser is the value of the cookie that a waiting request is bound to; empty: none.
	Browser string
	// Session is the token of the session cookie; empty: none.
	Session string
	// Said is the user's answer on the consent page; nil: none.
	Said *Said
}

// Outcome is the outcome of an authorization request.
type Outcome struct {
	Do gatehouse.AuthorizationStep
	// Error is the subject of our page, for AuthorizationPage. Page says which page that is.
	Error gatehouse.OAuthError
	Page  PageKind
	// Application is the requesting one; it has no ID if it is unknown.
	Application gatehouse.Application
	Request     gatehouse.AuthorizationRequest
	// Waiting and Browser are the token of the waiting request and the value of its cookie, for
	// AuthorizationSignIn and AuthorizationConsent. Again: there is a session, but it is not
	// sufficient.
	Waiting, Browser string
	Again            bool
	// Answer is the response to the application, for AuthorizationCode and AuthorizationRefused.
	Answer Answer
}

// PageKind says which page of ours reports a bad request.
type PageKind string

// The pages.
const (
	PageClient   PageKind = "client"   // no such application
	PageRedirect PageKind = "redirect" // an address that is not the application's
	PageRequest  PageKind = "request"  // something else about the request
	PageOver     PageKind = "over"     // it waited for too long, or in another browser
	PageAnswered PageKind = "answered" // it was answered a while ago: somebody went back to it
)

// Answer is a response to an application through the browser.
type Answer struct {
	// URI is the application's address, FormPost how the values are sent.
	URI      string
	FormPost bool
	Values   url.Values
}

// Location returns the address with the values, for a response by redirect.
func (a Answer) Location() string {
	u, err := url.Parse(a.URI)
	if err != nil { // it was checked at registration
		return "/"
	}
	query := a.Values.Encode()
	if u.RawQuery != "" { // it stays as it was registered
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return u.String()
}

// Authorize answers an authorization request: with a code, an error for the application, a sign-in
// that has to come first, or a page.
//
// Errors: Unavailable.
func (s *Service) Authorize(ctx context.Context, st *site.Site, c gatehouse.Caller, in Authorization) (Outcome, error) {
	out, fault, err := s.asked(ctx, st, in)
	if err != nil || out.Page != "" {
		return out, err
	}
	facts, err := s.facts(ctx, st, s.Store.Read(), out.Application, in)
	if err != nil {
		return out, err
	}
	d := decide(ctx, st, out, fault, facts, s)
	switch d.Do {
	case gatehouse.AuthorizationCode:
		return s.issue(ctx, st, c, in, out)
	case gatehouse.AuthorizationSignIn:
		out.Do, out.Again = d.Do, facts.SignedIn()
		return s.wait(ctx, st, in, out)
	case gatehouse.AuthorizationConsent:
		out.Do = d.Do
		return s.wait(ctx, st, in, out)
	}
	if facts.Refused && d.Error == gatehouse.AccessDenied {
		err = s.saidNo(ctx, st, c, in, out)
	}
	return s.told(st, out, d), err
}

// decide is gatehouse.Authorize, after any fault of the request itself.
func decide(ctx context.Context, st *site.Site, out Outcome, fault gatehouse.OAuthError, facts gatehouse.AuthorizationFacts, s *Service) gatehouse.Decision {
	span := trace.Begin(ctx, trace.Rule, "authorize")
	defer span.End()
	d := gatehouse.Authorize(out.Application, out.Request, facts, st.Policy.For(facts.Policy).Session, s.Now())
	span.Say(trace.Decision, string(d.Do))
	if fault == "" {
		return d
	}
	if facts.SignedIn() || slices.Equal(out.Request.Prompts, []string{gatehouse.PromptNone}) {
		return gatehouse.Decision{Do: gatehouse.AuthorizationRefused, Error: fault}
	}
	return gatehouse.Decision{Do: gatehouse.AuthorizationPage, Error: fault}
}

// told returns the outcome of a decision without a code or a sign-in.
func (s *Service) told(st *site.Site, out Outcome, d gatehouse.Decision) Outcome {
	out.Do, out.Error = d.Do, d.Error
	switch d.Do {
	case gatehouse.AuthorizationPage:
		out.Page = PageRequest
	case gatehouse.AuthorizationRefused:
		out.Answer = answer(st, out.Request, "error", string(d.Error))
	}
	return out
}

// answer returns a response to the application. It always includes the issuer, so nobody can pass
// off one of our responses as another server's (RFC 9207).
func answer(st *site.Site, r gatehouse.AuthorizationRequest, name, value string) Answer {
	values := url.Values{name: {value}, "iss": {Issuer(st)}}
	if r.State != "" {
		values.Set("state", r.State)
	}
	return Answer{URI: r.RedirectURI, FormPost: r.ResponseMode == gatehouse.ResponseFormPost, Values: values}
}

// asked determines what is requested, and by which application: that, and where the response goes,
// is settled before anything else. An unknown application gets no response, and nobody is
// redirected to an address that is not the application's (RFC 9700 4.1.3, 4.11).
func (s *Service) asked(ctx context.Context, st *site.Site, in Authorization) (out Outcome, fault gatehouse.OAuthError, err error) {
	page := func(kind PageKind) (Outcome, gatehouse.OAuthError, error) {
		out.Do, out.Page = gatehouse.AuthorizationPage, kind
		return out, "", nil
	}
	id, waiting := in.Params.Get("client_id"), store.Authorization{}
	if in.Waiting != "" {
		waiting, err = s.Store.Read().Authorization(ctx, st.ID, secret.HashToken(in.Waiting))
		if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && (!sameHash(waiting.BrowserHash, in.Browser) || !s.Now().Before(waiting.ExpiresAt)) {
			return page(PageOver)
		}
		if err != nil {
			return out, "", err
		}
		if !gatehouse.MayAnswer(waiting.AnsweredAt, s.Now()) {
			return page(PageAnswered)
		}
		id = waiting.ApplicationID
	}
	if !couldBeID(id) {
		return page(PageClient)
	}
	a, err := s.Store.Read().Application(ctx, st.ID, id)
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound, err == nil && !a.Usable():
		return page(PageClient)
	case err != nil:
		return out, "", err
	}
	out.Application = a
	if out.Request = waiting.Request; in.Waiting == "" {
		out.Request, fault, err = s.newRequest(ctx, st, a, in.Params)
	}
	switch {
	case errors.Is(err, errRefused):
		return page(PageOver)
	case err != nil:
		return out, "", err
	case fault != "" && out.Request.RedirectURI == "":
		out.Error = fault
		return page(PageRequest)
	case !gatehouse.RedirectURIMatches(a, out.Request.RedirectURI):
		return page(PageRedirect)
	}
	return out, fault, nil
}

// readHint returns the subject of id_token_hint. An expired one is still valid as a hint.
func (s *Service) readHint(ctx context.Context, st *site.Site, a gatehouse.Application, p Params, out *gatehouse.AuthorizationRequest) (gatehouse.OAuthError, error) {
	hint := p.Get("id_token_hint")
	if hint == "" {
		return "", nil
	}
	r, err := s.ring(ctx, st)
	if err != nil {
		return "", err
	}
	claims, err := r.verify(hint, typeID)
	sub := textOf(claims, "sub")
	if err != nil || textOf(claims, "iss") != Issuer(st) || textOf(claims, "aud") != a.ID || out.Hinted != "" && out.Hinted != sub {
		return gatehouse.InvalidRequest, nil
	}
	out.Hinted = sub
	return "", nil
}

func sameHash(hash, token string) bool {
	return token != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(secret.HashToken(token))) == 1
}

// facts returns who is signed in, and that user's subject for the application.
func (s *Service) facts(ctx context.Context, st *site.Site, q store.Queries, a gatehouse.Application, in Authorization) (f gatehouse.AuthorizationFacts, err error) {
	if in.Session == "" {
		return f, nil
	}
	ses, u, c, err := q.Session(ctx, st.ID, secret.HashToken(in.Session))
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if !st.Policy.For(c.Policy).Session.Alive(ses.CreatedAt, ses.SeenAt, s.Now()) || !u.MaySignIn() {
		return f, nil
	}
	f = gatehouse.AuthorizationFacts{Session: ses, User: u, Policy: c.Policy, Subject: u.ID, MostLevel: gatehouse.MostLevel(st.Policy)}
	if f.Reach, err = q.Reach(ctx, st.ID, u.CompanyID, a.ID); err != nil {
		return f, err
	}
	if a.Settings.ThirdParty {
		if f.Grant, err = q.Grant(ctx, st.ID, u.ID, a.ID); err != nil {
			return f, err
		}
		in.Said.heard(&f, s.Now())
	}
	if a.Settings.Sector == "" {
		return f, nil
	}
	r, err := s.ring(ctx, st)
	if err == nil {
		f.Subject = gatehouse.Subject(a, u.ID, r.salt)
	}
	return f, err
}

// wait stores a request until its user has signed in. It is bound to the browser: a link to it is
// useless to anybody else, and cannot trick somebody into continuing another user's request.
func (s *Service) wait(ctx context.Context, st *site.Site, in Authorization, out Outcome) (Outcome, error) {
	if in.Waiting != "" { // it is already waiting
		out.Waiting, out.Browser = in.Waiting, in.Browser
		return out, nil
	}
	out.Waiting, out.Browser = secret.NewToken(), in.Browser
	if out.Browser == "" {
		out.Browser = secret.NewToken()
	}
	row := store.Authorization{SiteID: st.ID, ApplicationID: out.Application.ID, BrowserHash: secret.HashToken(out.Browser),
		Request: out.Request, ExpiresAt: s.Now().Add(gatehouse.AuthorizationLifetime)}
	return out, s.Store.Write(ctx, func(q store.Queries) error {
		return q.InsertAuthorization(ctx, secret.HashToken(out.Waiting), row)
	})
}

// issue makes a code, in one transaction with the last check of everything that it depends on.
func (s *Service) issue(ctx context.Context, st *site.Site, c gatehouse.Caller, in Authorization, out Outcome) (Outcome, error) {
	code := secret.NewToken()
	var d gatehouse.Decision
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		a, err := tx.Application(tx, st.ID, out.Application.ID)
		if err != nil {
			return err
		}
		out.Application = a
		facts, err := s.facts(tx, st, tx.Queries, a, in)
		if err != nil {
			return err
		}
		if d = decide(ctx, st, out, "", facts, s); d.Do != gatehouse.AuthorizationCode {
			return errRefused
		}
		now := tx.Now()
		if in.Waiting != "" {
			if there, err := tx.AnswerAuthorization(tx, st.ID, secret.HashToken(in.Waiting), now); err != nil || !there {
				d = gatehouse.Decision{Do: gatehouse.AuthorizationPage} // it has expired meanwhile
				return errors.Join(err, errRefused)
			}
		}
		err = tx.InsertFamily(tx, secret.HashToken(code), gatehouse.TokenFamily{
			ID: store.NewID("fam", now), SiteID: st.ID, ApplicationID: a.ID, UserID: facts.User.ID, SessionID: facts.Session.ID, Subject: facts.Subject,
			CreatedAt: now, EndsAt: now.Add(codeKept), Terms: gatehouse.FamilyTerms{Scopes: out.Request.Granted(a), RedirectURI: out.Request.RedirectURI,
				Challenge: out.Request.Challenge, Nonce: out.Request.Nonce, Claims: out.Request.Claims, JKT: out.Request.JKT, Resources: out.Request.Resources},
		})
		if err != nil {
			return err
		}
		if err := s.keepGrant(tx, a, facts); err != nil {
			return err
		}
		return tx.Record(facts.User, gatehouse.EventApplicationSignIn, gatehouse.ResultOK, about(a, "name", a.Name))
	})
	switch {
	case errors.Is(err, errRefused) && d.Do == gatehouse.AuthorizationPage && d.Error == "":
		out.Do, out.Page = d.Do, PageOver
		return out, nil
	case errors.Is(err, errRefused) && (d.Do == gatehouse.AuthorizationSignIn || d.Do == gatehouse.AuthorizationConsent):
		out.Do = d.Do
		return s.wait(ctx, st, in, out)
	case errors.Is(err, errRefused):
		return s.told(st, out, d), nil
	case err != nil:
		return out, err
	}
	out.Do, out.Answer = gatehouse.AuthorizationCode, answer(st, out.Request, "code", code)
	return out, nil
}
