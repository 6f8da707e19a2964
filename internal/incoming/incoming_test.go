package incoming_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"gatehouse/internal/incoming"
)

var limits = incoming.Limits{Bytes: 4 << 20, Files: 5, FileBytes: 64 << 10}

// letter is a mail with lines that end as in SMTP.
func letter(fields, body string) string {
	return strings.ReplaceAll("From: Ines Duarte <ines@elsewhere.example>\nTo: support@portal.example\nSubject: Re: CS-7F3K-29QX\nMessage-ID: <1@elsewhere.example>\n"+fields+"\n"+body, "\n", "\r\n")
}

func read(t *testing.T, raw string) incoming.Mail {
	t.Helper()
	m, err := incoming.Read(strings.NewReader(raw), limits)
	if err != nil {
		t.Fatalf("%v:\n%.300s", err, raw)
	}
	return m
}

// What people write, without what they answer to.
func TestWords(t *testing.T) {
	const answer = "It works now.\nThank you!"
	quoted := "> Have you tried\n>> it?\n> Support"
	histories := map[string]string{
		"nothing":                 "",
		"English":                 "\n\nOn Tue, 24 Nov 2026 at 10:12, Meridian Support <support@portal.example> wrote:\n" + quoted,
		"English, broken":         "\n\nOn Tue, 24 Nov 2026 at 10:12, Meridian Support\n<support+cs-7f3k-29qx.aaaa@portal.example>\nwrote:\n" + quoted,
		"English, not marked":     "\n\nOn 24/11/2026 10:12, Support wrote:\nHave you tried it?",
		"German":                  "\n\nAm 24.11.2026 um 10:12 schrieb Meridian Support <support@portal.example>:\n" + quoted,
		"German, broken":          "\n\nAm Di., 24. Nov. 2026 um 10:12 Uhr schrieb Meridian Support\n<support@portal.example>:\n" + quoted,
		"French":                  "\n\nLe 24 nov. 2026 à 10:12, Support <support@portal.example> a écrit :\n" + quoted,
		"French, hard blank":      "\n\nLe\u00a024/11/2026 à\u00a010:12, Support a écrit\u00a0:\n" + quoted,
		"name first":              "\n\nMeridian Support <support@portal.example> schrieb am 24.11.2026 10:12:\n" + quoted,
		"a separator":             "\n\n-----Original Message-----\nFrom: Support\nHave you tried it?",
		"a German separator":      "\n\n-----Ursprüngliche Nachricht-----\nVon: Support\nHaben Sie es versucht?",
		"a French separator":      "\n\n-----Message d'origine-----\nDe : Support\nAvez-vous essayé ?",
		"a French one, curly":     "\n\n-----Message d’origine-----\nDe : Support",
		"a line and a header":     "\n\n________________________________\nFrom: Support <support@portal.example>\nSent: 24 November 2026 10:12\nTo: Ines\nSubject: Answer\n\nHave you tried it?",
		"a German header":         "\n\nVon: Support <support@portal.example>\nGesendet: Dienstag, 24. November 2026 10:12\nAn: Ines\nBetreff: Antwort\n\nHaben Sie es versucht?",
		"a French header":         "\n\nDe : Support <support@portal.example>\nEnvoyé : mardi 24 novembre 2026 10:12\nÀ : Ines\nObjet : Réponse\n\nAvez-vous essayé ?",
		"a header with stars":     "\n\n*From:* Support <support@portal.example>\n*Sent:* 24 November 2026\n*To:* Ines\n*Subject:* Answer\n\nTry it.",
		"marks only":              "\n\n" + quoted,
		"French, Expéditeur":      "\n\nExpéditeur: Support\nDate: 24/11/2026\nObjet: Réponse\n\nEssayez.",
		"a forwarded mail within": "\n\n-------- Weitergeleitete Nachricht --------\nBetreff: x\nVon: y",
	}
	for name, history := range histories {
		if m := read(t, letter("Content-Type: text/plain; charset=utf-8\n", answer+history)); m.Text != answer {
			t.Errorf("%s: %q", name, m.Text)
		}
	}
	for name, text := range map[string]string{
		"a story":             "On Monday my colleague wrote:\nnothing at all.",
		"below":               "Yes.\nNo.",
		"from":                "From: here it does not work.\nTo: be honest, nowhere.",
		"only a quotation":    "> all of it\n> is marked",
		"only a header":       "-----Original Message-----\nFrom: x",
		"a line of its own":   "before\n________________________________\nafter",
		"a list with hyphens": "- one\n- two",
	} {
		if m := read(t, letter("", text)); m.Text != text {
			t.Errorf("%s: %q, want %q", name, m.Text, text)
		}
	}
	below := "On Tue, 24 Nov 2026 at 10:12, Support <s@portal.example> wrote:\n> Does it work?\n\nYes.\n\n> And that?\n\nNo."
	if m := read(t, letter("", below)); m.Text != "Yes.\n\nNo." {
		t.Errorf("answers below: %q", m.Text)
	}
}

