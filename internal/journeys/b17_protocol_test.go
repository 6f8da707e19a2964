package journeys

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// programAnswer is the answer to a program.
type programAnswer struct {
	*http.Response
	body string
	json map[string]any
}

// call sends a request as a program does. body is a form; headers are name and value.
func (p *platform) call(method, path string, body url.Values, headers ...string) programAnswer {
	p.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = p.s.URL("meridian-uk", path)
	}
	r, err := http.NewRequest(method, address, strings.NewReader(body.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return p.send(r)
}

func (p *platform) send(r *http.Request) programAnswer {
	p.t.Helper()
	res, err := here(p.t, p.s).Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	a := programAnswer{Response: res, body: string(text)}
	json.Unmarshal(text, &a.json) //nolint:errcheck // pages are none
	return a
}

// grant posts to the token endpoint as the platform.
func (p *platform) grant(form url.Values) programAnswer {
	p.t.Helper()
	return p.call(http.MethodPost, "/oauth2/token", form, "Authorization", p.basic())
}

func redeeming(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {platformCallback}, "code_verifier": {pkceVerifier}}
}

// signedIn is a browser with a signed-in user, and a platform.
func signedIn(t *testing.T, s *testkit.Server) (*platform, *testkit.Client) {
	t.Helper()
	s.AddUser("meridian-uk", "msantos", password, nil)
	c := visitor(t, s, "meridian-uk")
	wantHome(t, signIn(c, "msantos", password))
	s.Clock.Add(time.Minute)
	return newPlatform(t, s, nil), c
}

// The rows of the conformance profiles that are visible in requests and answers. The names
// are those of the test suite's modules and of the specifications.
func TestB17_Conformance(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		p.config.Scopes = []string{"openid", "email"}
		ok := func(changed ...string) url.Values {
			t.Helper()
			got := p.answered(c.Get(p.ask(changed...)))
			if got.Get("code") == "" {
				t.Errorf("%v: %v", changed, got)
			}
			return got
		}
		refused := func(err string, changed ...string) {
			t.Helper()
			got := p.answered(c.Get(p.ask(changed...)))
			if got.Get("error") != err || got.Get("code") != "" || got.Get("state") != "state-1" || got.Get("iss") != p.s.URL("meridian-uk", "") || len(got) != 3 {
				t.Errorf("%v: %v, want %s", changed, got, err)
			}
		}
		for name, row := range map[string]func(t *testing.T){
			"oidcc-response-type-missing, OIDC-G16":                           func(*testing.T) { refused("invalid_request", "response_type", "") },
			"oidcc-ensure-request-without-nonce-succeeds-for-code-flow":       func(*testing.T) { ok("nonce", "") },
			"oidcc-display-page, OIDC Core 15.1 c":                            func(*testing.T) { ok("display", "page"); ok("display", "touch"); ok("display", "wap") },
			"oidcc-display-popup":                                             func(*testing.T) { ok("display", "popup") },
			"oidcc-ui-locales, OIDC Core 15.1 d":                              func(*testing.T) { ok("ui_locales", "fr de x") },
			"oidcc-claims-locales":                                            func(*testing.T) { ok("claims_locales", "se") },
			"oidcc-login-hint":                                                func(*testing.T) { ok("login_hint", "\"><b>") },
			"oidcc-scope-phone":                                               func(*testing.T) { ok("scope", "openid phone") },
			"oidcc-scope-address":                                             func(*testing.T) { ok("scope", "openid address") },
			"oidcc-ensure-request-with-unknown-parameter-succeeds":            func(*testing.T) { ok("extra", "foobar") },
			"oidcc-ensure-request-with-acr-values-succeeds, OIDC Core 15.1 g": func(*testing.T) { ok("acr_values", gatehouse.ACRPassword+" 1 2") },
			"oidcc-claims-essential":                                          func(*testing.T) { ok("claims", `{"userinfo":{"name":{"essential":true}}}`) },
			"oidcc-prompt-none-logged-in":                                     func(*testing.T) { ok("prompt", "none") },
			"oidcc-max-age-10000":                                             func(*testing.T) { ok("max_age", "15000"); ok("max_age", "10000") },
			"oidcc-ensure-request-with-valid-pkce-succeeds":                   func(*testing.T) { ok() },
			"oidcc-prompt-none-not-logged-in": func(t *testing.T) {
				if got := p.answered(visitor(t, s, "meridian-uk").Get(p.ask("prompt", "none"))); got.Get("error") != "login_required" || got.Get("state") != "state-1" {
					t.Error(got)
				}
			},
			"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": func(*testing.T) { refused("request_not_supported", "request", "e30.e30.") },
			"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported":    func(*testing.T) { refused("request_uri_not_supported", "request_uri", "https://client.example/r") },
			"RFC 9700 2.1.2, OAuth 2.1 10: no implicit flow": func(*testing.T) {
				refused("unsupported_response_type", "response_type", "token")
				refused("unsupported_response_type", "response_type", "code id_token")
			},
			"OIDC Core 3.1.2.1 prompt": func(*testing.T) {
				refused("invalid_request", "prompt", "none login")
				refused("invalid_request", "prompt", "create")
			},
			"RFC 9700 2.1.1, OIDC Core 3.1.2.1: no request without PKCE":          func(*testing.T) { refused("invalid_request", "code_challenge", "", "code_challenge_method", "") },
			"OAuth 2.1 4.1.1: no plain PKCE":                                      func(*testing.T) { refused("invalid_request", "code_challenge_method", "plain") },
			"oidcc-ensure-registered-redirect-uri, RFC 9700 4.16, OAuth 2.1 7.11": func(t *testing.T) { pageInstead(t, c.Get(p.ask("redirect_uri", platformCallback+"/more"))) },
			"oidcc-ensure-redirect-uri-in-authorization-request":                  func(t *testing.T) { pageInstead(t, c.Get(p.ask("redirect_uri", ""))) },
			"oidcc-redirect-uri-query-added":                                      func(t *testing.T) { pageInstead(t, c.Get(p.ask("redirect_uri", platformCallback+"?a=1"))) },
			"an unknown client":                                                   func(t *testing.T) { pageInstead(t, c.Get(p.ask("client_id", "app_unknown"))) },
			"RFC 9700 2.1 / 4.11.2: nobody is sent on who has not signed in":      func(t *testing.T) { pageInstead(t, visitor(t, s, "meridian-uk").Get(p.ask("response_type", "token"))) },
			"OIDC-G02": func(t *testing.T) {
				for _, state := range []string{strings.Repeat("s", 128), "a b+c%20&d=é", "~-._"} {
					if got := ok("state", state).Get("state"); got != state {
						t.Errorf("%q came back as %q", state, got)
					}
				}
			},
			"oidcc-ensure-post-request-succeeds, OIDC Core 3.1.2.1": func(t *testing.T) {
				u, _ := url.Parse(p.ask())
				page := c.PostFrom("https://shop.example", "/oauth2/authorize", u.Query())
				if p.answered(page).Get("code") == "" {
					t.Error("no code for a posted request")
				}
			},
			"oidcc-id-token-hint": func(t *testing.T) {
				token, first := p.exchange(ok())
				_, again := p.exchange(ok("prompt", "none", "id_token_hint", token.Extra("id_token").(string)))
				if again.Subject != first.Subject {
					t.Error(again.Subject)
				}
				refused("invalid_request", "prompt", "none", "id_token_hint", "e30.e30.x")
			},
			"oidcc-formpost, OIDC-G04": func(t *testing.T) { formPosted(t, p, c) },
		} {
			t.Run(name, row)
		}
	})
}

