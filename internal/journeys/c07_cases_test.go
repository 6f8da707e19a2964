package journeys

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const (
	contactForm = "form[action='/contact']"
	openForm    = "form[action='/support/cases/open']"
)

// screenshot is a small picture with a text hidden behind it.
func screenshot(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), "<script>hidden</script>"...)
}

// caseLink is the path of the link in a mail to a stranger.
func caseLink(t *testing.T, m testkit.Mail) string {
	t.Helper()
	for _, link := range m.Links() {
		if at := strings.Index(link, "/support/cases/open?token="); at >= 0 {
			return link[at:]
		}
	}
	t.Fatalf("no link in\n%s", m.Text)
	return ""
}

// A stranger writes to support: a number at once, a confirmation without a word of theirs, and the
// conversation for the one who reads the address's mail, once they say that it was them.
func TestC07_AStrangerWritesToSupport(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		lost := c.Get("/no/such/page")
		form := c.Follow(lost, "Contact support")
		if got, want := form.Find("#reference").AttrOr("value", ""), reference.FindString(lost.Text("main")); got != want || want == "" {
			t.Errorf("the reference is filled in as %q, want %q", got, want)
		}
		for _, want := range []string{"0345 010 0482", "help@uk.meridian.example"} {
			if !form.Has(want) {
				t.Errorf("no %s on the page", want)
			}
		}
		wrong := c.Upload(form, contactForm, "files", "..%2f", []byte(`<svg onload="alert(1)"/>`), testkit.Values{"email": "ines", "name": "Ines", "what": "The code\nnever comes."})
		if wrong.Status != 422 || !wrong.Has("Enter an email address like") || wrong.Text("#what") != "The code never comes." {
			t.Errorf("%d %q", wrong.Status, wrong.Text("main"))
		}
		wrong = c.Upload(wrong, contactForm, "files", "..%2f", []byte(`<svg onload="alert(1)"/>`), testkit.Values{"email": "ines@elsewhere.example"})
		if wrong.Status != 422 || !wrong.Has("“..%2f” is not a PNG") || !wrong.Has("Choose your files again") {
			t.Errorf("%d %q", wrong.Status, wrong.Text("main"))
		}
		sent := c.Upload(wrong, contactForm, "files", "shot.png", screenshot(t), testkit.Values{"tried": "evil.example https://evil.example"})
		number := sent.Text("#number")
		if sent.Status != 200 || !strings.HasPrefix(number, "CS-") {
			t.Fatalf("%d %q", sent.Status, sent.Text("main"))
		}
		confirmation := s.Mail.Wait(t, "ines@elsewhere.example")
		for _, never := range []string{"Ines", "never comes", "evil"} {
			if strings.Contains(confirmation.Text+confirmation.Header.Get("Subject"), never) {
				t.Errorf("the confirmation says %q:\n%s", never, confirmation.Text)
			}
		}
		if !strings.Contains(confirmation.Text, number) {
			t.Errorf("no number in\n%s", confirmation.Text)
		}
		if notice := s.Mail.Wait(t, "help@uk.meridian.example"); !strings.Contains(notice.Text, number) || !strings.Contains(notice.Text, "The code never comes.") {
			t.Errorf("support is told\n%s", notice.Text)
		}
		theStrangerReadsTheirCase(t, s, confirmation, number)
	})
}

func theStrangerReadsTheirCase(t *testing.T, s *testkit.Server, confirmation testkit.Mail, number string) {
	t.Helper()
	writer := visitor(t, s, "meridian-uk") // the browser in which it was written has no link
	if p := writer.Get("/support/cases/open"); p.Status != 404 || p.Has("never comes") {
		t.Errorf("without a link: %d %q", p.Status, p.Text("main"))
	}
	reader := visitor(t, s, "meridian-uk")
	asked := reader.Get(caseLink(t, confirmation))
	if asked.URL.RawQuery != "" || asked.Text("h1") != "Did you write to us?" || asked.Has("never comes") || asked.Has("Ines") {
		t.Errorf("before it is confirmed: %s %q", asked.URL, asked.Text("main"))
	}
	page := reader.Press(asked, "Yes, show my message", nil)
	if page.Status != 200 || !page.Has("never comes") || !page.Has(number) || page.Find("main a[href*='evil']").Length() > 0 {
		t.Errorf("%d %q", page.Status, page.Text("main"))
	}
	file := reader.Follow(page, "shot.png")
	if file.Status != 200 || bytes.Contains(file.Body, []byte("hidden")) || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") ||
		file.Header.Get("Content-Type") != "application/octet-stream" || file.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file: %d %v", file.Status, file.Header)
	}
	page = reader.Submit(page, openForm, testkit.Values{"text": "It is still so."})
	if page.Status != 200 || !page.Has("It is still so.") || !page.Has("Your message has been sent") {
		t.Errorf("a reply: %d %q", page.Status, page.Text("main"))
	}
	if notice := s.Mail.Wait(t, "help@uk.meridian.example"); !strings.Contains(notice.Text, "It is still so.") {
		t.Errorf("support is told\n%s", notice.Text)
	}
	empty := reader.Submit(page, openForm, testkit.Values{"text": "  "})
	if empty.Status != 422 || !empty.Has("Write something first") {
		t.Errorf("an empty reply: %d %q", empty.Status, empty.Text("main"))
	}
}