// Mails of many kinds, made here: each charset in each encoding and each kind of mail.
func TestOddMails(t *testing.T) {
	charsets := map[string]encoding.Encoding{"utf-8": encoding.Nop, "iso-8859-1": charmap.ISO8859_1, "iso-8859-15": charmap.ISO8859_15, "windows-1252": charmap.Windows1252,
		"windows-1250": charmap.Windows1250, "iso-8859-2": charmap.ISO8859_2, "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "IBM850": charmap.CodePage850}
	const words = "Schöne Grüße: es geht nicht."
	made := 0
	for name, charset := range charsets {
		text, err := charset.NewEncoder().String(words)
		if err != nil {
			t.Fatal(err)
		}
		page, err := charset.NewEncoder().String("<html><head><title>x</title><style>p{}</style></head><body><p>Schöne Grüße:\n es&nbsp;geht <b>nicht</b>.</p><div class=\"gmail_quote\">Alt<p>alt</div><script>alert(1)</script></body></html>")
		if err != nil {
			t.Fatal(err)
		}
		for _, how := range []string{"8bit", "base64", "quoted-printable", "BASE64 "} {
			for _, form := range forms {
				m := read(t, form(name, how, text, page))
				if made++; m.Text != words || m.From != "ines@elsewhere.example" || m.Automatic {
					t.Errorf("%s, %s: %+v", name, how, m)
				}
			}
		}
	}
	jis, err := japanese.ISO2022JP.NewEncoder().String("動きません")
	if err != nil {
		t.Fatal(err)
	}
	if m := read(t, letter("Content-Type: text/plain; charset=iso-2022-jp\n", jis)); m.Text != "動きません" {
		t.Errorf("Japanese: %q", m.Text)
	}
	if made < 150 {
		t.Errorf("only %d mails", made)
	}
}

func encode(how, text string) string {
	var b bytes.Buffer
	switch strings.ToLower(strings.TrimSpace(how)) {
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(text))
	case "quoted-printable":
		w := quotedprintable.NewWriter(&b)
		w.Binary = true       // UTF-16 has no line ends to keep
		w.Write([]byte(text)) //nolint:errcheck // a buffer
		w.Close()             //nolint:errcheck // a buffer
		return b.String()
	}
	return text
}

// forms are kinds of mails with the same words.
var forms = []func(charset, how, text, page string) string{
	func(charset, how, text, _ string) string {
		return letter(fmt.Sprintf("Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n", charset, how), "") + encode(how, text)
	},
	func(charset, how, _, page string) string { // HTML only
		return letter(fmt.Sprintf("Content-Type: text/html; charset=\"%s\"\nContent-Transfer-Encoding: %s\n", charset, how), "") + encode(how, page)
	},
	func(charset, how, text, page string) string {
		return letter("Content-Type: multipart/alternative; boundary=\"=_a b\"\n", "") + part("=_a b", "text/html; charset="+charset, how, page) + part("=_a b", "text/plain; charset="+charset, how, text) + "--=_a b--\r\n"
	},
	func(charset, how, text, page string) string { // with an empty text, as some programs make
		return letter("Content-Type: multipart/alternative; boundary=b\n", "") + part("b", "text/plain", "7bit", " \r\n") + part("b", "text/html; charset="+charset, how, page) + "--b--\r\n"
	},
	func(charset, how, text, _ string) string { // cut off: no end
		return letter("Content-Type: multipart/mixed; boundary=b\n", "preamble\n") + part("b", "text/plain; charset="+charset, how, text)
	},
	func(charset, how, text, _ string) string { // in three wrappings
		inner := "--c\r\nContent-Type: multipart/signed; boundary=d\r\n\r\n" + part("d", "text/plain; charset="+charset, how, text) + part("d", "application/pgp-signature", "7bit", "xyz") + "--d--\r\n--c--\r\n"
		return letter("Content-Type: multipart/mixed; boundary=b\n", "") + "--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n" + inner + "--b--\r\n"
	},
}

