package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/mail"
)

func newInbox(t *testing.T) *Inbox {
	t.Helper()
	b, err := OpenInbox("127.0.0.1:0", atNoon)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

// send hands over a mail as any mail server does.
func send(t *testing.T, b *Inbox, to []string, lines ...string) {
	t.Helper()
	must(t, smtp.SendMail(b.Addr(), nil, "no-reply@sender.example", to, []byte(strings.Join(lines, "\r\n")+"\r\n")))
}

func newHandler(t *testing.T, a Accounts, b *Inbox) http.Handler {
	t.Helper()
	return newHandlerAt(t, a, b, atNoon)
}

func newHandlerAt(t *testing.T, a Accounts, b *Inbox, now func() time.Time) http.Handler {
	t.Helper()
	h, err := Handler(a, b, now, slog.New(slog.DiscardHandler))
	must(t, err)
	return h
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
	return w
}

// testMails: what seeding enqueues goes through the real sender into the inbox, and each
// user's mail says what is listed.
func (g *stage) testMails(t *testing.T) {
	b := newInbox(t)
	host, port, err := net.SplitHostPort(b.Addr())
	must(t, err)
	sender := &mail.Sender{Store: g.Store, Sites: g.sites.ByID, Keys: g.keys, Now: atNoon, Log: slog.New(slog.DiscardHandler), Refusals: &mail.Refusals{},
		SMTP: mail.SMTP{Host: host, Port: port, Security: mail.Plain}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sender.Run(ctx) }()
	queued := len(casts) * 4
	for range 1000 {
		if len(b.Mails("", "")) == queued {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-done
	if n := len(b.Mails("", "")); n != queued || n > 12 {
		t.Fatalf("%d mails arrived, want %d, at most 12", n, queued)
	}
	for i, s := range g.accounts.Sites {
		for j, a := range s.Accounts {
			p := casts[i].people[j]
			mails := b.Mails(strings.ToUpper(a.Email), "")
			if a.Email == "" || len(mails) == 0 && !p.mailed {
				continue
			}
			if len(mails) != 1 || !p.mailed {
				t.Fatalf("%d mails to %s", len(mails), a.Email)
			}
			m := mails[0]
			wanted := a.Username
			if p.state != StateLocked {
				wanted = a.Password
			}
			if !strings.Contains(m.Text, wanted) || !strings.Contains(m.HTML, wanted) || m.To != a.Email ||
				!strings.Contains(m.From, s.Site.Sender.Address) || m.Subject == "" {
				t.Errorf("the mail to %s is %+v", a.Email, m)
			}
		}
	}
}

func TestInboxReadsMails(t *testing.T) {
	b := newInbox(t)
	send(t, b, []string{"ann@example.example", "bob@example.example"},
		"From: =?utf-8?q?Caf=C3=A9?= <cafe@sender.example>", "To: ann@example.example",
		"Subject: =?utf-8?b?w5xiZXI=?= all", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="one"`, "",
		"--one", `Content-Type: multipart/alternative; boundary="two"`, "",
		"--two", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "caf=C3=A9 =", "au lait", "",
		"--two", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", "PGI+aGk8L2I+", "--two--", "",
		"--one", "Content-Type: text/plain", "", "an attachment", "--one--")
	send(t, b, []string{"ann@example.example"}, "Subject: bare", "", "only text")
	send(t, b, []string{"ann@example.example"}, `Content-Type: multipart/mixed; boundary="x"`, "Subject: broken", "", "--x", "nothing of use")

	all := b.Mails("", "")
	if len(all) != 4 || all[0].Subject != "broken" || all[1].Text != "only text\n" || all[3].To != "ann@example.example" || all[2].To != "bob@example.example" {
		t.Fatalf("the inbox holds %+v", all)
	}
	m := all[3]
	if m.From != "Café <cafe@sender.example>" || m.Subject != "Über all" || m.Text != "café au lait\n" || m.HTML != "<b>hi</b>" || !m.At.Equal(noon) {
		t.Errorf("read %+v", m)
	}
	if only := b.Mails(" Bob@Example.example", ""); len(only) != 1 || only[0].ID != all[2].ID {
		t.Errorf("to Bob: %+v", only)
	}
	if later := b.Mails("ann@example.example", all[1].ID); len(later) != 1 || later[0].ID != all[0].ID {
		t.Errorf("after the second: %+v", later)
	}
	if other := b.Mails("", "99999"); len(other) != 4 {
		t.Errorf("an ID of an earlier demo hides mails: %d", len(other))
	}
}

func TestInboxKeepsTheNewest(t *testing.T) {
	b := newInbox(t)
	for i := range keptMails + 20 {
		b.add("ann@example.example", Mail{Subject: fmt.Sprint(i)})
	}
	all := b.Mails("", "")
	if len(all) != keptMails || all[0].Subject != fmt.Sprint(keptMails+19) || all[keptMails-1].Subject != "20" {
		t.Errorf("%d mails, %q to %q", len(all), all[0].Subject, all[len(all)-1].Subject)
	}
	if _, ok := b.Mail("1"); ok {
		t.Error("the first one is still there")
	}
}

func TestInboxRefuses(t *testing.T) {
	b := newInbox(t)
	big := "Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 500)+"\r\n", mailBytes/500)
	err := smtp.SendMail(b.Addr(), nil, "a@sender.example", []string{"ann@example.example"}, []byte(big))
	if err == nil || !strings.HasPrefix(err.Error(), "552") {
		t.Errorf("a mail that is too large: %v", err)
	}
	if err := smtp.SendMail(b.Addr(), nil, "a@sender.example", []string{"ann@example.example"}, []byte("no header\r\n")); err == nil {
		t.Error("taken: what is no mail")
	}
	if n := len(b.Mails("", "")); n != 0 {
		t.Errorf("%d mails were kept", n)
	}
	must(t, b.Close())
	if _, err := net.DialTimeout("tcp", b.Addr(), time.Second); err == nil {
		t.Error("takes mail after Close")
	}
	if _, err := OpenInbox("nonsense", atNoon); err == nil {
		t.Error("opened at an address that is none")
	}
}

func TestInboxIsForThisMachine(t *testing.T) {
	b, err := OpenInbox(":0", atNoon)
	must(t, err)
	defer b.Close()
	if !strings.HasPrefix(b.Addr(), "127.0.0.1:") {
		t.Errorf("listens at %s", b.Addr())
	}
}

func TestInboxPages(t *testing.T) {
	b := newInbox(t)
	h := newHandler(t, Accounts{}, b)
	if w := get(t, h, "/inbox/messages"); w.Body.String() != "[]\n" {
		t.Errorf("an empty inbox is %q", w.Body)
	}
	send(t, b, []string{"ann@example.example"}, "From: a@sender.example", "Subject: first", "Content-Type: text/html", "", "<html><head></head><p>Hello</p></html>")
	send(t, b, []string{"bob@example.example"}, "From: a@sender.example", "Subject: second", "", "Text")
	first := b.Mails("ann@example.example", "")[0].ID

	for path, want := range map[string][]string{
		"/inbox":                                  {"first", "second"},
		"/inbox?to=ann@example.example":           {"first"},
		"/inbox?message=" + first:                 {"first", "second", "/inbox/messages/" + first + ".html"},
		"/inbox/messages/" + first:                {"first", "second", "/inbox/messages/" + first + ".html"},
		"/inbox/messages/" + first + "?to=nobody": {"first"},
	} {
		w := get(t, h, path)
		if w.Code != http.StatusOK || w.Header().Get("Content-Security-Policy") != InboxPolicy {
			t.Errorf("%s: %d, %v", path, w.Code, w.Header())
		}
		for _, word := range want {
			if !strings.Contains(w.Body.String(), word) {
				t.Errorf("%s does not show %s", path, word)
			}
		}
		if !slices.Contains(want, "second") && strings.Contains(w.Body.String(), "second") {
			t.Errorf("%s shows a mail of somebody else", path)
		}
	}

	w := get(t, h, "/inbox/messages/"+first+".html")
	if w.Header().Get("Content-Security-Policy") != MailPolicy || w.Header().Get("X-Frame-Options") != "SAMEORIGIN" ||
		!strings.Contains(w.Body.String(), "<p>Hello</p>") || !strings.Contains(w.Body.String(), `<base target="_blank">`) {
		t.Errorf("the framed mail: %v %s", w.Header(), w.Body)
	}
	for _, path := range []string{"/inbox/messages/77", "/inbox?message=77", "/inbox/messages/77.html", "/inbox/messages/2.html", "/nothing", "/inbox/"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestInboxAnswersScripts(t *testing.T) {
	b := newInbox(t)
	h := newHandler(t, Accounts{}, b)
	send(t, b, []string{"ann@example.example"}, "From: Site <a@sender.example>", "Subject: one", "", "Text")
	send(t, b, []string{"ann@example.example"}, "From: a@sender.example", "Subject: two", "", "Text")
	send(t, b, []string{"bob@example.example"}, "From: a@sender.example", "Subject: three", "", "Text")
	ask := func(query string) (mails []map[string]any) {
		w := get(t, h, "/inbox/messages"+query)
		if w.Header().Get("Content-Type") != "application/json; charset=utf-8" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", query, w.Header())
		}
		must(t, json.Unmarshal(w.Body.Bytes(), &mails))
		return mails
	}
	mails := ask("?to=ann@example.example")
	if len(mails) != 2 || mails[0]["subject"] != "two" || mails[1]["subject"] != "one" {
		t.Fatalf("to Ann: %v", mails)
	}
	want := map[string]any{"id": mails[1]["id"], "to": "ann@example.example", "from": "Site <a@sender.example>", "subject": "one",
		"at": "2026-11-21T12:00:00Z", "text": "Text\n", "html": ""}
	if fmt.Sprint(mails[1]) != fmt.Sprint(want) {
		t.Errorf("a mail is %v, want %v", mails[1], want)
	}
	if newer := ask("?after=" + mails[0]["id"].(string)); len(newer) != 1 || newer[0]["subject"] != "three" {
		t.Errorf("after the second: %v", newer)
	}
}

// TestMailsAreInert: anything in a mail is text on our pages.
func TestMailsAreInert(t *testing.T) {
	b := newInbox(t)
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	send(t, b, []string{"ann@example.example"}, "From: "+evil+" <a@sender.example>", "Subject: "+evil, "", evil, "javascript:alert(3)")
	h := newHandler(t, Accounts{}, b)
	id := b.Mails("", "")[0].ID
	for _, path := range []string{"/inbox", "/inbox?message=" + id, "/inbox?to=" + strings.ReplaceAll(evil, " ", "+")} {
		body := get(t, h, path).Body.String()
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img") || strings.Contains(body, `"javascript:`) {
			t.Errorf("%s: markup of a mail is markup of the page", path)
		}
	}
	if body := get(t, h, "/inbox?message="+id).Body.String(); !strings.Contains(body, "&lt;script&gt;alert(1)") {
		t.Error("the subject is not shown")
	}
	if body := get(t, h, "/inbox/messages").Body.String(); strings.Contains(body, "<script") {
		t.Error("markup in the JSON is not escaped")
	}
}
