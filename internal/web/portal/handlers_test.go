package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const (
	password = "Correct-Horse-42-Battery"
	main     = "main form[novalidate]"
)

// begin is a server, somebody who has signed in to it, and the account.
func begin(t *testing.T) (*testkit.Server, *testkit.Client, gatehouse.User) {
	t.Helper()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	c := s.Visitor("meridian-uk")
	c.SignIn("msantos", password).Want(200)
	return s, c, u
}

// Pages for users lead everybody else to the sign-in, and back to the page afterwards;
// pages of a sign-in that nobody has begun lead to its beginning.
func TestWhoIsLedToTheSignIn(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	c := s.Visitor("meridian-uk")
	c.Stay = true
	for _, path := range []string{"/search?q=code", "/account/password", "/account/challenge", "/account/devices", "/account/security",
		"/account/sign-out-everywhere", "/account/activity", "/account/activity/evt_1/not-me", "/account/terms", "/account/terms/acc_1",
		"/account/terms/acc_1/download", "/account", "/account/profile"} {
		p := c.Get(path)
		to, err := url.Parse(p.Header.Get("Location"))
		if err != nil || p.Status != 303 || to.Path != "/sign-in" || to.Query().Get("return_to") != path {
			t.Errorf("%s: %d to %q (%v)", path, p.Status, p.Header.Get("Location"), err)
		}
	}
	for _, path := range []string{"/sign-in/code", "/sign-in/password", "/sign-in/challenge", "/sign-in/terms", "/sign-in/sole-user"} {
		if p := c.Get(path); p.Status != 303 || !strings.HasPrefix(p.Header.Get("Location"), "/sign-in") || strings.Contains(p.Header.Get("Location"), path) {
			t.Errorf("%s: %d to %q", path, p.Status, p.Header.Get("Location"))
		}
	}
}

// A form with faults comes back with 422, says so at each field, and changes nothing.
func TestFormsThatAreNotAccepted(t *testing.T) {
	s, c, u := begin(t)
	for name, f := range map[string]struct {
		page   string
		values testkit.Values
		wrong  []string // ids of the fields
	}{
		"profile without names":  {"/account/profile", testkit.Values{"first_name": "", "last_name": ""}, []string{"first_name", "last_name"}},
		"profile, half address":  {"/account/profile", testkit.Values{"email": "mira@"}, []string{"email"}},
		"profile, long name":     {"/account/profile", testkit.Values{"first_name": strings.Repeat("a", 5000)}, []string{"first_name"}},
		"password, all empty":    {"/account/password", testkit.Values{}, []string{"current_password", "new_password"}},
		"password, wrong":        {"/account/password", testkit.Values{"current_password": "not it", "new_password": "Another-Horse-43-Battery", "repeat_password": "Another-Horse-43-Battery"}, []string{"current_password"}},
		"password, not repeated": {"/account/password", testkit.Values{"current_password": password, "new_password": "Another-Horse-43-Battery", "repeat_password": "x"}, []string{"repeat_password"}},
		"question without":       {"/account/challenge", testkit.Values{"question": "own", "own_question": "Why?", "answer": "", "current_password": password}, []string{"own_question", "answer"}},
	} {
		p := c.Submit(c.Get(f.page).Want(200), main, f.values)
		if p.Status != 422 || !strings.HasPrefix(p.Text("title"), "Error: ") {
			t.Errorf("%s: %d, %q", name, p.Status, p.Text("title"))
			continue
		}
		for _, id := range f.wrong {
			if p.Find("[role=alert] a[href='#"+id+"']").Length() != 1 || p.Find("#"+id).AttrOr("aria-invalid", "") != "true" {
				t.Errorf("%s: %s is not said to be wrong: %q", name, id, p.Texts("[role=alert] a"))
			}
		}
		for _, secret := range []string{password, "Another-Horse-43-Battery"} {
			if strings.Contains(string(p.Body), secret) {
				t.Errorf("%s: %q stands in the page", name, secret)
			}
		}
	}
	if got := s.User(u); got != u && (got.FirstName != u.FirstName || got.LastName != u.LastName || got.Email != u.Email || got.Password.Hash != u.Password.Hash || got.ChallengeSet != u.ChallengeSet) {
		t.Errorf("%+v became %+v", u, got)
	}
}

