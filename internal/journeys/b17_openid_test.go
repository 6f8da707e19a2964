package journeys

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// The address of the test's platform. Nobody listens there: the answer is read from the
// address at which the browser ends.
const platformCallback = "http://shop.localhost:9/cb"

// platform is an application that speaks OpenID Connect with a library that is not ours.
type platform struct {
	t        *testing.T
	s        *testkit.Server
	app      gatehouse.Application
	config   oauth2.Config
	provider *oidc.Provider
	ctx      context.Context
}

// newPlatform registers an application at Meridian UK and has it find the provider.
func newPlatform(t *testing.T, s *testkit.Server, change func(*gatehouse.ApplicationSettings)) *platform {
	t.Helper()
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs = []string{platformCallback}
	settings.PostLogoutRedirectURIs = []string{"http://shop.localhost:9/bye"}
	settings.Grants = append(settings.Grants, gatehouse.GrantRefresh)
	if change != nil {
		change(&settings)
	}
	app, secret, err := s.SSO.Create(t.Context(), s.Sites.ByID("meridian-uk"), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, "Shop", settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx := oidc.ClientContext(t.Context(), here(t, s))
	provider, err := oidc.NewProvider(ctx, s.URL("meridian-uk", ""))
	if err != nil {
		t.Fatal(err)
	}
	return &platform{t: t, s: s, app: app, ctx: ctx, provider: provider, config: oauth2.Config{ClientID: app.ID, ClientSecret: secret,
		Endpoint: provider.Endpoint(), RedirectURL: platformCallback, Scopes: []string{"openid", "profile", "email", "company"}}}
}

// here is a client for programs, which finds the server under every name.
func here(t *testing.T, s *testkit.Server) *http.Client {
	t.Helper()
	trust, err := testkit.TrustServers()
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: trust, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Addr)
	}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

const pkceVerifier = "verifier-verifier-verifier-verifier-verifier-0123"

// ask is the address that the platform sends a browser to.
func (p *platform) ask(changed ...string) string {
	u, _ := url.Parse(p.config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(pkceVerifier), oidc.Nonce("nonce-1")))
	query := u.Query()
	for i := 0; i+1 < len(changed); i += 2 {
		query.Set(changed[i], changed[i+1])
		if changed[i+1] == "" {
			query.Del(changed[i])
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// answered is the answer to the platform on a page that leads to it.
func (p *platform) answered(page *testkit.Page) url.Values {
	p.t.Helper()
	to := page.URL
	if link, there := page.Find("[data-onward]").Attr("href"); there {
		to, _ = url.Parse(link)
	}
	if to.Host != "shop.localhost:9" || to.Path != "/cb" {
		p.t.Fatalf("not on the way to the platform: %d %s %q", page.Status, page.URL, page.Texts("h1"))
	}
	return to.Query()
}

// exchange redeems the code and checks the ID token as the library does.
func (p *platform) exchange(answer url.Values) (*oauth2.Token, *oidc.IDToken) {
	p.t.Helper()
	if answer.Get("state") != "state-1" || answer.Get("iss") != p.s.URL("meridian-uk", "") || answer.Get("code") == "" {
		p.t.Fatalf("answer %v", answer)
	}
	token, err := p.config.Exchange(p.ctx, answer.Get("code"), oauth2.VerifierOption(pkceVerifier))
	if err != nil {
		p.t.Fatal(err)
	}
	return token, p.verify(token)
}

func (p *platform) verify(token *oauth2.Token) *oidc.IDToken {
	p.t.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := p.provider.Verifier(&oidc.Config{ClientID: p.app.ID, Now: p.s.Clock.Now}).Verify(p.ctx, raw)
	if err == nil {
		err = id.VerifyAccessToken(token.AccessToken)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// One sign-in opens every platform; each gets what it may know; and ending the session ends
// all of it.
func TestB17_OneSignInForEveryPlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		shop := newPlatform(t, s, nil)
		orders := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) {
			a.IDTokenAlg, a.JWTAccessTokens, a.Auth = gatehouse.RS256, true, gatehouse.AuthSecretPost
		})
		orders.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
		c := visitor(t, s, "meridian-uk")
		// Nobody is signed in: the sign-in page comes first, and leads on.
		page := c.Get(shop.ask())
		if page.URL.Path != "/sign-in" || page.Find(signInForm).Length() != 1 {
			t.Fatalf("no sign-in page: %d %s", page.Status, page.URL)
		}
		page = c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password})
		token, id := shop.exchange(shop.answered(page))
		var claims struct {
			Nonce, ACR, Sid string
			AMR             []string
		}
		if err := id.Claims(&claims); err != nil || id.Subject != u.ID || claims.Nonce != "nonce-1" || claims.ACR != gatehouse.ACRPassword || len(claims.AMR) != 1 {
			t.Errorf("%+v %+v %v", id, claims, err)
		}
		info, err := shop.provider.UserInfo(shop.ctx, oauth2.StaticTokenSource(token))
		if err != nil || info.Subject != u.ID || info.Email != u.Email || !info.EmailVerified {
			t.Errorf("userinfo: %+v, %v", info, err)
		}
		// The next platform asks nothing.
		second, id := orders.exchange(orders.answered(c.Get(orders.ask())))
		if id.Subject != u.ID {
			t.Errorf("another subject: %s", id.Subject)
		}
		// A refresh token is valid as long as the session.
		fresh, err := shop.config.TokenSource(shop.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if err != nil || fresh.RefreshToken == token.RefreshToken || shop.verify(fresh).Subject != u.ID {
			t.Fatalf("refresh: %v", err)
		}
		s.Clock.Add(time.Minute)
		c.Press(c.Get("/"), "Sign out", nil)
		for _, ended := range []struct {
			p *platform
			t *oauth2.Token
		}{{shop, fresh}, {orders, second}} {
			if _, err := ended.p.provider.UserInfo(ended.p.ctx, oauth2.StaticTokenSource(ended.t)); err == nil {
				t.Error("an access token outlives its session")
			}
			if _, err := ended.p.config.TokenSource(ended.p.ctx, &oauth2.Token{RefreshToken: ended.t.RefreshToken}).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
				t.Errorf("a refresh token outlives its session: %v", err)
			}
		}
		if page := c.Get(orders.ask()); page.URL.Path != "/sign-in" {
			t.Errorf("signed out, and at %s", page.URL)
		}
	})
}