// pageInstead wants one of our pages with a reference, and no way to the platform.
func pageInstead(t *testing.T, page *testkit.Page) {
	t.Helper()
	if page.Status != http.StatusBadRequest || page.URL.Host == "shop.localhost:9" || page.Header.Get("Location") != "" ||
		!strings.Contains(page.Text("main"), "GH-") || page.Find("a[href^='http://shop.']").Length() > 0 {
		t.Errorf("%d %s %q", page.Status, page.URL, page.Text("main"))
	}
	if page.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(page.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the page can be framed")
	}
}

// formPosted: the answer is in a form that leads to the platform, and nowhere else (Form Post
// Response Mode).
func formPosted(t *testing.T, p *platform, c *testkit.Client) {
	t.Helper()
	for changed, field := range map[string]string{"": "code", "token": "error"} {
		ask := []string{"response_mode", "form_post", "state", `"><script>`}
		if changed != "" {
			ask = append(ask, "response_type", changed)
		}
		page := c.Get(p.ask(ask...))
		form := page.MustFind("form[data-leaves]")
		if page.Status != 200 || form.AttrOr("action", "") != platformCallback || form.AttrOr("method", "") != "post" ||
			page.MustFind("[name=state]").AttrOr("value", "") != `"><script>` || page.MustFind("[name="+field+"]").AttrOr("value", "") == "" ||
			page.MustFind("[name=iss]").AttrOr("value", "") != p.s.URL("meridian-uk", "") || form.Find("[name=form_token]").Length() != 0 {
			t.Errorf("%s: %d %s", field, page.Status, page.Body)
		}
		if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action http://shop.localhost:9;") {
			t.Errorf("the form may not lead there: %s", policy)
		}
		if page.Header.Get("Cache-Control") != "no-store" || page.URL.Query().Get("code") != "" || page.URL.Query().Get("error") != "" {
			t.Error("the answer is in the address, or kept")
		}
	}
}

