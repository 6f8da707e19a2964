package journeys

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// mailRows are the messages of the operators' list, in words.
func mailRows(c *testkit.Client, query string) (*testkit.Page, []string) {
	p := c.Get("/operator/mail" + query).Want(200)
	return p, p.Texts("section[aria-labelledby=messages] tbody tr")
}

// stateOf waits until the only message to a user has a state.
func stateOf(t *testing.T, s *testkit.Server, u gatehouse.User, want store.MessageState) store.Message {
	t.Helper()
	var m store.Message
	for range 500 {
		all, err := s.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 {
			if m = all[0]; m.State == want {
				return m
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s, want %s", m.State, want)
	return m
}

// A relay puts mail off: support sees where and why, nothing of its content, and has it tried again;
// security drops it. Acting on what has changed since does nothing, and each act has an event.
func TestC13_OperatorsSeeAndMoveTheQueue(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		_, security, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSecurity)
		s.Mail.RefuseTo(u.Email, 451, "Come back later")
		resetPassword(t, s, u)
		m := stateOf(t, s, u, store.MessageDeferred)
		for query, want := range map[string]int{"?state=deferred": 1, "?state=deferred&site=meridian-uk&kind=passwords": 1, "?state=deferred&kind=codes": 0, "?state=deferred&kind=other": 0, "?state=deferred&site=inkwell": 0, "?state=refused": 0, "?state=zebra&kind=zebra&site=meridian-uk": 1} {
			if p, list := mailRows(support, query); len(list) != want || want > 0 && !contains(list[0], "Deferred", "451 4.0.0", "Meridian UK", u.Email) {
				t.Errorf("%s: %q, %q", query, list, p.Text("main"))
			}
		}
		list, _ := mailRows(support, "?site=meridian-uk")
		if answers := list.Texts("section[aria-labelledby=answers] tbody tr"); len(answers) != 1 || !contains(answers[0], "451 4.0.0", "Deferred", "1") {
			t.Errorf("answers: %q", answers)
		}
		page := support.Get("/operator/mail/meridian-uk/" + m.ID).Want(200)
		if !contains(page.Text("main"), "temporary-password", "451 4.0.0", u.Email) || page.Find("main a[href$='/users/"+u.ID+"']").Length() != 1 || page.Find("form[action$='/drop']").Length() != 0 {
			t.Errorf("the message: %s", page.Text("main"))
		}
		old := security.Get(page.URL.Path).Want(200)
		s.Mail.RefuseTo(u.Email, 0, "")
		done := support.Press(page, "Try now", nil).Want(200)
		if !done.Has("being sent now") {
			t.Errorf("retried: %s", done.Text("main"))
		}
		stateOf(t, s, u, store.MessageSent)
		if tries := support.Get(page.URL.Path).Want(200).Texts("section[aria-labelledby=tries] tbody tr"); len(tries) != 2 || !contains(tries[0], "Sent", "250") || !contains(tries[1], "Deferred", "451 4.0.0", "127.0.0.1:") {
			t.Errorf("each try: %q", tries)
		}
		if p := support.Get("/operator/sites/meridian-uk/users/" + u.ID).Want(200); !contains(p.Text("section[aria-labelledby=mails]"), "2 tries", "451 4.0.0", "127.0.0.1:") {
			t.Errorf("the person's mail: %q", p.Text("section[aria-labelledby=mails]"))
		}
		if p := security.Press(old, "Drop", nil); p.Status != http.StatusConflict || !p.Has("no longer as you saw it") {
			t.Errorf("dropping what was sent: %d %s", p.Status, p.Text("main"))
		}
		s.Mail.RefuseTo(u.Email, 451, "later")
		resetPassword(t, s, u)
		m = stateOf(t, s, u, store.MessageDeferred)
		if p := security.Press(security.Get("/operator/mail/meridian-uk/"+m.ID).Want(200), "Drop", nil).Want(200); !p.Has("was dropped") || !p.Has("Dropped or replaced") {
			t.Errorf("dropped: %s", p.Text("main"))
		}
		if m = stateOf(t, s, u, store.MessageExpired); len(m.Body) != 0 {
			t.Error("a dropped message keeps its content")
		}
		events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 20)
		if err != nil {
			t.Fatal(err)
		}
		said := map[gatehouse.EventKind]string{}
		for _, e := range events {
			said[e.Kind] = e.ActorName
		}
		if said[gatehouse.EventMailResent] == "" || said[gatehouse.EventMailDropped] == "" {
			t.Errorf("events: %v", said)
		}
	})
}

