package journeys

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// Support works the list: it takes a case, makes a note that the customer never sees, answers with the
// words that are often used, and is told if somebody else was faster.
func TestC07_SupportAnswers(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		number := c.Submit(c.Get("/contact"), contactForm, testkit.Values{"email": "ines@elsewhere.example", "name": "Ines", "what": "The code <b>never</b> comes."}).Want(200).Text("#number")
		reader := visitor(t, s, "meridian-uk")
		confirmed := reader.Press(reader.Get(caseLink(t, s.Mail.Wait(t, "ines@elsewhere.example"))), "Yes, show my message", nil).Want(200)
		if confirmed.Has("note") {
			t.Errorf("the customer's page: %q", confirmed.Text("main"))
		}
		_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
		list := op.Follow(op.Get("/operator"), "Support cases").Want(200)
		if !list.Has("1 case is waiting for support") || !list.Has(number) || !list.Has("Meridian UK") {
			t.Errorf("the list: %q", list.Text("main"))
		}
		page := op.Follow(list, "The code <b>never</b> comes.").Want(200)
		path := page.URL.Path
		page = op.Press(page, "Assign to me", nil).Want(200)
		if mine := op.Get("/operator/cases?whose=mine").Want(200); !mine.Has(number) {
			t.Errorf("mine: %q", mine.Text("main"))
		}
		page = op.Press(page, "Keep as a note", testkit.Values{"text": "Secret suspicion."}).Want(200)
		old := page
		page = op.Follow(page, "The code does not arrive").Want(200)
		if typed := page.Text("#text"); !strings.Contains(typed, "spam folder") {
			t.Errorf("a canned answer: %q", typed)
		}
		page = op.Press(page, "Send the answer", nil).Want(200)
		if !page.Has("Answered") || !page.Has("Time to the first answer") {
			t.Errorf("answered: %q", page.Text("main"))
		}
		m := s.Mail.Wait(t, "ines@elsewhere.example")
		if !strings.Contains(m.Text, "spam folder") || strings.Contains(m.Text, "suspicion") || strings.Contains(m.Text, "<b>") || strings.Contains(m.Text, "Ines") {
			t.Errorf("the answer:\n%s", m.Text)
		}
		if stale := op.Press(old, "Send the answer", testkit.Values{"text": "Twice."}); stale.Status != http.StatusConflict || stale.Text("#text") != "Twice." || !stale.Has("Nothing has been sent") {
			t.Errorf("an answer to what was there before: %d %q", stale.Status, stale.Text("main"))
		}
		read := reader.Get("/support/cases/open").Want(200)
		if !read.Has("spam folder") || read.Has("suspicion") {
			t.Errorf("the customer reads %q", read.Text("main"))
		}
		reader.Submit(read, openForm, testkit.Values{"text": "Thank you!"}).Want(200)
		page = op.Get(path).Want(200)
		if !page.Has("Thank you!") || !page.Has("Waiting for support") {
			t.Errorf("after the reply: %q", page.Text("main"))
		}
		page = op.Press(page, "Send and close", testkit.Values{"text": "You are welcome."}).Want(200)
		if !page.Has("Closed") {
			t.Errorf("closed: %q", page.Text("main"))
		}
		for _, typed := range []string{number, strings.ToLower(number), "INES@elsewhere.example"} {
			if p := op.Get("/operator/cases?q=" + strings.ReplaceAll(typed, "@", "%40")).Want(200); !p.Has(number) {
				t.Errorf("%s is not found: %q", typed, p.Text("main"))
			}
		}
		if p := op.Get("/operator/find?q=" + strings.ToLower(number)).Want(200); p.URL.Path != "/operator/cases" || !p.Has(number) {
			t.Errorf("the box of the operators finds %s: %q", p.URL, p.Text("main"))
		}
		for _, typed := range []string{"%25", "_", "nobody"} {
			if p := op.Get("/operator/cases?q=" + typed).Want(200); p.Has(number) {
				t.Errorf("%s finds %q", typed, p.Text("main"))
			}
		}
	})
}

// A case is nobody's who is no operator.
func TestC07_OnlyOperatorsWorkOnCases(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "boss", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	c := visitor(t, s, "meridian-uk")
	wantHome(t, signIn(c, "boss", password))
	if p := c.Get("/operator/cases"); p.Status != 404 {
		t.Errorf("on a site's host: %d", p.Status)
	}
	if p := visitor(t, s, gatehouse.OperatorsSite).Get("/operator/cases"); !strings.HasPrefix(p.URL.Path, "/sign-in") {
		t.Errorf("signed out: %d %s", p.Status, p.URL)
	}
	_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
	for path, want := range map[string]int{"/operator/cases/meridian-uk/CS-0000-0000": 404, "/operator/cases/nowhere/CS-0000-0000": 404, "/operator/cases/operators/CS-0000-0000": 404, "/operator/cases?state=x&after=y&id=%00": 200} {
		if p := op.Get(path); p.Status != want {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

// A case has beside it what keeps the one who asks from signing in, with the way to their page.
func TestC07_TheCaseBesideThePerson(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "ines", password, func(u *gatehouse.User) { u.Email, u.State = "ines@elsewhere.example", gatehouse.Deactivated })
		c := visitor(t, s, "meridian-uk")
		number := c.Submit(c.Get("/contact"), contactForm, testkit.Values{"email": u.Email, "name": "Ines", "what": "I cannot sign in."}).Want(200).Text("#number")
		_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
		page := op.Get("/operator/cases/meridian-uk/" + number).Want(200)
		if !page.Has("This account is deactivated") || !page.Has("need not belong to the person who is asking") {
			t.Errorf("the case says %q", page.Text("main"))
		}
		if person := op.Follow(page, u.DisplayName()).Want(200); person.URL.Path != "/operator/sites/meridian-uk/users/"+u.ID {
			t.Errorf("the link leads to %s", person.URL)
		}
	})
}
