package mail_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/sms"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// phones is a gateway that keeps what it gets, and answers as told.
type phones struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []sms.Message
}

func newPhones(t *testing.T) *phones {
	p := &phones{status: http.StatusAccepted}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m sms.Message
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err := json.Unmarshal(body, &m); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if p.got = append(p.got, m); p.status >= 400 {
			http.Error(w, "refused: "+m.Text, p.status)
			return
		}
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *phones) answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func (p *phones) all() []sms.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sms.Message(nil), p.got...)
}

// texting is a sender of text messages through a gateway.
func (b *bench) texting(p *phones, log *testkit.Log) *mail.Sender {
	b.t.Helper()
	g, err := sms.New(sms.Settings{URL: p.URL, Method: "POST", Timeout: time.Minute,
		Body: `{"ID": {{json .ID}}, "To": {{json .To}}, "Text": {{json .Text}}, "Site": {{json .Site}}}`})
	if err != nil {
		b.t.Fatal(err)
	}
	s := b.sender(mail.SMTP{})
	s.Gateway = g
	if log != nil {
		s.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return s
}

// text enqueues a text message, good for ten minutes.
func (b *bench) text(code string) (row store.Message) {
	b.t.Helper()
	b.clock.Add(time.Millisecond)
	now := b.clock.Now()
	u := gatehouse.User{ID: "usr_1", SiteID: b.site.ID, CompanyID: "com_1", Locale: "en-GB"}
	err := b.store.Write(b.t.Context(), func(q store.Queries) error {
		m, err := b.outbox.WriteText(b.site, u, "+447400123456",
			mail.TextMessage{Purpose: mail.TextSignIn, Code: code, At: now, ExpiresAt: now.Add(10 * time.Minute)})
		if err != nil {
			return err
		}
		if err := q.InsertMessage(b.t.Context(), m); err != nil {
			return err
		}
		row, err = q.Message(b.t.Context(), b.site.ID, m.ID)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return row
}

func TestTextMessagesGoToTheGateway(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b, p, server, log := newBench(t, url), newPhones(t), testkit.NewSMTP(t), &testkit.Log{}
		texts, mails := b.texting(p, log), b.sender(config(t, server))
		b.run(texts)
		b.run(mails)
		text, letter := b.text("418207"), b.message(mail.Samples()["locked"])
		if !text.Secret || text.Recipient != "tel:+447400123456" || strings.Contains(text.Subject+string(text.Body), "418207") {
			t.Errorf("the row: %+v", text)
		}
		b.await(texts, text, store.MessageSent)
		b.await(mails, letter, store.MessageSent)
		got := p.all()
		if len(got) != 1 || got[0].To != "+447400123456" || got[0].ID != text.ID || got[0].Site != b.site.ID ||
			!strings.HasPrefix(got[0].Text, "418207 is your code to sign in to Meridian UK.") || !strings.HasSuffix(got[0].Text, "\n\n@portal.uk.meridian.example #418207") {
			t.Errorf("the gateway has %+v", got)
		}
		if n := len(server.All()); n != 1 {
			t.Errorf("the mail server has %d mails", n)
		}

		p.answer(http.StatusServiceUnavailable)
		late := b.text("530118")
		row := b.await(texts, late, store.MessageDeferred)
		if !strings.Contains(row.Reply, "503") || strings.Contains(row.Reply, "530118") {
			t.Errorf("deferred: %q", row.Reply)
		}
		p.answer(http.StatusOK)
		b.clock.Add(row.DueAt.Sub(b.clock.Now()))
		b.await(texts, late, store.MessageSent)

		p.answer(http.StatusBadRequest)
		row = b.await(texts, b.text("774102"), store.MessageRefused)
		if !strings.Contains(row.Reply, "400 Bad Request refused: … is your code") || row.Body != nil {
			t.Errorf("refused: %q", row.Reply)
		}
		p.answer(http.StatusTooManyRequests)
		late = b.text("118530")
		row = b.await(texts, late, store.MessageDeferred)
		b.clock.Add(10 * time.Minute)
		b.await(texts, late, store.MessageExpired)
		for _, code := range []string{"418207", "530118", "774102", "118530"} {
			if strings.Contains(log.String(), code) {
				t.Errorf("the log has a code:\n%s", log)
			}
		}
	})
}

// gsm are the letters of which 160 fit in one message (3GPP TS 23.038).
const gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

func TestTextMessagesAreShort(t *testing.T) {
	s := mail.TestSite()
	for _, lang := range []string{"en-GB", "de", "fr"} {
		for _, purpose := range []mail.TextPurpose{mail.TextSignIn, mail.TextConfirm} {
			s := site.Site{Site: s.Site, Languages: []string{lang}, Zone: time.UTC}
			words := mail.TextMessage{Purpose: purpose, Code: "418207", At: mail.TestTime, ExpiresAt: mail.TestTime.Add(10 * time.Minute)}.Words(&s, lang)
			for _, r := range words {
				if !strings.ContainsRune(gsm, r) {
					t.Errorf("%s: %q has %q, which GSM does not", lang, words, r)
				}
			}
			if n := len([]rune(words)); n > 160 || !strings.HasPrefix(words, "418207 ") {
				t.Errorf("%s: %d letters: %q", lang, n, words)
			}
		}
	}
}
