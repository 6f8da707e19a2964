package journeys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// With Enhanced Security on, the code comes between the password and the platform, in a real
// browser, and the next platform asks for none.
func TestB17_WithEnhancedSecurityOnTheCodeLeadsOnToThePlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		s.Write(func(q store.Queries) error {
			_, err := q.SetTwoFactor(t.Context(), u.SiteID, u.CompanyID, gatehouse.EmailCodes(true), s.Clock.Now())
			return err
		})
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, "<!doctype html><title>Shop</title><link rel=icon href=data:,><h1>%s with a code: %t</h1>", r.FormValue("state"), r.FormValue("code") != "")
		}))
		t.Cleanup(shop.Close)
		callback := strings.Replace(shop.URL, "127.0.0.1", "shop.localhost", 1) + "/cb"
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.RedirectURIs = []string{callback} })
		p.config.RedirectURL = callback
		b := testkit.Browser(t)
		b.Open(p.ask())
		entersPassword(b, "Username", "msantos", password)
		b.See("Check your email")
		b.Fill("Six-digit code", mailedCode(t, s, u.Email))
		b.Press("Verify")
		b.See("state-1 with a code: true")
		b.Open(p.ask("state", "state-2", "prompt", "none"))
		b.See("state-2 with a code: true")
	})
}

// If something ends between two steps, the way to the platform ends too.
func TestB17_WhatEndsOnTheWayToAPlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		shop := newPlatform(t, s, nil)
		c := visitor(t, s, "meridian-uk")
		shop.config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // or the library tries once more, in another way
		page := c.Get(shop.ask())
		operator := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}
		st := s.Sites.ByID("meridian-uk")
		state := func(to gatehouse.ApplicationState) {
			if _, err := s.SSO.Change(t.Context(), st, operator, shop.app.ID, "", func(a *gatehouse.Application) { a.State = to }); err != nil {
				t.Fatal(err)
			}
		}
		state(gatehouse.ApplicationDisabled)
		page = c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password})
		if page.Status != 400 || page.Text("h1") != "We don’t know this application" || page.Find("#reference").Length() != 1 {
			t.Errorf("turned off during the sign-in: %d %q", page.Status, page.Text("main"))
		}
		state(gatehouse.ApplicationActive)
		code := shop.answered(c.Get(shop.ask())).Get("code")
		if err := s.Directory.Deactivate(t.Context(), st, operator, u.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := shop.config.Exchange(shop.ctx, code, oauth2.VerifierOption(pkceVerifier)); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a code of somebody who was deactivated: %v", err)
		}
	})
}
