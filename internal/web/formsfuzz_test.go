package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// formsOf are pages with a form, each with the address it is posted to and well-meant
// values.
var formsOf = []struct {
	page, to, fields string
	user             bool // it requires a session
}{
	{"/sign-in", "/sign-in", "username=msantos1&password=wrong&return_to=/account/profile", false},
	{"/forgot-password", "/forgot-password", "username=msantos1&email=msantos1@northgate.example", false},
	{"/forgot-username", "/forgot-username", "email=msantos1@northgate.example&message=I+forgot", false},
	{"/help", "/csp-report", `{"csp-report":{"document-uri":"http://uk.localhost/"}}`, false},
	{"/account/profile", "/account/profile", "first_name=Mira&last_name=Santos&email=mira@northgate.example&version=1", true},
	{"/account/profile", "/account/language", "locale=en-GB&return_to=/account/profile", true},
	{"/account/password", "/account/password", "current_password=wrong&new_password=Quiet-Harbour-77&repeat_password=Quiet-Harbour-77", true},
	{"/account/challenge", "/account/challenge", "question=own&own_question=Which+street&answer=Mill&current_password=wrong", true},
	{"/account/security", "/account/security", "own_two_factor=on&send_automatically=on", true},
	{"/", "/home/cards", "card=links&action=down", true},
	{"/company/enhanced-security", "/company/enhanced-security", "two_factor=enabled", true},
	{"/company/users", "/company/users/usr_1/email", "email=x@northgate.example", true},
}

// For any posted form, the answer is a page or a redirect within the site: never a server
// error, never an element or a header that the poster has written.
func FuzzForms(f *testing.F) {
	for i, form := range formsOf {
		f.Add(uint8(i), form.fields, "", "application/x-www-form-urlencoded")
	}
	f.Add(uint8(0), "username=%3Cxss-mark%3E&password=%00", "return_to=//evil.example/%0d%0aX-Mark:1", "application/x-www-form-urlencoded; charset=utf-16")
	f.Add(uint8(0), "username=%ff%fe&username=b&password", "return_to=/\\evil.example", "")
	f.Add(uint8(2), "email=\"<xss-mark>\"@x.example&message=%E2%80%AE%0d%0aBcc:+a@b.example", "", "application/x-www-form-urlencoded")
	f.Add(uint8(4), "--x\r\nContent-Disposition: form-data; name=\"first_name\"\r\n\r\n<xss-mark>\r\n--x--", "saved=<xss-mark>", "multipart/form-data; boundary=x")
	f.Add(uint8(4), "first_name="+strings.Repeat("%F0%9F%91%A9", 2000), "q=%25%zz", "application/x-www-form-urlencoded")
	f.Add(uint8(5), "locale=%3Cxss-mark%3E&return_to=javascript:alert(1)", "", "application/x-www-form-urlencoded")
	f.Add(uint8(10), "two_factor[]=enabled&confirm=yes;preview=x", "before=%27", "APPLICATION/X-WWW-FORM-URLENCODED")

	s := testkit.NewServer(f, testkit.SQLiteURL(f))
	var session string // of earlier iterations, while it lasts
	next := 0          // each new session is for another company: a form may have changed the last one
	for n := range 200 {
		addAdministrator(f, s, fmt.Sprint("msantos", n))
	}
	f.Fuzz(func(t *testing.T, n uint8, body, query, kind string) {
		form := formsOf[int(n)%len(formsOf)]
		s.Clock.Add(time.Second)
		c := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr)
		if form.user {
			c.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: session, Path: "/"})
			if c.Get("/account/profile").URL.Path != "/account/profile" {
				name := fmt.Sprint("msantos", next%200)
				c.Submit(c.Get("/sign-in"), `form[action="/sign-in"]`, testkit.Values{"username": name, "password": password})
				next++
			}
			if session = c.Cookie("/", "gatehouse-session"); session == "" {
				t.Fatal("cannot sign in")
			}
		}
		if token := c.Get(form.page).Find("[name=form_token]").AttrOr("value", ""); !strings.Contains(kind, "multipart") {
			body += "&form_token=" + url.QueryEscape(token)
		}
		r, err := http.NewRequest(http.MethodPost, s.URL("meridian-uk", form.to), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = escaped(query)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if sendable(kind) {
			r.Header.Set("Content-Type", kind)
		}
		page := c.Do(r)
		if page.Status >= 500 {
			t.Fatalf("%d: %s", page.Status, page.Body)
		}
		if page.Find("xss-mark").Length() > 0 || page.Header.Get("X-Mark") != "" {
			t.Fatalf("the poster's own markup or header: %s", page.Body)
		}
		if to := page.Header.Get("Location"); to != "" && (to[0] != '/' || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			t.Fatalf("leads to %q", to)
		}
	})
}

// addAdministrator adds a company that has one user, its administrator: once two-factor
// authentication is on for a company, none of its users signs in with a password alone.
func addAdministrator(f *testing.F, s *testkit.Server, username string) {
	c := gatehouse.Company{ID: store.NewID("com", s.Clock.Now()), SiteID: "meridian-uk", AccountNumber: username, Name: username, CreatedAt: s.Clock.Now()}
	err := s.Store.Write(f.Context(), func(q store.Queries) error { return q.InsertCompany(f.Context(), c) })
	if err != nil {
		f.Fatal(err)
	}
	s.AddUser("meridian-uk", username, password, func(u *gatehouse.User) { u.Role, u.CompanyID = gatehouse.RoleAdmin, c.ID })
}

// escaped is a query as a client can send it, with everything but printable ASCII
// escaped.
func escaped(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || c == '#' {
			b.WriteString(url.QueryEscape(string([]byte{c})))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// sendable reports whether a header can have this value at all.
func sendable(value string) bool {
	return strings.IndexFunc(value, func(c rune) bool { return c < ' ' || c >= 0x7f }) < 0
}
