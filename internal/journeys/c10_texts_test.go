package journeys

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const (
	newPhoneForm = "form[action='/account/security/phone']"
	phoneForm    = "form[action^='/account/security/phone/']"
	mobile       = "+447400123456"
)

// texting is each, with phones that get text messages, up to a limit per day.
func texting(t *testing.T, perDay int, test func(t *testing.T, s *testkit.Server, p *testkit.Phones)) {
	t.Helper()
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		p := testkit.NewPhones(t)
		test(t, testkit.NewServer(t, url, p.With(perDay)), p)
	})
}

// addPhone adds a phone on My account's pages.
func addPhone(t *testing.T, p *testkit.Phones, c *testkit.Client, typed, number string) *testkit.Page {
	t.Helper()
	q := c.Submit(c.Get("/account/security/phone").Want(200), newPhoneForm, testkit.Values{"phone": typed}).Want(200)
	return c.Submit(q, phoneForm, testkit.Values{"code": p.Code(number)}).Want(200)
}

// A phone counts once a code sent to it has been entered, and is requested at the next
// sign-in.
func TestC10_ACodeByTextMessage(t *testing.T) {
	texting(t, 1000, func(t *testing.T, s *testkit.Server, phones *testkit.Phones) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		p := c.Follow(c.Get("/account/security").Want(200), "Add a mobile phone").Want(200)
		if !p.Has("A text message is the weakest option") {
			t.Errorf("%q", p.Text("main"))
		}
		for typed, says := range map[string]string{
			"": "Enter your mobile number", "my phone": "Enter a phone number, such as",
			"020 7946 0018": "That is not a mobile number", "+44 909 879 0123": "That is not a mobile number",
			"+1 506 234 5678": "We do not send text messages to that country", "+999 123456": "Enter a phone number",
		} {
			bad := c.Submit(p, newPhoneForm, testkit.Values{"phone": typed}).Want(422)
			if !bad.Has(says) || bad.Find("#phone").AttrOr("value", "") != typed {
				t.Errorf("%q: %q", typed, bad.Text("main"))
			}
		}
		waiting := c.Submit(p, newPhoneForm, testkit.Values{"phone": "07400 123 456"}).Want(200)
		code := phones.Code(mobile)
		if bad := c.Submit(waiting, phoneForm, testkit.Values{"code": not(code)}).Want(422); !bad.Has("That is not the code that we sent to this number") || s.User(u).Factors != 0 {
			t.Errorf("%q", bad.Text("main"))
		}
		if p := enterless(t, s, u); p.URL.Path != "/" {
			t.Errorf("a phone that never answered asks for something: %s", p.URL)
		}
		p = c.Submit(waiting, phoneForm, testkit.Values{"code": code}).Want(200)
		if !p.Has("Save your recovery codes") {
			t.Fatalf("%q", p.Text("main"))
		}
		if m := mailAbout(t, s, u.Email, "A phone was added"); !strings.Contains(m.Text, "56") || strings.Contains(m.Text, "7400") {
			t.Errorf("%s", m.Text)
		}

		s.Clock.Add(time.Minute)
		other := visitor(t, s, "meridian-uk")
		q := wantCodePage(t, other, u)
		if !q.Has("Get a code by text message") || !q.Has("•• 56") || q.Has("7400") || len(phones.Texts(mobile)) != 1 {
			t.Errorf("%d texts: %q", len(phones.Texts(mobile)), q.Text("main"))
		}
		q = other.Press(q, "Send a text message", nil).Want(200)
		code = phones.Code(mobile)
		if bad := other.Press(q, "Send another text message", nil); bad.Status != http.StatusTooManyRequests {
			t.Errorf("a second one at once: %d", bad.Status)
		}
		if bad := enterCode(other, q, not(code)).Want(422); !bad.Has("You have 4 tries left") {
			t.Errorf("%q", bad.Text("main"))
		}
		wantHome(t, enterCode(other, q, code))
		if n := mailsAbout(s, "code for"); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}
		admin := administratorOf(t, s, gatehouse.User{SiteID: u.SiteID, CompanyID: u.CompanyID})
		if p := admin.Get("/company/users/" + u.ID).Want(200); !p.Has("Codes by text message (weaker than the others)") || !p.Has("To •• 56") || p.Has("7400") {
			t.Errorf("%q", p.Text("main"))
		}
		text := phones.Texts(mobile)[1].Text
		if !strings.HasSuffix(text, "@uk.localhost #"+code) {
			t.Errorf("%q", text)
		}
	})
}

// The cost of text messages is limited: per number, per account, and per installation.
func TestC10_TextMessagesStop(t *testing.T) {
	texting(t, 4, func(t *testing.T, s *testkit.Server, phones *testkit.Phones) {
		refused := 0
		for i := range 4 {
			u := s.AddUser("meridian-uk", fmt.Sprintf("user%d", i), password, nil)
			c := visitor(t, s, "meridian-uk")
			wantHome(t, signIn(c, u.Username, password))
			p := c.Submit(c.Get("/account/security/phone").Want(200), newPhoneForm, testkit.Values{"phone": fmt.Sprintf("0740012345%d", i)})
			if p.Status == http.StatusTooManyRequests {
				if refused++; !p.Has("Too many text messages today") {
					t.Errorf("%q", p.Text("main"))
				}
			}
		}
		if refused != 2 { // two at once, two more over the day
			t.Errorf("%d of 4 are refused", refused)
		}
		s.Mail.Wait(t, "security@platform.example")
		if n := mailsAbout(s, "text messages have stopped"); n != 1 {
			t.Errorf("%d mails about it", n)
		}
		s.Clock.Add(12 * time.Hour)
		u := s.AddUser("meridian-uk", "later", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		addPhone(t, phones, c, mobile, mobile)
	})
}

// A gateway that refuses, a number that is replaced, the last way removed.
func TestC10_APhoneThatIsReplacedAndRemoved(t *testing.T) {
	texting(t, 1000, func(t *testing.T, s *testkit.Server, phones *testkit.Phones) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		addPhone(t, phones, c, mobile, mobile)
		s.Clock.Add(time.Minute)
		addPhone(t, phones, c, "+49 1512 3456789", "+4915123456789")
		if got := s.User(u).Factors; got != 1 {
			t.Errorf("%d factors", got)
		}
		p := c.Get("/account/security").Want(200)
		if !p.Has("•• 89") || p.Has("•• 56") {
			t.Errorf("%q", p.Text("main"))
		}

		phones.Answer(http.StatusBadRequest)
		s.Clock.Add(time.Minute)
		other := visitor(t, s, "meridian-uk")
		q := other.Press(wantCodePage(t, other, u), "Send a text message", nil).Want(200)
		testkit.Eventually(t, "the page says that it could not be sent", func() bool {
			q = other.Get("/sign-in/code?way=text").Want(200)
			return q.Has("could not be sent")
		})
		phones.Answer(http.StatusOK)
		s.Clock.Add(2 * time.Minute)
		q = other.Press(q, "Send another text message", nil).Want(200)
		wantHome(t, enterCode(other, q, phones.Code("+4915123456789")))

		p = c.Follow(c.Get("/account/security").Want(200), "Change").Want(200)
		p = c.Submit(p, "form[action$='/remove']", nil).Want(200)
		if !p.Has("The phone has been removed") || s.User(u).Factors != 0 {
			t.Errorf("%q", p.Text("main"))
		}
	})
}