// The answers to programs at the token endpoint and similar ones.
func TestB17_ProgramsAreAnsweredInJSON(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		code := p.answered(c.Get(p.ask())).Get("code")
		got := p.grant(redeeming(code))
		access, _ := got.json["access_token"].(string)
		if got.StatusCode != 200 || got.json["token_type"] != "Bearer" || got.json["expires_in"] != 300.0 || access == "" ||
			got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Pragma") != "no-cache" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
			t.Fatalf("%d %v %s", got.StatusCode, got.Header, got.body)
		}
		for what, test := range map[string]struct {
			a      programAnswer
			status int
			err    string
		}{
			"the code again":           {p.grant(redeeming("other")), 400, "invalid_grant"},
			"a password":               {p.grant(url.Values{"grant_type": {"password"}}), 400, "unsupported_grant_type"},
			"no grant type":            {p.grant(url.Values{}), 400, "invalid_request"},
			"a parameter twice":        {p.grant(url.Values{"grant_type": {"a", "b"}}), 400, "invalid_request"},
			"nobody":                   {p.call("POST", "/oauth2/token", redeeming("x")), 401, "invalid_client"},
			"a secret in the address":  {p.call("POST", "/oauth2/token?client_id="+p.config.ClientID+"&client_secret="+p.config.ClientSecret, redeeming("x")), 401, "invalid_client"},
			"JSON":                     {p.call("POST", "/oauth2/token", url.Values{}, "Content-Type", "application/json"), 400, "invalid_request"},
			"introspection by nobody":  {p.call("POST", "/oauth2/introspect", url.Values{"token": {access}}), 401, "invalid_client"},
			"revocation by nobody":     {p.call("POST", "/oauth2/revoke", url.Values{"token": {access}}), 401, "invalid_client"},
			"userinfo with nonsense":   {p.call("GET", "/oauth2/userinfo", nil, "Authorization", "Bearer nonsense"), 401, "invalid_token"},
			"userinfo with two tokens": {p.call("POST", "/oauth2/userinfo", url.Values{"access_token": {access}}, "Authorization", "Bearer "+access), 400, "invalid_request"},
		} {
			if test.a.StatusCode != test.status || test.a.json["error"] != test.err || strings.ContainsAny(test.a.json["error_description"].(string), "\"\\\n") {
				t.Errorf("%s: %d %s", what, test.a.StatusCode, test.a.body)
			}
			if test.status == 401 && test.a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", what)
			}
		}
		for what, a := range map[string]programAnswer{
			"GET":              p.call("GET", "/oauth2/userinfo", nil, "Authorization", "bearer "+access),
			"POST with header": p.call("POST", "/oauth2/userinfo", nil, "Authorization", "Bearer "+access),
			"POST with body":   p.call("POST", "/oauth2/userinfo", url.Values{"access_token": {access}}),
		} {
			if a.StatusCode != 200 || a.json["sub"] == "" || a.json["email_verified"] != true {
				t.Errorf("userinfo by %s: %d %s", what, a.StatusCode, a.body)
			}
		}
		if a := p.call("GET", "/oauth2/userinfo?access_token="+access, nil); a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("a token in the address: %d %s", a.StatusCode, a.body)
		}
		if a := p.call("GET", "/oauth2/token", nil); a.StatusCode != 405 {
			t.Errorf("GET at the token endpoint: %d", a.StatusCode)
		}
		for _, method := range []string{"GET", "OPTIONS"} {
			a := p.call(method, p.ask(), nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
			for name := range a.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s: %s", method, "the authorization endpoint", name)
				}
			}
		}
	})
}

