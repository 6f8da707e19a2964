package journeys

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// sendLetter sends a mail as the mail system of its author does.
func sendLetter(address, envelope, to, text string) error {
	c, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail(envelope, []string{to}, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")))
}

// code is the answer of a mail server; 0: it has taken the mail.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	refused, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		t.Fatal(err)
	}
	return refused.Code
}

var repliesTo = regexp.MustCompile(`^<?(support\+(cs-[0-9a-z]{4}-[0-9a-z]{4})\.([a-z2-7]{26})@mail\.uk\.meridian\.example)>?$`)

// caseByMail begins a stranger's case whose address is confirmed, and returns its number and the
// address for replies.
func caseByMail(t *testing.T, s *testkit.Server, email string) (number, replies string) {
	t.Helper()
	c := visitor(t, s, "meridian-uk")
	number = c.Submit(c.Get("/contact"), contactForm, testkit.Values{"email": email, "name": "Ines", "what": "The code never comes."}).Want(200).Text("#number")
	m := s.Mail.Wait(t, email)
	found := repliesTo.FindStringSubmatch(m.Header.Get("Reply-To"))
	if found == nil || !strings.Contains(m.Text, "reply to this email") || !strings.EqualFold(found[2], number) {
		t.Fatalf("replies go to %q:\n%s", m.Header.Get("Reply-To"), m.Text)
	}
	reader := visitor(t, s, "meridian-uk")
	reader.Press(reader.Get(caseLink(t, m)), "Yes, show my message", nil).Want(200)
	s.Mail.Wait(t, "help@uk.meridian.example")
	return number, found[1]
}

// A customer answers by mail, with a screenshot and the old mail below: support reads what is new.
// Nobody gets a mail about it but support.
func TestC07_AnswersByMail(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const ines = "ines@elsewhere.example"
		address := takesReports(t, s)
		number, replies := caseByMail(t, s, ines)
		_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
		path := "/operator/cases/meridian-uk/" + number
		op.Press(op.Get(path), "Send the answer", testkit.Values{"text": "Look in the spam folder."}).Want(200)
		if m := s.Mail.Wait(t, ines); !strings.Contains(m.Header.Get("Reply-To"), replies) {
			t.Errorf("an answer takes replies at %q", m.Header.Get("Reply-To"))
		}
		letter := "From: Ines <INES@elsewhere.example>\nTo: " + replies + "\nSubject: Re: Answer\nMessage-ID: <one@elsewhere.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nNot there =96 d=E9sol=E9e. <script>alert(1)</script>\n\nOn Tue, 24 Nov 2026 at 10:12, Support <support@portal.example> wrote:\n> Look in the spam folder.\n--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=\"../shot.png\"\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString(screenshot(t)) + "\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+Ig==\n--b--\n"
		for range 2 { // mail comes twice when an answer of the server is lost
			if got := code(t, sendLetter(address, ines, strings.ToUpper(replies[:8])+replies[8:], letter)); got != 0 {
				t.Fatalf("refused: %d", got)
			}
		}
		page := op.Get(path).Want(200)
		for _, want := range []string{"désolée. <script>alert(1)</script>", "by email", "shot.png", "Waiting for support"} {
			if !page.Has(want) {
				t.Errorf("no %q in %q", want, page.Text("main"))
			}
		}
		if n := strings.Count(page.Text("main"), "désolée"); n != 1 || strings.Count(page.Text("main"), "spam folder") != 1 {
			t.Errorf("it is there %d times: %q", n, page.Text("main"))
		}
		if notice := s.Mail.Wait(t, "help@uk.meridian.example"); !strings.Contains(notice.Text, "désolée") || !strings.Contains(notice.Header.Get("Subject"), number) {
			t.Errorf("support is told\n%s", notice.Text)
		}
		if got := s.Mail.Unread(ines); len(got) != 0 {
			t.Errorf("a mail was answered:\n%s", got[0].Text)
		}
	})
}

// A mail from somebody else waits for a person, who lets it in or drops it; the customer sees nothing
// of it before.
func TestC07_SomebodyElsesMailWaits(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database)
		const ines = "ines@elsewhere.example"
		address := takesReports(t, s)
		number, replies := caseByMail(t, s, ines)
		_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
		path := "/operator/cases/meridian-uk/" + number
		op.Press(op.Get(path), "Send the answer", testkit.Values{"text": "Look there."}).Want(200)
		link := caseLink(t, s.Mail.Wait(t, ines))
		reader := visitor(t, s, "meridian-uk")
		send := func(from, text string) {
			t.Helper()
			if got := code(t, sendLetter(address, "x@evil.example", replies, "From: "+from+"\nMessage-ID: <"+text+"@evil.example>\n\n"+text+" says it\n")); got != 0 {
				t.Fatalf("%s: %d", from, got)
			}
		}
		send("Eve <eve@evil.example>", "eve")
		send("\""+ines+"\" <eve@evil.example>", "disguise")
		send(ines+", eve@evil.example", "two")
		if p := reader.Get(link).Want(200); p.Has("says it") {
			t.Errorf("the customer reads %q", p.Text("main"))
		}
		page := op.Get(path).Want(200)
		if !page.Has("eve@evil.example") || !page.Has("Answered") || !page.Has("disguise says it") {
			t.Errorf("support reads %q", page.Text("main"))
		}
		if notice := s.Mail.Wait(t, "help@uk.meridian.example"); !strings.Contains(notice.Text, "came from an address that is not the case’s") {
			t.Errorf("support is told\n%s", notice.Text)
		}
		page = op.Press(page, "Accept it", nil).Want(200)
		page = op.Press(page, "Delete it", nil).Want(200)
		page = op.Press(page, "Delete it", nil).Want(200)
		if !page.Has("eve says it") || page.Has("disguise says it") || page.Has("two says it") || !page.Has("Waiting for support") {
			t.Errorf("afterwards: %q", page.Text("main"))
		}
		if p := reader.Get("/support/cases/open").Want(200); !p.Has("eve says it") || p.Has("disguise says it") {
			t.Errorf("the customer reads %q", p.Text("main"))
		}
		var let, dropped, replied int // it is the operator who settles, and the customer who replies
		err := testkit.Raw(t, database).QueryRow(`SELECT
			(SELECT COUNT(*) FROM events WHERE kind = 'case.settled' AND user_id = '' AND actor_kind = 'operator' AND detail LIKE '%"let_in":"yes"%'),
			(SELECT COUNT(*) FROM events WHERE kind = 'case.settled' AND user_id = '' AND actor_kind = 'operator' AND detail LIKE '%"let_in":"no"%'),
			(SELECT COUNT(*) FROM events WHERE kind = 'case.replied' AND actor_kind = 'operator')`).Scan(&let, &dropped, &replied)
		if err != nil || let != 1 || dropped != 2 || replied != 0 {
			t.Errorf("%d let in, %d dropped, %d replied: %v", let, dropped, replied, err)
		}
	})
}