// Somebody who gets the confirmation without having written says so, and reads nothing of what was.
func TestC07_SomebodyElsesAddress(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		write := func() {
			form := c.Get("/contact")
			if p := c.Submit(form, contactForm, testkit.Values{"email": "victim@elsewhere.example", "name": "Call 0900 666", "what": "Call 0900 666 at once " + long(5)}); p.Status != 200 {
				t.Errorf("%d %q", p.Status, p.Text("main"))
			}
			s.Mail.Wait(t, "help@uk.meridian.example")
		}
		write()
		victim := visitor(t, s, "meridian-uk")
		link := caseLink(t, s.Mail.Wait(t, "victim@elsewhere.example"))
		said := victim.Press(victim.Get(link), "It was not me", nil)
		if said.Status != 200 || !said.Has("it was not you") {
			t.Errorf("%d %q", said.Status, said.Text("main"))
		}
		if again := victim.Get(link); again.Status != http.StatusGone || again.Has("0900") {
			t.Errorf("the link afterwards: %d %q", again.Status, again.Text("main"))
		}
		for range 4 { // the mailbox cannot be filled from here
			c = visitor(t, s, "meridian-uk")
			write()
		}
		if n := len(s.Mail.Unread("victim@elsewhere.example")); n > 2 {
			t.Errorf("%d more mails to an address that anybody may type", n)
		}
	})
}

// A user writes signed in, finds the conversation in their list, and nobody else does.
func TestC07_AUserWritesToSupport(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-uk", "other", password, func(u *gatehouse.User) { u.Email = "other@northgate.example"; u.Role = gatehouse.RoleAdmin })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		s.Mail.Wait(t, u.Email) // about the new device
		if p := c.Get("/support/cases"); !p.Has("No messages yet") {
			t.Errorf("an empty list: %q", p.Text("main"))
		}
		form := c.Get("/contact")
		if form.Find(contactForm+" #email").Length() > 0 || !form.Has(u.Email) {
			t.Errorf("the form of somebody known: %q", form.Text(contactForm))
		}
		sent := c.Submit(form, contactForm, testkit.Values{"what": "<b>Orders</b> are gone", "since": "Monday"})
		again := c.Submit(form, contactForm, testkit.Values{"what": "<b>Orders</b> are gone", "since": "Monday"})
		if again.Text("#number") != sent.Text("#number") {
			t.Errorf("a double click made two cases: %s and %s", sent.Text("#number"), again.Text("#number"))
		}
		m := s.Mail.Wait(t, u.Email)
		number := sent.Text("#number")
		if !strings.Contains(m.Text, "/support/cases/"+number) || strings.Contains(m.Text, "token=") {
			t.Errorf("the confirmation of a user:\n%s", m.Text)
		}
		list := c.Get("/support/cases")
		one := c.Follow(list, "<b>Orders</b> are gone")
		if one.Status != 200 || !one.Has("Monday") || one.URL.Path != "/support/cases/"+number {
			t.Errorf("%d %s %q", one.Status, one.URL, one.Text("main"))
		}
		other := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(other, "other", password))
		for _, path := range []string{"/support/cases/" + number, "/support/cases/" + number + "/files/fil_1", "/support/cases/CS-0000-0000"} {
			if p := other.Get(path); p.Status != 404 || p.Has("Orders") {
				t.Errorf("%s of somebody else: %d", path, p.Status)
			}
		}
		if p := visitor(t, s, "meridian-uk").Get("/support/cases/" + number); !strings.HasPrefix(p.URL.Path, "/sign-in") {
			t.Errorf("signed out: %s", p.URL)
		}
	})
}

// Files that are too large or too many are told about at their field, with nothing typed lost, and
// strangers are limited.
func TestC07_TooMuch(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	c := visitor(t, s, "meridian-uk")
	form := c.Get("/contact")
	typed := testkit.Values{"email": "ines@elsewhere.example", "name": "Ines", "what": "It hangs."}
	big := append([]byte("%PDF-1.7"), make([]byte, 50<<20)...)
	if p := c.Upload(form, contactForm, "files", "all.pdf", big, typed); p.Status != 422 || !p.Has("“all.pdf” is larger than 5 MB") || p.Text("#what") != "It hangs." {
		t.Errorf("50 MB: %d %q", p.Status, p.Text("main"))
	}
	if p := c.Upload(form, contactForm, "files", "all.pdf", make([]byte, 70<<20), typed); p.Status != 422 || !p.Has("too large") || p.Text("#what") != "It hangs." {
		t.Errorf("70 MB: %d %q", p.Status, p.Text("main"))
	}
	stale := visitor(t, s, "meridian-uk")
	if p := stale.Upload(form, contactForm, "files", "a.png", screenshot(t), typed); p.Status < 400 {
		t.Errorf("a form of another browser: %d", p.Status)
	}
	limited := 0
	for n := range 14 {
		typed["what"] = "It hangs " + strings.Repeat("!", n)
		if p := c.Submit(form, contactForm, typed); p.Status == http.StatusTooManyRequests {
			if limited++; !p.Has("in a short time") || !strings.HasPrefix(p.Text("#what"), "It hangs") {
				t.Errorf("too many: %q", p.Text("main"))
			}
		}
	}
	if limited == 0 {
		t.Error("a stranger may write without end")
	}
}
