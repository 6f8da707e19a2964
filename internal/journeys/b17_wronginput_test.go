package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// inProtocol checks that a program is told in the terms of the protocol what was wrong with its
// request; empty: nothing was.
func (p *platform) inProtocol(what string, got programAnswer, want string) {
	p.t.Helper()
	said, _ := got.json["error"].(string)
	good := got.StatusCode/100 == 4
	if want == "" {
		good = got.StatusCode/100 == 2
	}
	if said != want || !good || got.StatusCode == http.StatusNotFound || got.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") {
		p.t.Errorf("%s: %d %q %q, want %q", what, got.StatusCode, got.Header.Get("Content-Type"), got.body, want)
	}
}

// worse are the ways in which a parameter is invalid: missing, empty, twice, too long.
func worse(base url.Values, name string) map[string]url.Values {
	ways := map[string]url.Values{}
	for way, change := range map[string]func(url.Values){
		"missing": func(v url.Values) { v.Del(name) },
		"empty":   func(v url.Values) { v.Set(name, "") },
		"doubled": func(v url.Values) { v.Add(name, v.Get(name)) },
		"10 kB":   func(v url.Values) { v.Set(name, strings.Repeat("x", 10<<10)) },
	} {
		changed := url.Values{}
		for other, all := range base {
			changed[other] = append([]string{}, all...)
		}
		change(changed)
		ways[way] = changed
	}
	return ways
}

// Every parameter of a pushed request, in every way in which it is invalid (RFC 9126).
func TestB17_PushedRequestsWithWrongInput(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p := newPlatform(t, s, nil)
		u, _ := url.Parse(p.ask())
		base := u.Query()
		basic := p.basic()
		push := func(form url.Values, headers ...string) programAnswer {
			return p.call(http.MethodPost, "/oauth2/par", form, append([]string{"Authorization", basic}, headers...)...)
		}
		p.inProtocol("as it is", push(base), "")
		for name, want := range map[string]map[string]string{
			"response_type":         {"missing": "invalid_request", "empty": "invalid_request", "10 kB": "unsupported_response_type"},
			"client_id":             {"missing": "", "empty": "", "10 kB": "invalid_client"},
			"redirect_uri":          {"missing": "invalid_request", "empty": "invalid_request", "10 kB": "invalid_request"},
			"scope":                 {"missing": "invalid_scope", "empty": "invalid_scope", "10 kB": "invalid_request"},
			"state":                 {"missing": "", "empty": "", "10 kB": "invalid_request"},
			"nonce":                 {"missing": "", "empty": "", "10 kB": "invalid_request"},
			"code_challenge":        {"missing": "invalid_request", "empty": "invalid_request", "10 kB": "invalid_request"},
			"code_challenge_method": {"missing": "invalid_request", "empty": "invalid_request", "10 kB": "invalid_request"},
		} {
			want["doubled"] = "invalid_request"
			for way, form := range worse(base, name) {
				p.inProtocol(name+" "+way, push(form), want[way])
			}
		}
		for kind, want := range map[string]string{"application/x-www-form-urlencoded; charset=UTF-8": "", "application/json": "invalid_request", "text/plain": "invalid_request",
			"multipart/form-data; boundary=x": "invalid_request", "application/x-www-form-urlencoded2": "invalid_request"} {
			p.inProtocol(kind, push(base, "Content-Type", kind), want)
		}
		for what, header := range map[string]string{"no secret": "", "another scheme": "Bearer " + basic[6:], "no base64": "Basic ???", "10 kB": "Basic " + strings.Repeat("eA", 5<<10)} {
			p.inProtocol(what, push(base, "Authorization", header), "invalid_client")
		}
		if got := push(url.Values{"x": {strings.Repeat("x", 70<<10)}}); got.StatusCode != 400 && got.StatusCode != 413 {
			t.Errorf("70 kB: %d", got.StatusCode)
		}
		if got := p.call(http.MethodGet, "/oauth2/par", nil, "Authorization", basic); got.StatusCode != 405 {
			t.Errorf("GET: %d", got.StatusCode)
		}
	})
}

// basic is the platform's secret in a header.
func (p *platform) basic() string {
	r, _ := http.NewRequest(http.MethodPost, "/", nil)
	r.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(p.config.ClientSecret))
	return r.Header.Get("Authorization")
}

// Invalid proofs (RFC 9449): nobody gets a token with one, and what was sent along is not used
// up.
func TestB17_ProofsWithWrongInput(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) {
			a.Grants, a.RequireDPoP = append(a.Grants, gatehouse.GrantClientCredentials), true
		})
		for what, proof := range map[string]string{"missing": "", "no JWT": "x", "10 kB": strings.Repeat("x", 10<<10), "dots": "..", "unsigned": "eyJhbGciOiJub25lIiwidHlwIjoiZHBvcCtqd3QifQ.e30.",
			"no typ": "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "two in one": "a.b.c, a.b.c", "not text": "\xff.\xfe.x"} {
			headers := []string{"Authorization", p.basic()}
			if proof != "" {
				headers = append(headers, "DPoP", proof)
			}
			p.inProtocol(what, p.call(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, headers...), "invalid_dpop_proof")
			u, _ := url.Parse(p.ask())
			if proof != "" {
				p.inProtocol(what+", pushed", p.call(http.MethodPost, "/oauth2/par", u.Query(), headers...), "invalid_dpop_proof")
			}
		}
		p = newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.Grants = append(a.Grants, gatehouse.GrantClientCredentials) })
		base := url.Values{"grant_type": {"client_credentials"}, "scope": {"email"}}
		for name, want := range map[string]map[string]string{
			"scope":      {"missing": "", "empty": "", "doubled": "invalid_request", "10 kB": "invalid_scope"},
			"grant_type": {"missing": "invalid_request", "empty": "invalid_request", "doubled": "invalid_request", "10 kB": "unsupported_grant_type"},
		} {
			for way, form := range worse(base, name) {
				p.inProtocol(name+" "+way, p.call(http.MethodPost, "/oauth2/token", form, "Authorization", p.basic()), want[way])
			}
		}
		if got := p.call(http.MethodGet, "/oauth2/userinfo", nil, "Authorization", "DPoP x", "DPoP", "x"); got.StatusCode != 401 || !strings.Contains(strings.Join(got.Header.Values("WWW-Authenticate"), " "), "DPoP") {
			t.Errorf("userinfo: %d %v", got.StatusCode, got.Header)
		}
	})
}

