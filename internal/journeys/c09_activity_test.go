package journeys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const (
	firefoxAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
	iphoneAgent  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

// with is a visitor with another browser.
func with(c *testkit.Client, agent string) *testkit.Client {
	c.Agent = agent
	return c
}

// wantSignedOut: any request of the client leads to the sign-in.
func wantSignedOut(t *testing.T, c *testkit.Client, who string) {
	t.Helper()
	if p := c.Get("/account/devices"); p.URL.Path != "/sign-in" {
		t.Errorf("%s is still signed in: %d %s", who, p.Status, p.URL)
	}
	if p := c.Get("/api/v1/session"); p.Status != 401 {
		t.Errorf("%s still has a session: %d", who, p.Status)
	}
}

func TestC09_ActivityTellsWhenWhereWithWhatAndHowItWent(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := with(visitor(t, s, "meridian-uk"), firefoxAgent)
		signIn(c, "msantos", "a-wrong-Guess-1")
		s.Clock.Add(time.Minute)
		wantHome(t, signIn(c, "msantos", password))
		s.Clock.Add(26 * time.Hour)
		desk := &directory.Service{Desk: s.SignIn.Desk, Hasher: s.Hasher}
		operator := gatehouse.Caller{Kind: gatehouse.Operator, Name: "root@console", IPAddress: "10.9.8.7", Reference: "GH-OPER-ATOR"}
		if err := desk.Unlock(t.Context(), s.Sites.ByID("meridian-uk"), operator, u.ID); err != nil {
			t.Fatal(err)
		}
		wantHome(t, signIn(c, "msantos", password))
		p := c.Get("/account/activity").Want(200)
		rows := p.Texts("tbody tr")
		if len(rows) < 3 || !p.Has("Times are shown for London (GMT)") {
			t.Fatalf("%q", p.Text("main"))
		}
		for text, want := range map[string]string{
			"Sign-in failed: wrong password": "Yesterday, 12:00 Incorrect 127.0.0.1Firefox on Windows",
			"Your account was unlocked":      "Today, 14:01 Succeeded SupportOn behalf of Meridian UK",
		} {
			found := false
			for _, row := range rows {
				found = found || strings.HasPrefix(row, text) && strings.HasSuffix(row, want)
			}
			if !found {
				t.Errorf("no %q %q in\n%s", text, want, strings.Join(rows, "\n"))
			}
		}
		if !strings.Contains(rows[0], "You signed in") || !strings.Contains(rows[0], "This sign-in") {
			t.Errorf("the newest is %q", rows[0])
		}
		for _, secret := range []string{"10.9.8.7", "root@console", "GH-OPER-ATOR"} {
			if strings.Contains(string(p.Body), secret) {
				t.Errorf("the page gives %s away", secret)
			}
		}
		p = c.Submit(p, "form[action='/account/activity']", testkit.Values{"kind": "sign-ins", "result": "not-ok"})
		if rows := p.Texts("tbody tr"); len(rows) != 1 || !strings.Contains(rows[0], "wrong password") {
			t.Errorf("filtered: %q", rows)
		}
		p = c.Submit(p, "form[action='/account/activity']", testkit.Values{"kind": "changes", "result": "not-ok"})
		if p.Find("tbody tr").Length() != 0 || !p.Has("No matching events") {
			t.Errorf("nothing fits: %q", p.Text("main"))
		}
	})
}

func TestC09_ActivityIsReadPageByPage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		for range 60 {
			s.Clock.Add(time.Second)
			now := s.Clock.Now()
			caller := gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: u.SiteID, IPAddress: "198.51.100.9"}
			s.Write(func(q store.Queries) error {
				return q.InsertEvent(t.Context(), caller.Event(store.NewID("evt", now), now, u.SiteID, u, gatehouse.EventSignIn, gatehouse.ResultWrong, nil))
			})
		}
		wantHome(t, signIn(c, "msantos", password))
		p, seen := c.Get("/account/activity?kind=sign-ins"), 0
		for page := 1; ; page++ {
			seen += p.Find("tbody tr").Length()
			older := p.Find(".pager a").FilterFunction(func(_ int, a *goquery.Selection) bool { return strings.TrimSpace(a.Text()) == "Older" })
			if older.Length() == 0 {
				if page != 3 || seen != 61 {
					t.Errorf("%d pages with %d events", page, seen)
				}
				break
			}
			p = c.Follow(p, "Older").Want(200)
		}
		if p = c.Follow(p, "Newest"); !strings.Contains(p.Texts("tbody tr")[0], "You signed in") {
			t.Error("Newest does not lead to the newest")
		}
		for _, odd := range []string{"?before=x", "?before=%00", "?before=evt_%ff", "?kind=%27&result=2", "?before=" + strings.Repeat("a", 3000)} {
			if p := c.Get("/account/activity" + odd); p.Status != 200 || p.Find("tbody tr").Length() == 0 {
				t.Errorf("%.40s: %d", odd, p.Status)
			}
		}
	})
}

