package mail_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"mime"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// sendOne sends a message over SMTP and returns it as it arrived.
func sendOne(t *testing.T, change func(*bench, *mail.Sender, *mail.Recipient), msg mail.Message) testkit.Mail {
	t.Helper()
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	s, to := b.sender(config(t, server)), mail.TestRecipient()
	if change != nil {
		change(b, s, &to)
	}
	row := b.send(to, msg)
	b.run(s)
	b.await(s, row, store.MessageSent)
	got := server.All()
	if len(got) != 1 {
		t.Fatalf("%d mails arrived", len(got))
	}
	return got[0]
}

// headersOf counts the fields of a raw message.
func headersOf(t *testing.T, raw []byte) (names map[string]int, body []byte) {
	t.Helper()
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		t.Fatal("the message has no body")
	}
	names = map[string]int{}
	for _, line := range strings.Split(string(head), "\r\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			continue
		}
		name, _, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("a line of the header is %q", line)
		}
		names[name]++
	}
	return names, body
}

var messageID = regexp.MustCompile(`^<[a-z2-7]{26}@uk\.meridian\.example>$`)

// E01 to E11 of every kind.
func TestHeaderCensus(t *testing.T) {
	want := []string{"Date", "From", "To", "Reply-To", "Subject", "Message-ID", "MIME-Version", "Content-Type",
		"Content-Language", "Auto-Submitted", "X-Auto-Response-Suppress"}
	for name, msg := range mail.Samples() {
		t.Run(name, func(t *testing.T) {
			m := sendOne(t, nil, msg)
			names, body := headersOf(t, m.Raw)
			for _, w := range want {
				if names[w] != 1 {
					t.Errorf("%s is there %d times", w, names[w])
				}
				delete(names, w)
			}
			if len(names) > 0 {
				t.Errorf("headers that nobody asked for: %v", names)
			}
			replyTo := "<help@uk.meridian.example>"
			if own, ok := msg.(interface{ ReplyTo() string }); ok && own.ReplyTo() != "" {
				replyTo = "<" + own.ReplyTo() + ">"
			}
			for header, value := range map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
				"Content-Language": "en-GB", "Mime-Version": "1.0", "Reply-To": replyTo,
				"From": `"Meridian UK" <no-reply@uk.meridian.example>`, "To": `"Hanna" <hanna.kruse@lindenhof.example>`,
				"Date": "Sat, 21 Nov 2026 14:32:00 +0000"} {
				if got := m.Header.Get(header); got != value {
					t.Errorf("%s is %q, want %q", header, got, value)
				}
			}
			checkBytes(t, m.Raw)
			if plain, page := bytes.Index(body, []byte("text/plain")), bytes.Index(body, []byte("text/html")); plain < 0 || page < plain {
				t.Error("the plain part is not first (E04)")
			}
			if kind, _, err := mime.ParseMediaType(m.Header.Get("Content-Type")); err != nil || kind != "multipart/alternative" {
				t.Errorf("the type is %s, %v", kind, err)
			}
			if n := strings.Count(string(body), "quoted-printable"); n != 2 {
				t.Errorf("%d parts are quoted-printable", n)
			}
			if id := m.Header.Get("Message-ID"); !messageID.MatchString(id) {
				t.Errorf("the Message-ID %s tells something (E02)", id)
			}
			if m.From != "no-reply@uk.meridian.example" || len(m.To) != 1 || m.To[0] != "hanna.kruse@lindenhof.example" {
				t.Errorf("the envelope is %s to %v", m.From, m.To)
			}
			r, err := mail.Render(mail.TestSite(), mail.TestRecipient(), msg)
			if err != nil || m.Text != r.Text || m.HTML != r.HTML || m.Subject != r.Subject {
				t.Errorf("what arrived is not what was written: %v", err)
			}
		})
	}
}

// A language with letters beyond ASCII goes out just the same.
func TestOtherLanguagesOverSMTP(t *testing.T) {
	for _, lang := range []string{"de", "fr"} {
		b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
		s, to := b.sender(config(t, server)), mail.TestRecipient()
		b.site, to.Lang = mail.SiteIn(lang), lang
		rows := map[string]store.Message{}
		for name, msg := range mail.Samples() {
			rows[name] = b.send(to, msg)
		}
		b.run(s)
		for _, row := range rows {
			b.await(s, row, store.MessageSent)
		}
		arrived := map[string]testkit.Mail{}
		for _, m := range server.All() {
			arrived[m.Header.Get("Message-ID")] = m
		}
		for name, msg := range mail.Samples() {
			m := arrived["<"+rows[name].MessageID+">"]
			r, err := mail.Render(b.site, to, msg)
			if err != nil || m.Text != r.Text || m.HTML != r.HTML || m.Subject != r.Subject {
				t.Errorf("%s in %s: what arrived is not what was written: %v", name, lang, err)
			}
			if got := m.Header.Get("Content-Language"); got != lang {
				t.Errorf("%s is in %s, not %s", name, got, lang)
			}
			checkBytes(t, m.Raw)
		}
	}
}