// Steps that are due come first and then lead on to the platform.
func TestB17_StepsLeadOnToThePlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "newcomer", password, func(u *gatehouse.User) { u.TermsAccepted = "" })
		shop := newPlatform(t, s, nil)
		c := visitor(t, s, "meridian-uk")
		page := c.Submit(c.Get(shop.ask()), signInForm, testkit.Values{"username": "newcomer", "password": password})
		if page.URL.Path != "/sign-in/terms" {
			t.Fatalf("not at the terms: %s", page.URL)
		}
		page = c.Submit(page, "form[action='/sign-in/terms']", testkit.Values{"accept": "on"})
		if page.URL.Path == "/sign-in/sole-user" {
			page = c.Submit(page, "form[action='/sign-in/sole-user']", testkit.Values{"sole_user": "yes"})
		}
		shop.exchange(shop.answered(page))
	})
}

// If the application requires a new sign-in, there is one, although somebody is signed
// in.
func TestB17_SigningInAgainForAPlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		shop := newPlatform(t, s, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		_, first := shop.exchange(shop.answered(c.Get(shop.ask())))
		for _, wish := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"max_age", "59"}} {
			s.Clock.Add(time.Minute)
			page := c.Get(shop.ask(append(wish, "login_hint", "msantos")...))
			if page.URL.Path != "/sign-in" || page.Find(signInForm).Length() != 1 || page.MustFind("[name=username]").AttrOr("value", "") != "msantos" {
				t.Fatalf("%v: no sign-in page: %d %s", wish, page.Status, page.URL)
			}
			s.Clock.Add(time.Second)
			page = c.Submit(page, signInForm, testkit.Values{"password": password})
			_, again := shop.exchange(shop.answered(page))
			var before, after struct {
				AuthTime int64 `json:"auth_time"`
			}
			if first.Claims(&before) != nil || again.Claims(&after) != nil || after.AuthTime <= before.AuthTime {
				t.Errorf("%v: auth_time %d, then %d", wish, before.AuthTime, after.AuthTime)
			}
			first = again
		}
	})
}