// registering switches registration on for Meridian UK.
var registering = testkit.WithSite("meridian-uk", func(text string) string { return text + "\nclient_registration: true\n" })

// postJSON sends a body as a program does.
func (p *platform) postJSON(method, path, kind, authorization, body string) programAnswer {
	p.t.Helper()
	r, err := http.NewRequest(method, p.s.URL("meridian-uk", path), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return p.send(r)
}

// Registration over HTTP (RFC 7591, RFC 7592): who may, in which form, with what.
func TestB17_RegistrationWithWrongInput(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p := newPlatform(t, s, nil)
		token, err := s.SSO.NewRegistrationToken(t.Context(), s.Sites.ByID("meridian-uk"), support, 100, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		const kind, good = "application/json", `"redirect_uris": ["https://stranger.example/cb"]`
		post := func(kind, authorization, body string) programAnswer {
			return p.postJSON(http.MethodPost, "/oauth2/register", kind, authorization, body)
		}
		bearer := "Bearer " + token
		made := post("application/json; charset=utf-8", bearer, `{`+good+`, "client_name": "Stranger", "backchannel_logout_uri": "https://stranger.example/out", "backchannel_logout_session_required": true,
			"frontchannel_logout_uri": "https://stranger.example/front", "post_logout_redirect_uris": ["https://stranger.example/bye"]}`)
		p.inProtocol("as it is", made, "")
		if made.StatusCode != 201 || made.json["backchannel_logout_uri"] != "https://stranger.example/out" || made.json["backchannel_logout_session_required"] != true || made.json["frontchannel_logout_session_required"] != true {
			t.Errorf("%d %s", made.StatusCode, made.body)
		}
		for _, wrong := range []string{"", "Bearer", "Bearer ", "Basic " + token, "Bearer " + token + "x", "Bearer " + strings.Repeat("x", 10<<10)} {
			got := post(kind, wrong, `{`+good+`}`)
			if got.StatusCode != 401 || got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%.20q: %d %s", wrong, got.StatusCode, got.body)
			}
		}
		for _, wrong := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data; boundary=x"} {
			p.inProtocol("as "+wrong, post(wrong, bearer, `{`+good+`}`), "invalid_client_metadata")
		}
		p.inProtocol("70 kB", post(kind, bearer, `{`+good+`, "x": "`+strings.Repeat("x", 70<<10)+`"}`), "invalid_client_metadata")
		for member, want := range map[string]string{
			`"redirect_uris": []`: "invalid_redirect_uri", `"redirect_uris": "https://a.example/"`: "invalid_client_metadata", `"redirect_uris": [""]`: "invalid_redirect_uri",
			`"client_name": "` + strings.Repeat("x", 10<<10) + `"`: "invalid_client_metadata", `"client_name": ""`: "", `"scope": 1`: "invalid_client_metadata",
			`"scope": "` + strings.Repeat("x ", 5<<10) + `"`: "", `"backchannel_logout_uri": "http://stranger.example/out"`: "invalid_client_metadata",
			`"backchannel_logout_uri": "https://stranger.example/out#x"`: "invalid_client_metadata", `"backchannel_logout_session_required": "yes"`: "invalid_client_metadata",
			`"backchannel_logout_uri": "https://stranger.example/` + strings.Repeat("x", 10<<10) + `"`: "invalid_client_metadata",
			`"frontchannel_logout_uri": "https://elsewhere.example/out"`:                               "invalid_client_metadata",
			`"post_logout_redirect_uris": ["javascript:alert(1)"]`:                                     "invalid_redirect_uri",
			`"grant_types": "authorization_code"`:                                                      "invalid_client_metadata",
			`"jwks": ""`:                                                                               "invalid_client_metadata",
			`"unknown": {"a": [1]}`:                                                                    "",
		} {
			body := `{` + good + `, ` + member + `}`
			if strings.Contains(member, `"redirect_uris"`) && !strings.Contains(member, "logout") {
				body = `{` + member + `}`
			}
			p.inProtocol(member[:min(60, len(member))], post(kind, bearer, body), want)
		}
		id, _ := made.json["client_id"].(string)
		own, _ := made.json["registration_access_token"].(string)
		at := "/oauth2/register/" + id
		changed := p.postJSON(http.MethodPut, at, kind, "Bearer "+own, `{"client_id": "`+id+`", `+good+`}`)
		p.inProtocol("changed", changed, "")
		if _, has := changed.json["backchannel_logout_uri"]; has || changed.json["backchannel_logout_session_required"] != nil {
			t.Errorf("what is left out stays: %s", changed.body)
		}
		p.inProtocol("changed as text", p.postJSON(http.MethodPut, at, "text/plain", "Bearer "+own, `{"client_id": "`+id+`", `+good+`}`), "invalid_client_metadata")
		if got := p.postJSON(http.MethodPost, at, kind, "Bearer "+own, `{}`); got.StatusCode != 405 {
			t.Errorf("posted to a registration: %d", got.StatusCode)
		}
	}, registering)
}