func part(boundary, kind, how, text string, fields ...string) string {
	head := "--" + boundary + "\r\nContent-Type: " + kind + "\r\nContent-Transfer-Encoding: " + how + "\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	return head + "\r\n" + encode(how, text) + "\r\n"
}

// What no person has written is told apart, and what only looks like it is not.
func TestAutomatic(t *testing.T) {
	for fields, want := range map[string]bool{
		"Auto-Submitted: auto-replied (vacation)\n": true, "Auto-Submitted: auto-generated\n": true, "AUTO-SUBMITTED: Auto-Notified; x=y\n": true,
		"Precedence: bulk\n": true, "Precedence: Auto_Reply\n": true, "Precedence: list\n": true, "Precedence: junk\n": true,
		"List-Id: <a.example>\n": true, "List-Unsubscribe: <https://a.example>\n": true, "X-Auto-Response-Suppress: OOF\n": true,
		"X-Autoreply: yes\n": true, "X-Autorespond: x\n": true, "X-Loop: a\n": true, "Return-Path: <>\n": true, "Return-Path: < >\n": true,
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n": true, "Content-Type: message/delivery-status\n": true,
		"": false, "Auto-Submitted: no\n": false, "Precedence: normal\n": false, "Return-Path: <ines@elsewhere.example>\n": false, "X-Mailer: List-Id\n": false, "Auto-Submitted:\n": false,
	} {
		if m := read(t, letter(fields, "I am away.")); m.Automatic != want {
			t.Errorf("%q: %v", fields, m.Automatic)
		}
	}
	for _, from := range []string{"MAILER-DAEMON@mx.example", "Post <postmaster@mx.example>", "<no-reply@mx.example>"} {
		if m := read(t, "From: "+from+"\r\n\r\nx"); !m.Automatic {
			t.Errorf("from %s", from)
		}
	}
}

// Nobody knows who has written a mail with no author, or two.
func TestAuthor(t *testing.T) {
	for from, want := range map[string]string{
		"From: ines@elsewhere.example\r\n":                           "ines@elsewhere.example",
		"From: =?iso-8859-1?q?In=EAs?= <ines@elsewhere.example>\r\n": "ines@elsewhere.example",
		"From: \"victim@elsewhere.example\" <eve@evil.example>\r\n":  "eve@evil.example",
		"From: a@elsewhere.example, b@elsewhere.example\r\n":         "",
		"From: a@elsewhere.example\r\nFrom: b@elsewhere.example\r\n": "",
		"From: \r\n": "", "Sender: a@elsewhere.example\r\n": "", "From: <<>>\r\n": "", "From: friends: a@elsewhere.example;\r\n": "a@elsewhere.example",
	} {
		if m := read(t, from+"Subject: x\r\n\r\nx"); m.From != want {
			t.Errorf("%q: %q", from, m.From)
		}
	}
}

// Files are taken up to the limits, whatever they are called; what is not is said.
func TestFiles(t *testing.T) {
	big, small := strings.Repeat("x", 20<<10), strings.Repeat("y", 900)
	mixed := func(parts ...string) string {
		return letter("Content-Type: multipart/mixed; boundary=b\n", "") + part("b", "text/plain", "7bit", "See there.") + strings.Join(parts, "") + "--b--\r\n"
	}
	attached := func(name, body string) string {
		return part("b", "application/octet-stream", "base64", body, "Content-Disposition: attachment; filename=\""+name+"\"")
	}
	for name, c := range map[string]struct {
		raw   string
		files int
		left  bool
	}{
		"one":               {mixed(attached("a.png", big)), 1, false},
		"six":               {mixed(attached("1", big), attached("2", big), attached("3", big), attached("4", big), attached("5", big), attached("6", big)), 5, true},
		"too large":         {mixed(attached("a", strings.Repeat("x", 70<<10))), 0, true},
		"empty":             {mixed(attached("a", "")), 0, false},
		"winmail.dat":       {mixed(part("b", "application/ms-tnef; name=winmail.dat", "base64", "\x78\x9f\x3e\x22", "Content-Disposition: attachment; filename=winmail.dat")), 1, false},
		"a logo":            {mixed(part("b", "image/png; name=logo.png", "base64", small, "Content-Id: <1>", "Content-Disposition: inline; filename=logo.png")), 0, false},
		"a pasted picture":  {mixed(part("b", "image/png; name=image001.png", "base64", big, "Content-Id: <1>")), 1, false},
		"a mail":            {mixed(part("b", "message/rfc822", "7bit", "Subject: x\r\n\r\nsecret")), 1, false},
		"a text as a file":  {mixed(part("b", "text/plain", "7bit", "log", "Content-Disposition: attachment; filename=log.txt")), 1, false},
		"broken base64":     {mixed(strings.Replace(attached("a", big), "eHh4", "!!!!", 1)), 0, false},
		"an unknown coding": {mixed("--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: x-uue\r\n\r\n" + big + "\r\n"), 1, false},
	} {
		m := read(t, c.raw)
		if m.Text != "See there." || len(m.Files) != c.files || m.Left != c.left {
			t.Errorf("%s: %q, %d files, left %v", name, m.Text, len(m.Files), m.Left)
		}
	}
}