// While a site's mail is held nothing of it is sent, of other sites it is; what has not expired goes
// when it is let go. Two operators do not do it twice.
func TestC13_ASitesMailIsHeld(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		other := s.AddUser("inkwell", "eabha@inkwell.example", password, nil)
		_, security, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSecurity)
		page, _ := mailRows(security, "")
		old, _ := mailRows(security, "")
		const hold, release = "form[action='/operator/mail/meridian-uk/hold']", "form[action='/operator/mail/meridian-uk/release']"
		held := security.Submit(page, hold, nil).Want(200)
		if !contains(held.Text("main"), "Nothing from Meridian UK is being sent", "still expire") {
			t.Errorf("held: %s", held.Text("main"))
		}
		if p := security.Submit(old, hold, nil); p.Status != http.StatusConflict || !p.Has("Nothing was changed") {
			t.Errorf("held twice: %d %s", p.Status, p.Text("main"))
		}
		resetPassword(t, s, u)
		resetPassword(t, s, other)
		stateOf(t, s, other, store.MessageSent)
		m := stateOf(t, s, u, store.MessageWaiting)
		time.Sleep(1200 * time.Millisecond) // the sender looks every second
		if m = stateOf(t, s, u, store.MessageWaiting); m.Tries != 0 {
			t.Errorf("tried while held: %+v", m)
		}
		if p := security.Get("/operator/mail/meridian-uk/" + m.ID).Want(200); !p.Has("Nothing from Meridian UK is being sent") || p.Find("form[action$='/retry']").Length() != 0 {
			t.Errorf("a held message: %s", p.Text("main"))
		}
		again := security.Submit(held, release, nil).Want(200)
		if strings.Contains(again.Text("main"), "Nothing from Meridian UK is being sent") {
			t.Errorf("let go: %s", again.Text("main"))
		}
		stateOf(t, s, u, store.MessageSent)
		if p := security.Submit(held, release, nil); p.Status != http.StatusConflict {
			t.Errorf("let go twice: %d", p.Status)
		}
	})
}

// An address that mail comes back from is listed with why and since when, and security clears it.
func TestC13_OperatorsClearABouncedAddress(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		_, security, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSecurity)
		if p := support.Get("/operator/bounced").Want(200); !p.Has("No mail comes back") {
			t.Errorf("empty: %s", p.Text("main"))
		}
		s.Mail.RefuseTo(u.Email, 550, "No such mailbox")
		resetPassword(t, s, u)
		stateOf(t, s, u, store.MessageRefused)
		p := support.Get("/operator/bounced").Want(200)
		if !contains(p.Text("main"), "Tom Adeyemi", u.Email, "550 5.0.0", "Meridian UK") || p.Find("main form").Length() != 0 {
			t.Errorf("listed: %s", p.Text("main"))
		}
		page := security.Get("/operator/bounced?site=meridian-uk").Want(200)
		if done := security.Press(page, "Clear", nil).Want(200); !done.Has("sent to the address again") || s.User(u).Bouncing() {
			t.Errorf("cleared: %s", done.Text("main"))
		}
		if again := security.Press(page, "Clear", nil); again.Status != http.StatusConflict || !again.Has("Nothing was changed") {
			t.Errorf("cleared twice: %d %s", again.Status, again.Text("main"))
		}
	})
}
