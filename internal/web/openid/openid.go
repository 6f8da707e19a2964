// Package openid answers for a site's OpenID provider over HTTP: the addresses of the protocol,
// and the few pages that belong to it. Programs get JSON, in the terms of the protocol; people
// see pages. A handler reads the request, asks internal/sso, and writes the result.
package openid

import (
	"embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Templates are the pages, for ui.New.
//
//go:embed *.html
var Templates embed.FS

// Provider holds the handlers.
type Provider struct {
	SSO    *sso.Service
	SignIn *signin.Service
	Pages  *ui.Pages
	Now    func() time.Time

	discoveries sync.Map // a site's ID -> discovery
}

// discovery is the document of a site as last loaded.
type discovery struct {
	site *site.Site
	doc  sso.Document
}

func (p *Provider) page(w http.ResponseWriter, r *http.Request, status int, view ui.View) error {
	return p.Pages.Write(w, r, status, p.Now(), view)
}

// Discovery answers with the provider's metadata. It is made once per site.
func (p *Provider) Discovery(w http.ResponseWriter, r *http.Request) error {
	st := ui.VisitOf(r).Site
	if made, ok := p.discoveries.Load(st.ID); ok && made.(discovery).site == st {
		return serve(w, r, made.(discovery).doc)
	}
	doc, err := sso.Discovery(st)
	if err != nil {
		return err
	}
	p.discoveries.Store(st.ID, discovery{st, doc})
	return serve(w, r, doc)
}

// JWKS answers with the site's public keys.
func (p *Provider) JWKS(w http.ResponseWriter, r *http.Request) error {
	doc, err := p.SSO.JWKS(r.Context(), ui.VisitOf(r).Site)
	if err != nil {
		return err
	}
	return serve(w, r, doc)
}

// serve answers with something that is the same for everybody. Others may cache it for a
// part of the time for which a new key is published before it signs.
func serve(w http.ResponseWriter, r *http.Request, doc sso.Document) error {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", doc.ETag)
	h.Del("Vary")
	if strings.Contains(r.Header.Get("If-None-Match"), doc.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(doc.Body))) // else a long one is sent in chunks
	_, err := w.Write(doc.Body)
	return err
}

// answerJSON answers a program. The answer is for nobody else (RFC 6749 5.1).
func answerJSON(w http.ResponseWriter, status int, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(v)
}

// answerProblem tells a program what is wrong (RFC 6749 5.2).
func answerProblem(w http.ResponseWriter, status int, e *sso.ProtocolError) error {
	return answerJSON(w, status, map[string]string{"error": string(e.Reason), "error_description": e.Says})
}

// form reads the parameters of a request that posts a form; those of the address are
// ignored, so that no secret is ever put there (OAuth 2.1 2.4.1).
func form(r *http.Request) (sso.Params, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return sso.Params{}, &sso.ProtocolError{Reason: gatehouse.InvalidRequest, Says: "the body is not application/x-www-form-urlencoded"}
	}
	if err := r.ParseForm(); err != nil {
		return sso.Params{}, &sso.ProtocolError{Reason: gatehouse.InvalidRequest, Says: "the body cannot be read"}
	}
	return sso.ReadParams(r.PostForm), nil
}

// Push keeps a request that an application hands over itself (RFC 9126).
func (p *Provider) Push(w http.ResponseWriter, r *http.Request) error {
	return p.program(w, r, http.StatusCreated, func(v *ui.Visit, params sso.Params) (any, error) {
		return p.SSO.Push(r.Context(), v.Site, v.Caller(r), headers(r), params)
	})
}

// Token answers at the token endpoint.
func (p *Provider) Token(w http.ResponseWriter, r *http.Request) error {
	return p.program(w, r, http.StatusOK, func(v *ui.Visit, params sso.Params) (any, error) {
		return p.SSO.Token(r.Context(), v.Site, v.Caller(r), headers(r), params)
	})
}

// Introspect says whether a token is valid (RFC 7662).
func (p *Provider) Introspect(w http.ResponseWriter, r *http.Request) error {
	return p.program(w, r, http.StatusOK, func(v *ui.Visit, params sso.Params) (any, error) {
		return p.SSO.Introspect(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), params)
	})
}

// Revoke ends a token (RFC 7009).
func (p *Provider) Revoke(w http.ResponseWriter, r *http.Request) error {
	return p.program(w, r, http.StatusOK, func(v *ui.Visit, params sso.Params) (any, error) {
		return struct{}{}, p.SSO.Revoke(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), params)
	})
}

func headers(r *http.Request) sso.Headers {
	return sso.Headers{Authorization: r.Header.Get("Authorization"), DPoP: r.Header.Values("DPoP")}
}

// program answers a program that posts a form and authenticates itself; done is the status
// on success.
func (p *Provider) program(w http.ResponseWriter, r *http.Request, done int, do func(*ui.Visit, sso.Params) (any, error)) error {
	params, err := form(r)
	var out any
	if err == nil {
		out, err = do(ui.VisitOf(r), params)
	}
	var e *sso.ProtocolError
	switch {
	case err == nil:
		return answerJSON(w, done, out)
	case !errors.As(err, &e):
		return err
	}
	status := http.StatusBadRequest
	switch {
	case e.RetryAfter > 0:
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", retryAfter(e.RetryAfter))
	case e.Reason == gatehouse.InvalidClient:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Basic realm="OAuth"`)
	}
	return answerProblem(w, status, e)
}

// asked are the parameters in the address of a request.
func asked(r *http.Request) (sso.Params, bool) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	return sso.ReadParams(values), err == nil
}

// mostPosted is the maximum length of an address made from a posted request.
const mostPosted = 16 << 10

// Reopen turns a request posted by another site's page into one that is opened: only then does
// the browser send this site's cookies (SameSite=Lax).
func (p *Provider) Reopen(w http.ResponseWriter, r *http.Request) error {
	_, err := form(r)
	query := r.PostForm.Encode()
	if err != nil || len(query) > mostPosted {
		return p.page(w, r, http.StatusBadRequest, Refused{Kind: sso.PageRequest, Error: gatehouse.InvalidRequest})
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, r.URL.Path+"?"+query, http.StatusSeeOther)
	return nil
}