// What is long, deep or broken costs no more than its limit, and nothing hidden is in what is shown.
func TestLimits(t *testing.T) {
	deep := ""
	for n := range 500 {
		deep += fmt.Sprintf("--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", n, n+1)
	}
	for name, raw := range map[string]string{
		"deep":              letter("Content-Type: multipart/mixed; boundary=b0\n", "") + deep,
		"many":              letter("Content-Type: multipart/mixed; boundary=b\n", "") + strings.Repeat("--b\r\n\r\nx\r\n", 50_000),
		"no boundary":       letter("Content-Type: multipart/mixed\n", "x"),
		"open elements":     letter("Content-Type: text/html\n", strings.Repeat("<blockquote><div>", 15_000)+"x"),
		"a long line":       letter("", strings.Repeat("x", 3<<20)),
		"attributions":      letter("", strings.Repeat("On On On On On\n", 15_000)),
		"an attribute":      letter("Content-Type: text/html\n", "<p "+strings.Repeat("a", 1<<20)+">x"),
		"a bad type":        letter("Content-Type: ;;;=\"\n", "x"),
		"an unknown letter": letter("Content-Type: text/plain; charset=klingon\n", "x"),
		"nothing":           letter("", ""),
	} {
		if m := read(t, raw); len([]rune(m.Text)) > 5000 {
			t.Errorf("%s: %d characters", name, len(m.Text))
		}
	}
	if m := read(t, letter("", "a\x00b\u202ec\x1b[31m\u2066d")); m.Text != "abc[31md" {
		t.Errorf("%q", m.Text)
	}
	if _, err := incoming.Read(strings.NewReader(letter("", strings.Repeat("x", 5<<20))), limits); err != incoming.ErrTooLarge {
		t.Errorf("too large: %v", err)
	}
	for _, raw := range []string{"", strings.Repeat("x: y\r\n", 100_000)} {
		if _, err := incoming.Read(strings.NewReader(raw), limits); err != nil && err != incoming.ErrUnreadable {
			t.Errorf("%.10s: %v", raw, err)
		}
	}
	if _, err := incoming.Read(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(letter("", "x")))), limits); err != iotest.ErrTimeout {
		t.Errorf("the connection breaks: %v", err)
	}
	one, again, other := read(t, letter("", "x")), read(t, letter("", "x")), read(t, "From: ines@elsewhere.example\r\n\r\nx")
	if one.Mark != again.Mark || one.Mark == other.Mark || other.Mark == "" {
		t.Errorf("marks: %q %q %q", one.Mark, again.Mark, other.Mark)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(letter("Content-Type: text/html; charset=utf-16\n", "<p>x<blockquote>")))
	f.Add([]byte(forms[2]("iso-8859-1", "quoted-printable", "x", "<p>x")))
	f.Add([]byte(letter("Content-Type: multipart/mixed; boundary=b\n", "--b\n\n--b--\n--b")))
	f.Add([]byte(letter("", "x\n\nOn 1 wrote:\n> x\n-----Original Message-----\n")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := incoming.Read(bytes.NewReader(raw), limits)
		if err == nil && (len([]rune(m.Text)) > 5000 || len(m.Files) > limits.Files || strings.ContainsAny(m.Text+m.From+m.Subject, "\x00\x1b\u202e") || strings.ContainsAny(m.From+m.Subject, "\n")) {
			t.Errorf("%+v", m)
		}
	})
}