// checkBytes: E05.
func checkBytes(t *testing.T, raw []byte) {
	t.Helper()
	for line := range bytes.SplitAfterSeq(raw, []byte("\n")) {
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if len(line) > 0 && !ok || bytes.ContainsAny(text, "\r\n\x00") {
			t.Errorf("a line does not end in CRLF: %q", line)
		}
		if len(text) > 78 {
			t.Errorf("a line of %d octets: %q", len(text), text)
		}
		for _, c := range text {
			if c >= 0x80 {
				t.Errorf("a line that is not ASCII: %q", text)
				break
			}
		}
	}
}

// E07, ASVS 1.3.11: a name of any kind adds no header, and is in the ones there are.
func TestNoHeaderInjection(t *testing.T) {
	for _, v := range []string{"Eve\r\nBcc: all@victims.example", "Eve\nX-Evil: 1", "Eve\x00", "Eve\u2028Bcc: x", "Eve\u2029Bcc: x",
		"Eve\u0085Bcc: x", `Eve" <evil@evil.example>, "`, "Zoë Müller", "李雷 and a name that goes on and on and on and on and on and on",
		"=?utf-8?q?=0D=0ABcc:_x?=", strings.Repeat("x", 3000)} {
		m := sendOne(t, func(b *bench, _ *mail.Sender, to *mail.Recipient) {
			to.Name, b.site.Name, b.site.Sender.Name, b.site.Sender.Postal = v, v, v, v
		}, mail.Samples()["locked"])
		names, _ := headersOf(t, m.Raw)
		if len(names) != 11 || names["Bcc"]+names["X-Evil"] > 0 {
			t.Errorf("%q: the headers are %v", v, names)
		}
		for line := range bytes.SplitSeq(m.Raw, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
				t.Errorf("%q: a line is %q", v, line)
			}
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != mail.TestRecipient().Email {
			t.Errorf("%q: To is %v, %v", v, m.Header.Get("To"), err)
		}
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != mail.TestSite().Sender.Address || strings.ContainsAny(from[0].Name, "\r\n\x00\u2028") {
			t.Errorf("%q: From is %v, %v", v, m.Header.Get("From"), err)
		}
		if strings.ContainsAny(m.Subject, "\r\n\x00\u2028\u2029\u0085") {
			t.Errorf("%q: the subject is %q", v, m.Subject)
		}
	}
}

// B20.
func TestStagingIsInTheSender(t *testing.T) {
	m := sendOne(t, func(b *bench, _ *mail.Sender, _ *mail.Recipient) { b.site.Staging = true }, mail.Samples()["locked"])
	if from, err := netmail.ParseAddress(m.Header.Get("From")); err != nil || from.Name != "[Staging] Meridian UK" {
		t.Errorf("From is %v, %v", from, err)
	}
}

func TestDateHasTheSitesZone(t *testing.T) {
	m := sendOne(t, func(b *bench, _ *mail.Sender, _ *mail.Recipient) { b.site.Zone = time.FixedZone("AEDT", 11*3600) }, mail.Samples()["locked"])
	if got := m.Header.Get("Date"); got != "Sun, 22 Nov 2026 01:32:00 +1100" {
		t.Errorf("Date is %q", got)
	}
}

// E21.
func TestDKIM(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaDER, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	other := mail.DKIM{Domain: "elsewhere.example", Selector: "s", Key: edKey}
	for name, c := range map[string]struct {
		key    crypto.Signer
		record string
	}{
		"rsa":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaDER)},
		"ed25519": {edKey, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)},
	} {
		for i, kind := range slices.Sorted(maps.Keys(mail.Samples())) {
			if i%budget.Of(6, 1) != 0 {
				continue
			}
			msg := mail.Samples()[kind]
			key := mail.DKIM{Domain: "meridian.example", Selector: "mail2026", Key: c.key}
			m := sendOne(t, func(b *bench, s *mail.Sender, to *mail.Recipient) {
				s.DKIM, to.Name = []mail.DKIM{other, key}, "Zoë Müller"
			}, msg)
			options := &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
				if domain != "mail2026._domainkey.meridian.example" {
					return nil, fmt.Errorf("asked for %s", domain)
				}
				return []string{c.record}, nil
			}}
			v, err := dkim.VerifyWithOptions(bytes.NewReader(m.Raw), options)
			if err != nil || len(v) != 1 || v[0].Err != nil {
				t.Fatalf("%s, %s: the signature is not good: %v %+v", name, kind, err, *v[0])
			}
			checkSignature(t, m, v[0])
			second := append([]byte("From: Evil <evil@evil.example>\r\n"), m.Raw...)
			if v, err := dkim.VerifyWithOptions(bytes.NewReader(second), options); err == nil && v[0].Err == nil {
				t.Errorf("%s: a second From leaves the signature good", name)
			}
		}
	}
	if key := (mail.DKIM{Key: edKey}); key.Type() != "ed25519" || (mail.DKIM{Key: rsaKey}).Type() != "rsa" {
		t.Error("the type of a key is wrong")
	}
}

