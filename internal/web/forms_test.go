package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/internal/testkit"
)

const password = "Correct-Horse-42-Battery"

// tab is a sign-in page that a browser has opened: its cookie and its token.
type tab struct{ cookie, token string }

func openTab(t *testing.T, s *testkit.Server) tab {
	t.Helper()
	c := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr)
	token := c.Get("/sign-in").MustFind("[name=form_token]").AttrOr("value", "")
	return tab{c.Cookie("/", "gatehouse-signin"), token}
}

// posted sends a form unchanged, follows nothing and keeps nothing.
func posted(t *testing.T, s *testkit.Server, path, body string, headers ...[2]string) (*http.Response, *goquery.Document) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+s.Addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(s.URL("meridian-uk", ""), "http://")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		r.Header.Add(h[0], h[1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return res, doc
}

// What browsers, old and new, forgers and scripts say about the origin of a form, each
// with every token and every cookie: it is acted on in one case only, the right token of
// this browser's page and no sign of another site.
func TestOnlyFormsOfOurOwnPagesAreActedOn(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	mine, others := openTab(t, s), openTab(t, s)
	own := s.URL("meridian-uk", "")
	host := strings.TrimPrefix(own, "http://")
	type says struct {
		values  []string
		foreign bool
	}
	origins := []says{{}, {values: []string{"null"}}, {values: []string{own}}, {values: []string{strings.ToUpper(own[:8]) + own[8:]}},
		{[]string{"https://evil.example"}, true}, {[]string{"https://" + host}, true}, {[]string{own + ".evil.example"}, true},
		{[]string{s.URL("inkwell", "")}, true}, {[]string{"http://uk.localhost:1"}, true}, {[]string{own, own}, true}, {[]string{"http://user@" + host}, true}, {[]string{"garbage"}, true}}
	fetches := []says{{}, {values: []string{"same-origin"}}, {values: []string{"none"}},
		{[]string{"same-site"}, true}, {[]string{"cross-site"}, true}, {[]string{"Same-Origin"}, true}, {[]string{""}, true}, {[]string{"same-origin", "cross-site"}, true}}
	tokens := map[string]string{"right": mine.token, "none": "", "others": others.token, "garbage": "abc.def", "cut": mine.token[:len(mine.token)-1]}
	cookies := map[string]string{"mine": mine.cookie, "none": "", "others": others.cookie}
	acted := 0
	for _, origin := range origins {
		for _, fetch := range fetches {
			for tokenName, token := range tokens {
				for cookieName, cookie := range cookies {
					name := fmt.Sprintf("Origin %q, Sec-Fetch-Site %q, token %s, cookie %s", origin.values, fetch.values, tokenName, cookieName)
					var headers [][2]string
					for _, v := range origin.values {
						headers = append(headers, [2]string{"Origin", v})
					}
					for _, v := range fetch.values {
						headers = append(headers, [2]string{"Sec-Fetch-Site", v})
					}
					if cookie != "" {
						headers = append(headers, [2]string{"Cookie", "gatehouse-signin=" + cookie})
					}
					form := url.Values{"username": {"msantos"}, "password": {password}, "form_token": {token}}
					res, page := posted(t, s, "/sign-in", form.Encode(), headers...)
					foreign := origin.foreign || fetch.foreign
					should := !foreign && (tokenName == "right" && cookieName == "mine" || tokenName == "others" && cookieName == "others")
					in := strings.Contains(strings.Join(res.Header["Set-Cookie"], " "), "gatehouse-session")
					if in != should || in != (res.StatusCode == http.StatusSeeOther) {
						t.Errorf("%s: signed in: %v, status %d", name, in, res.StatusCode)
					}
					proved := len(fetch.values) > 0 || len(origin.values) > 0 && origin.values[0] != "null"
					if !in {
						wantWords(t, name, res.StatusCode, page, foreign, proved, cookieName == "none", tokenName == "none")
					} else {
						acted++
					}
				}
			}
		}
	}
	if acted == 0 {
		t.Error("no form was acted on")
	}
}

// wantWords: the page says what is wrong with a form, and only our own pages get the typed
// values back.
func wantWords(t *testing.T, name string, status int, page *goquery.Document, foreign, proved, noCookie, noToken bool) {
	t.Helper()
	words, want := "This form has expired", http.StatusForbidden
	switch {
	case foreign:
		words = "came from another website"
	case noCookie:
		words = "did not send our cookie"
	case proved && !noToken:
		words, want = "signed in or out in another window", http.StatusConflict
	case proved:
		words = "Part of the form did not reach us"
	}
	if got := page.Find("main").Text(); status != want || !strings.Contains(got, words) {
		t.Errorf("%s: %d, %q", name, status, strings.Join(strings.Fields(got), " "))
	}
	filled := page.Find("#username").AttrOr("value", "") == "msantos"
	if filled != (!foreign && proved) {
		t.Errorf("%s: what was typed comes back: %v", name, filled)
	}
	if strings.Contains(page.Find("body").Text(), password) || page.Find("#password").AttrOr("value", "") != "" {
		t.Errorf("%s: the password is in the page", name)
	}
}

// A token opens the forms of its page and no others, on no other site and in no other
// session (SP 800-63B-4 SB-10).
func TestATokenIsForItsPageSiteAndSession(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	s.AddUser("meridian-au", "msantos", password, nil)
	signedIn := func(site string) *testkit.Client {
		c := testkit.NewClient(t, s.URL(site, ""), s.Addr)
		c.Submit(c.Get("/sign-in"), "form[action='/sign-in']", testkit.Values{"username": "msantos", "password": password}).Want(200)
		return c
	}
	tokenOf := func(c *testkit.Client, page string) string {
		return c.Get(page).MustFind("[name=form_token]").First().AttrOr("value", "")
	}
	c, abroad := signedIn("meridian-uk"), signedIn("meridian-au")
	german := func(token string) int {
		c.Stay = true
		defer func() { c.Stay = false }()
		return c.Post("/account/security", url.Values{"form_token": {token}, "send_automatically": {"on"}}).Status
	}
	if got := german(tokenOf(c, "/account/security")); got != 303 {
		t.Errorf("the first token of the page: %d", got)
	}
	mine, others := tokenOf(c, "/account/security"), tokenOf(abroad, "/account/security")
	for name, wrong := range map[string]struct {
		token string
		want  int
	}{
		"of another page": {tokenOf(c, "/account/profile"), 409}, "of home": {tokenOf(c, "/"), 409},
		"of another site":     {others, 403}, // somebody else is signed in there
		"with another's name": {mine[:strings.LastIndexByte(mine, '.')] + others[strings.LastIndexByte(others, '.'):], 403},
		"without a name":      {mine[:strings.LastIndexByte(mine, '.')], 409},
	} {
		if got := german(wrong.token); got != wrong.want {
			t.Errorf("a token %s: %d", name, got)
		}
	}
	// The forms of the frame are on every page, and every page's token opens them.
	for _, page := range []string{"/", "/account/profile", "/account/security", "/help", "/search?q=x"} {
		if p := c.Post("/account/language", url.Values{"form_token": {tokenOf(c, page)}, "locale": {"en-GB"}, "return_to": {page}}); p.Status != 200 {
			t.Errorf("the language menu of %s: %d", page, p.Status)
		}
	}
	// So do the pages that say what did not work.
	for _, page := range []string{"/company/users", "/account/terms/none"} {
		p := c.Get(page)
		if p.Status < 400 {
			t.Fatalf("%s: %d", page, p.Status)
		}
		p.Find("form[method=post]").Each(func(_ int, f *goquery.Selection) {
			if token := f.Find("[name=form_token]").AttrOr("value", ""); !strings.Contains(token, ".") || strings.HasPrefix(token, ".") {
				t.Errorf("%s: the token of %s is %q", page, f.AttrOr("action", ""), token)
			}
		})
	}
}
