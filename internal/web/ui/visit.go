package ui

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// Visit is what the server knows about a request before a handler sees it.
type Visit struct {
	Site *site.Site
	Lang string
	// Chosen is the language chosen in this browser; empty: none.
	Chosen string
	// Reference is what error pages show and log lines carry (C12).
	Reference string
	// IPAddress is the visitor's, as far as trusted proxies tell.
	IPAddress string
	// Secure: the visitor's connection is https.
	Secure bool
	// Session, User and Company are nil for a visitor who has not signed in.
	Session *gatehouse.Session
	User    *gatehouse.User
	Company *gatehouse.Company
	// Pending is the sign-in in progress, and Step what it must do next; only on pages
	// for a sign-in in progress.
	Pending *gatehouse.SignInFacts
	Step    gatehouse.Step
	// Waiting is as in Frame.
	Waiting int
	// SessionToken, SignInToken and DeviceToken are the cookies' values; empty
	// if there is none.
	SessionToken, SignInToken, DeviceToken string
	// StrayToken is the value of the session's cookie in place of SessionToken if the session is
	// tied to a device, and the request has not shown to come from there. It is good for ending the
	// session, and for nothing else.
	StrayToken string
	// Token makes the token for the forms of a page (ASVS 3.5.1), from the addresses
	// that they post to.
	Token func(actions []string) string
	// Again is set if a form comes back.
	Again *Again
	// Proved: there is fresh proof of who the user is; only known on routes that ask for it. Kept
	// is the form that waits for it.
	Proved bool
	Kept   Kept
	// Post identifies the posted form and the browser that posts it; see
	// gatehouse.Caller.
	Post string
	// Parts are the files of a form, from the first one on, on routes that take any.
	Parts *Parts
	// SessionEnded: there was a session cookie, but its session has ended.
	SessionEnded bool
}

// EndableToken is the token of the session that a sign-out in this browser ends; empty: none.
func (v *Visit) EndableToken() string { return cmp.Or(v.SessionToken, v.StrayToken) }

type visitKey struct{}

// WithVisit returns the request with its visit.
func WithVisit(ctx context.Context, r *http.Request, v *Visit) *http.Request {
	return r.WithContext(context.WithValue(ctx, visitKey{}, v))
}

// VisitOf returns the visit of a request; an empty one if there is none.
func VisitOf(r *http.Request) *Visit {
	if v, ok := r.Context().Value(visitKey{}).(*Visit); ok {
		return v
	}
	return &Visit{}
}

// Caller is the caller of a visit: its user, or a visitor.
func (v *Visit) Caller(r *http.Request) gatehouse.Caller {
	c := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: v.IPAddress, UserAgent: clip(r.UserAgent(), 300), Reference: v.Reference,
		DeviceToken: v.DeviceToken, Post: v.Post}
	if v.Site != nil {
		c.SiteID = v.Site.ID
	}
	if v.Session != nil {
		c.Kind, c.CompanyID, c.UserID = gatehouse.SignedIn, v.Session.CompanyID, v.Session.UserID
		c.Role, c.Name, c.Proved = v.User.Role, v.User.Username, v.Proved
	}
	return c
}

func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return string([]rune(s))
}

// Write renders a page for a request and answers with it.
func (p *Pages) Write(w http.ResponseWriter, r *http.Request, status int, now time.Time, view View) error {
	v := VisitOf(r)
	body, err := p.page(Frame{
		Site: v.Site, Lang: v.Lang, Path: r.URL.RequestURI(), Now: now, Reference: v.Reference,
		Token: v.Token, Again: v.Again, User: v.User, Company: v.Company, Waiting: v.Waiting,
	}, status, view)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body))) // known, so it is sent in one piece
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // a visitor who has gone need not be told
	return nil
}