func checkSignature(t *testing.T, m testkit.Mail, v *dkim.Verification) {
	t.Helper()
	signed := map[string]int{}
	for _, h := range v.HeaderKeys {
		signed[strings.ToLower(h)]++
	}
	for _, h := range []string{"to", "subject", "date", "message-id", "mime-version", "content-type"} {
		if signed[h] != 1 {
			t.Errorf("%s is signed %d times", h, signed[h])
		}
	}
	if signed["from"] != 2 {
		t.Errorf("From is signed %d times", signed["from"])
	}
	if tags := m.Header.Get("DKIM-Signature"); regexp.MustCompile(`(^|;)\s*l=`).MatchString(tags) || !strings.Contains(tags, "c=relaxed/relaxed") {
		t.Errorf("the signature is %s", tags)
	}
}

func TestLoadDKIM(t *testing.T) {
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	der, err := x509.MarshalPKCS8PrivateKey(edKey)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := mail.LoadDKIM("b.example", "s", write("good", "PRIVATE KEY", der)); err != nil || d.Type() != "ed25519" {
		t.Errorf("an Ed25519 key: %v", err)
	}
	for name, path := range map[string]string{
		"no key": write("none", "PRIVATE KEY", []byte("x")), "no file": filepath.Join(t.TempDir(), "none"),
		"a certificate": write("cert", "CERTIFICATE", der),
	} {
		if _, err := mail.LoadDKIM("b.example", "s", path); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := mail.LoadDKIM("", "s", write("good", "PRIVATE KEY", der)); err == nil {
		t.Error("no domain: no error")
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.LoadDKIM("b.example", "s", write("short", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short))); err == nil {
		t.Error("an RSA key of 1024 bits: no error")
	}
}

// E06.
func TestSMTPUTF8(t *testing.T) {
	m := sendOne(t, func(_ *bench, _ *mail.Sender, to *mail.Recipient) { to.Email = "müller@bücher.example" }, mail.Samples()["locked"])
	if m.To[0] != "müller@xn--bcher-kva.example" {
		t.Errorf("it went to %v", m.To)
	}
	b, without := newBench(t, testkit.SQLiteURL(t)), &script{}
	s, to := b.sender(without.start(t)), mail.TestRecipient()
	to.Email = "müller@b.example"
	refused := b.send(to, mail.Samples()["locked"])
	b.run(s)
	if got := b.await(s, refused, store.MessageRefused, store.MessageDeferred, store.MessageSent); got.State != store.MessageRefused || !strings.Contains(got.Reply, "SMTPUTF8") {
		t.Errorf("it is %s: %s", got.State, got.Reply)
	}
	ascii := b.message(mail.Samples()["locked"])
	b.await(s, ascii, store.MessageSent)
	if without.count("MAIL FROM") != 1 {
		t.Error("something was said about an address that the server cannot take")
	}
}

// Enqueueing for an address that nothing can be sent to writes nothing, and the
// caller's transaction can go on.
func TestEnqueueRefuses(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	to := mail.TestRecipient()
	to.Email = "nowhere"
	err := b.store.Write(t.Context(), func(q store.Queries) error {
		if err := b.outbox.Enqueue(t.Context(), q, b.site, to, mail.Samples()["locked"]); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("an invalid address: %v", err)
		}
		expired := mail.TemporaryPassword{Username: "u", Password: "p", ExpiresAt: b.clock.Now()}
		if err := b.outbox.Enqueue(t.Context(), q, b.site, mail.TestRecipient(), expired); err == nil {
			t.Error("an expired password: no error")
		}
		return b.outbox.Enqueue(t.Context(), q, b.site, mail.TestRecipient(), mail.Samples()["locked"])
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, _, err := b.store.Read().MailQueue(context.Background(), b.clock.Now()); n != 1 || err != nil {
		t.Errorf("%d messages wait, %v", n, err)
	}
}