// Forms without their token, or with one of another page, are refused and do nothing.
func TestFormsWithoutTheirToken(t *testing.T) {
	s, c, u := begin(t)
	other := c.Get("/account/profile").MustFind("form[action='/account/profile'] [name=form_token]").AttrOr("value", "")
	for path, fields := range map[string]url.Values{
		"/account/password":            {"current_password": {password}, "new_password": {"Another-Horse-43-Battery"}, "repeat_password": {"Another-Horse-43-Battery"}},
		"/account/security":            {"own_two_factor": {"on"}},
		"/account/sign-out-everywhere": {},
		"/account/challenge":           {"question": {"own"}, "own_question": {"What did we call the blue van?"}, "answer": {"Periwinkle"}, "current_password": {password}},
	} {
		for name, token := range map[string]string{"none": "", "another page's": other, "garbage": "abc.def"} {
			fields.Set("form_token", token)
			if p := c.Post(path, fields); p.Status != 403 && p.Status != 409 {
				t.Errorf("%s with token %q: %d", path, name, p.Status)
			}
		}
	}
	if got := s.User(u); got.Password.Hash != u.Password.Hash || got.OwnTwoFactor || got.ChallengeSet != u.ChallengeSet {
		t.Errorf("%+v became %+v", u, got)
	}
	c.Get("/account/devices").Want(200) // still signed in
}

// What belongs to somebody else is treated as nonexistent, and stays.
func TestWhatIsNotOnesOwn(t *testing.T) {
	s, c, _ := begin(t)
	colleague := s.AddUser("meridian-uk", "tadeyemi", password, nil)
	there := s.Visitor("meridian-uk")
	there.SignIn("tadeyemi", password).Want(200)
	sessions, err := s.Store.Read().SessionsOf(t.Context(), colleague.SiteID, colleague.ID, s.Clock.Now(), 10)
	if err != nil || len(sessions) != 1 {
		t.Fatal(sessions, err)
	}
	events, err := s.Store.Read().EventPageOfUser(t.Context(), colleague.SiteID, colleague.ID, store.EventPage{Limit: 1})
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	for _, id := range []string{events[0].ID, "evt_1", "%00", strings.Repeat("x", 3000)} {
		if p := c.Get("/account/activity/" + id + "/not-me"); p.Status != 404 {
			t.Errorf("the event %.20q: %d", id, p.Status)
		}
	}
	for _, path := range []string{"/account/terms/acc_1", "/account/terms/acc_1/download", "/help/none", "/terms/1999-01-01", "/account/nothing"} {
		if p := c.Get(path); p.Status != 404 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	token := c.Get("/account/devices").MustFind("main [name=form_token]").AttrOr("value", "")
	for _, act := range []string{"remove", "end-trust"} {
		p := c.Post("/account/devices/"+sessions[0].DeviceID+"/"+act, url.Values{"form_token": {token}})
		if p.Status == 500 || p.Status == 403 {
			t.Errorf("%s: %d", act, p.Status)
		}
	}
	there.Get("/account/devices").Want(200)
	if p := there.Get("/account/devices"); p.URL.Path != "/account/devices" {
		t.Errorf("the colleague's device was signed out: %s", p.URL)
	}
}

// After signing in, users get to a page of this site, no matter what the address asks
// for.
func TestWhereReturnLeads(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	for to, want := range map[string]string{
		"/account/devices": "/account/devices", "/account/activity?kind=changes": "/account/activity?kind=changes",
		"https://evil.example/": "/", "//evil.example/": "/", "/\\evil.example": "/", "javascript:alert(1)": "/", "account/devices": "/", "/\t/evil.example": "/", "": "/",
	} {
		c := s.Visitor("meridian-uk")
		page := c.Get("/sign-in?return_to=" + url.QueryEscape(to))
		c.Stay = true
		p := c.Submit(page, "form[action^='/sign-in']", testkit.Values{"username": "msantos", "password": password})
		if got := strings.TrimPrefix(p.Header.Get("Location"), s.URL("meridian-uk", "")); p.Status != 303 || got != want {
			t.Errorf("%q: %d to %q, want %q", to, p.Status, got, want)
		}
	}
}