// Discovery names what works, and its documents can be cached with an ETag.
func TestB17_Discovery(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p := newPlatform(t, s, nil)
		got := p.call("GET", "/.well-known/openid-configuration", nil)
		if got.StatusCode != 200 || got.json["issuer"] != s.URL("meridian-uk", "") || got.json["authorization_response_iss_parameter_supported"] != true ||
			!strings.Contains(got.body, `"RS256"`) || strings.Contains(got.body, `"none"]`) && strings.Contains(got.body, `alg_values_supported":["none"`) {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
		for name, value := range got.json {
			address, is := value.(string)
			if !is || name == "issuer" {
				continue
			}
			if a := p.call("POST", address, url.Values{}); a.StatusCode == 404 {
				t.Errorf("%s leads nowhere: %s", name, address)
			}
		}
		for _, path := range []string{"/.well-known/openid-configuration", "/oauth2/jwks"} {
			first := p.call("GET", path, nil)
			if first.Header.Get("ETag") == "" || first.Header.Get("Set-Cookie") != "" || !strings.Contains(first.Header.Get("Cache-Control"), "max-age") {
				t.Errorf("%s: %v", path, first.Header)
			}
			if first.ContentLength != int64(len(first.body)) {
				t.Errorf("%s is sent in chunks", path)
			}
			if again := p.call("GET", path, nil, "If-None-Match", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || again.body != "" {
				t.Errorf("%s again: %d", path, again.StatusCode)
			}
		}
	})
}

// OpenID Connect RP-Initiated Logout 1.0.
func TestB17_AnApplicationSignsTheUserOut(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		const bye = "http://shop.localhost:9/bye"
		hint := func() string {
			token, _ := p.exchange(p.answered(c.Get(p.ask())))
			return token.Extra("id_token").(string)
		}
		out := func(values ...string) *testkit.Page {
			query := url.Values{}
			for i := 0; i+1 < len(values); i += 2 {
				query.Set(values[i], values[i+1])
			}
			return c.Get("/oauth2/logout?" + query.Encode())
		}
		in := func() {
			wantHome(t, signIn(c, "msantos", password))
			s.Clock.Add(time.Minute)
		}
		over := func(what string) {
			t.Helper()
			if got := p.answered(c.Get(p.ask("prompt", "none"))); got.Get("error") != "login_required" {
				t.Errorf("%s: still signed in", what)
			}
			in()
		}
		good := hint()
		s.Clock.Add(6 * time.Minute) // an expired ID token still says who it was
		if page := out("id_token_hint", good, "post_logout_redirect_uri", bye, "state", "s 1"); page.URL.String() != bye+"?state=s+1" {
			t.Errorf("a good one: %s", page.URL)
		}
		over("a good one")
		if page := out("id_token_hint", hint(), "post_logout_redirect_uri", bye); page.URL.String() != bye {
			t.Errorf("without state: %s", page.URL)
		}
		over("without state")
		if page := out("id_token_hint", hint()); !staysHere(page) {
			t.Errorf("without an address: %s", page.URL)
		}
		over("without an address")
		token := hint()
		parts := strings.Split(token, ".")
		for what, values := range map[string][]string{
			"no hint":            {"post_logout_redirect_uri", bye, "state", "s"},
			"no parameters":      {},
			"only state":         {"state", "s"},
			"unsigned":           {"id_token_hint", "eyJhbGciOiJub25lIn0." + parts[1] + ".", "post_logout_redirect_uri", bye},
			"a foreign key":      {"id_token_hint", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "post_logout_redirect_uri", bye},
			"another client":     {"id_token_hint", token, "client_id", "app_1", "post_logout_redirect_uri", bye},
			"an earlier session": {"id_token_hint", good},
		} {
			page := out(values...)
			if page.Status != 200 || page.URL.Path != "/oauth2/logout" || page.Find("form[action='/oauth2/logout/confirm']").Length() != 1 {
				t.Errorf("%s: not asked first: %d %s", what, page.Status, page.URL)
				continue
			}
			if got := p.answered(c.Get(p.ask("prompt", "none"))); got.Get("code") == "" {
				t.Errorf("%s: signed out without being asked", what)
			}
			if page = c.Press(page, "Sign out", nil); !staysHere(page) || page.Find("[data-onward]").Length() > 0 {
				t.Errorf("%s: sent on to %s", what, page.URL)
			}
			over(what)
		}
		for _, address := range []string{bye + "?a=1", bye + "/", "https://evil.example/", "javascript:alert(1)"} {
			if page := out("id_token_hint", hint(), "post_logout_redirect_uri", address); !staysHere(page) {
				t.Errorf("%s: sent on to %s", address, page.URL)
			}
			over(address)
		}
		page := c.Press(out("id_token_hint", good, "post_logout_redirect_uri", bye, "state", "s"), "Sign out", nil)
		if page.MustFind("[data-onward]").AttrOr("href", "") != bye+"?state=s" {
			t.Errorf("asked, and then not sent on: %s", page.Body)
		}
	})
}

// staysHere reports whether a browser that was signed out is on one of our pages: the
// sign-in page or, if platforms had been reached, the one with their answers.
func staysHere(page *testkit.Page) bool {
	return strings.HasPrefix(page.URL.Host, "uk.localhost:") && (page.URL.Path == "/sign-in" || page.URL.Path == "/signed-out")
}