// What a program has written is dropped and never answered, and what is for nobody is refused, with
// one answer for a wrong number, a forged signature and another site's case.
func TestC07_MailForNobody(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const ines = "ines@elsewhere.example"
		address := takesReports(t, s)
		number, replies := caseByMail(t, s, ines)
		notice := s.Mail.All()[0] // a mail of ours
		for name, c := range map[string]struct{ envelope, fields string }{
			"an absence note":      {ines, "From: " + ines + "\nAuto-Submitted: auto-replied\n"},
			"without a sender":     {"", "From: " + ines + "\n"},
			"from a list":          {ines, "From: " + ines + "\nList-Id: <all.elsewhere.example>\n"},
			"from our own address": {ines, "From: no-reply@uk.meridian.example\n"},
			"from itself":          {ines, "From: " + replies + "\n"},
			"our own mail":         {ines, "From: " + ines + "\nMessage-ID: " + notice.Header.Get("Message-ID") + "\n"},
			"nothing at all":       {ines, "From: " + ines + "\n"},
		} {
			text := "I am away, says " + name
			if name == "nothing at all" {
				text = ""
			}
			if got := code(t, sendLetter(address, c.envelope, replies, c.fields+"\n"+text+"\n")); got != 0 {
				t.Errorf("%s: %d, which makes a report about a report", name, got)
			}
		}
		local, domain, _ := strings.Cut(replies, "@")
		forged := local[:len(local)-1] + map[bool]string{true: "b", false: "a"}[strings.HasSuffix(local, "a")]
		for name, to := range map[string]string{"forged": forged + "@" + domain, "unknown": "support+cs-2222-2222." + strings.Repeat("a", 26) + "@" + domain,
			"without": "support+" + strings.ToLower(number) + "@" + domain, "plain": "support@" + domain, "another site's": local + "@mail.au.meridian.example"} {
			if err := sendLetter(address, ines, to, "From: "+ines+"\n\nx\n"); code(t, err) != 550 || !strings.Contains(err.Error(), "No such address here") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := sendLetter(address, ines, notice.From, "From: "+ines+"\n\nx\n"); code(t, err) != 550 {
			t.Errorf("a person writes to the address for reports: %v", err)
		}
		_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
		if page := op.Get("/operator/cases/meridian-uk/" + number).Want(200); page.Has("I am away") || page.Has("by email") {
			t.Errorf("support reads %q", page.Text("main"))
		}
		if got := len(s.Mail.Unread(ines)) + len(s.Mail.Unread("help@uk.meridian.example")); got != 0 {
			t.Errorf("%d mails were written about them", got)
		}
	})
}

// A mail of 30 MB is read to its end, and one beyond the limit refused; without end there is none.
func TestC07_LargeAndMuchMail(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	const ines = "ines@elsewhere.example"
	address := takesReports(t, s)
	number, replies := caseByMail(t, s, ines)
	large := func(megabytes int) string {
		line := strings.Repeat("eHh4", 18) + "\n"
		return "From: " + ines + "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nIt is large.\n--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat(line, megabytes<<20/len(line)) + "\n--b--\n"
	}
	if got := code(t, sendLetter(address, ines, replies, large(30))); got != 0 {
		t.Errorf("30 MB: %d", got)
	}
	if got := code(t, sendLetter(address, ines, replies, large(42))); got != 552 {
		t.Errorf("42 MB: %d", got)
	}
	_, op, _ := operatorWithApp(t, s, "ohale", gatehouse.RoleSupport)
	if page := op.Get("/operator/cases/meridian-uk/" + number).Want(200); !page.Has("It is large.") || page.Has("a.pdf") {
		t.Errorf("support reads %q", page.Text("main"))
	}
	later := 0
	for n := range 14 {
		if code(t, sendLetter(address, ines, replies, "From: "+ines+"\nMessage-ID: <"+strings.Repeat("x", n+1)+"@elsewhere.example>\n\nAgain!\n")) == 451 {
			later++
		}
	}
	if later == 0 {
		t.Error("a case takes mail without end")
	}
}