func TestC09_ThisWasntMe(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		thief := with(visitor(t, s, "meridian-uk"), iphoneAgent)
		wantHome(t, signIn(thief, "msantos", password))
		s.Clock.Add(time.Minute)
		owner := with(visitor(t, s, "meridian-uk"), firefoxAgent)
		wantHome(t, signIn(owner, "msantos", password))
		p := owner.Get("/account/activity")
		ask := func(agent string) *testkit.Page {
			row := p.Find("tbody tr").FilterFunction(func(_ int, r *goquery.Selection) bool {
				return strings.Contains(r.Text(), "You signed in") && strings.Contains(r.Text(), agent)
			})
			return owner.Get(row.Find("a[href$='/not-me']").AttrOr("href", "none"))
		}
		// The current sign-in: the page says so, and nothing ends.
		own := ask("Firefox on Windows")
		if own.Status != 409 || !own.Has("This is the sign-in you are using now") {
			t.Errorf("the own sign-in: %d %q", own.Status, own.Text("main"))
		}
		// A stranger's: the page says what will happen, and nothing has happened yet.
		asked := ask("Safari on iPhone").Want(200)
		for _, want := range []string{"You signed in", "Today, 12:00", "Safari on iPhone", "signed out on every other device", "unconfirmed changes of email address", "You choose a new password"} {
			if !asked.Has(want) {
				t.Errorf("the question lacks %q: %s", want, asked.Text("main"))
			}
		}
		wantHome(t, thief.Get("/"))
		if rows := owner.Get("/account/activity").Texts("tbody tr"); strings.HasPrefix(rows[0], "You told us") {
			t.Error("asking is an event")
		}
		// Confirmed: everything else ends, and a new password is required.
		done := owner.Press(asked, "It wasn’t me", nil)
		if done.URL.String() != s.URL("meridian-uk", "/account/password?not_me") || done.Status != 200 {
			t.Errorf("leads to %d %s", done.Status, done.URL)
		}
		if !strings.Contains(done.Text(".alert-warn"), "our email to the old address") || !strings.Contains(done.Text(".alert-warn"), "administrator") {
			t.Errorf("nothing about the address, and whom to ask: %s", done.Text("main"))
		}
		wantSignedOut(t, thief, "the thief")
		if _, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1); err != nil {
			t.Fatal(err)
		}
		if rows := owner.Get("/account/activity").Want(200).Texts("tbody tr"); !strings.HasPrefix(rows[0], "You told us that something wasn’t you") {
			t.Errorf("the newest is %q", rows[0])
		}
		// Signing out here is the other choice.
		owner.Press(own, "Sign out here", nil)
		wantSignedOut(t, owner, "the owner")
	})
}

// What belongs to somebody else does not exist here (invariant 6).
func TestC09_OtherUsersEventsAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		other := s.AddUser("meridian-uk", "colleague", password, nil)
		theirs := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(theirs, "colleague", password))
		events, err := s.Store.Read().EventsOfUser(t.Context(), other.SiteID, other.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		token := c.Get("/account/activity").MustFind("input[name=form_token]").AttrOr("value", "")
		for _, id := range []string{events[0].ID, "evt_1", "evt_%00", "..%2f..%2fsign-out"} {
			if p := c.Get("/account/activity/" + id + "/not-me"); p.Status != 404 {
				t.Errorf("asking about %s: %d", id, p.Status)
			}
			if p := c.Post("/account/activity/"+id+"/not-me", url.Values{"form_token": {token}}); p.Status != 404 {
				t.Errorf("%s: %d", id, p.Status)
			}
		}
		wantHome(t, theirs.Get("/"))
	})
}
