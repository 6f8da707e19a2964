package journeys

import (
	"strings"

	"gatehouse/internal/testkit"
)

// asker writes to support as somebody who has signed in, and as somebody who has not, and reads what
// becomes of it.
func asker(w *walker) {
	name := w.user("asker")
	w.s.AddUser(w.st.ID, name, password, nil)
	w.signIn(name, password)
	w.at("/support/cases")
	w.at("/contact")
	w.b.Fill("what", "  ")
	w.failing(nil, "what")
	w.b.Fill("what", "The code never comes.")
	w.b.Press("Send")
	w.b.See("CS-")
	w.look()
	w.at("/support/cases")
	w.b.Follow("The code never comes.")
	w.look()
	w.b.Fill("text", "  ")
	w.failing(nil, "text")

	w.b = testkit.Browser(w.t)
	w.b.Open(w.s.URL(w.st.ID, "/contact"))
	w.failing([][2]string{{"email", "ines@"}, {"name", "Ines"}, {"what", "Nothing works."}}, "email")
	w.b.AllowErrors("404")
	w.at("/support/cases/open")
	w.b.Open(w.s.URL(w.st.ID, "/contact"))
	w.fill([][2]string{{"email", "ines@elsewhere.example"}, {"name", "Ines"}, {"what", "Nothing works."}})
	w.b.Press("Send")
	w.b.See("CS-")
	w.b.Open(w.s.URL(w.st.ID, caseLinkTo(w, "ines@elsewhere.example")))
	w.look()
	w.b.Press("Yes, show my message")
	w.b.See("Nothing works.")
	w.look()
	w.b.Fill("text", "  ")
	w.failing(nil, "text")
}

func caseLinkTo(w *walker, address string) string {
	w.t.Helper()
	return caseLink(w.t, w.s.Mail.Wait(w.t, address))
}

// desk is the operators' side of it, for one who has signed in.
func desk(w *walker) {
	w.t.Helper()
	c := visitor(w.t, w.s, "meridian-uk")
	number := c.Submit(c.Get("/contact"), contactForm, testkit.Values{"email": "desk@elsewhere.example", "name": strings.Repeat("x", 60), "what": "Nothing works."}).Want(200).Text("#number")
	w.at("/operator/cases")
	w.at("/operator/cases?whose=mine")
	w.at("/operator/cases/meridian-uk/" + number)
	w.b.Press("Send the answer")
	w.lookFailed(nil, "text")
}
