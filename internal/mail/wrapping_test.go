package mail

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"

	"gatehouse"
)

// wrapping is how a report is written: what mail systems and those in between do to it.
type wrapping struct{ random *rand.Rand }

func (w wrapping) one(of ...string) string { return of[w.random.IntN(len(of))] }

func (w wrapping) sometimes() bool { return w.random.IntN(3) == 0 }

// cased writes a name in random case.
func (w wrapping) cased(name string) string {
	return w.one(name, name, strings.ToLower(name), strings.ToUpper(name))
}

func (w wrapping) field(name, value string) string {
	if w.sometimes() && strings.Contains(value, " ") {
		value = strings.Replace(value, " ", w.one("\n ", "\n\t", "\n    "), 1)
	}
	return w.cased(name) + w.one(": ", ":", " : ", ":  ") + value + w.one("", "", " ", "\t") + "\n"
}

// status is the part that counts.
func (w wrapping) status() string {
	gap := w.one("\n", "\n", "", "\n\n", " \n")
	about := w.field("Reporting-MTA", "dns; relay.example") + w.one("", "X-Queue: something that is no field follows\nlike this one\n")
	fields := []string{
		w.field("Final-Recipient", w.one("rfc822; ", "RFC822;", "utf-8; ", "")+"hanna@lindenhof.example"),
		w.field("Action", w.one("failed", "Failed", "FAILED", "failed (bad destination)", "failed;")),
		w.field("Status", w.one("5.1.1", "5.1.1 (unknown)")),
		w.field("Diagnostic-Code", w.one("smtp; ", "SMTP;", "")+"550 5.1.1 unknown user"),
	}
	if w.sometimes() { // blank lines everywhere, as CRCRLF leaves them
		return about + "\n" + strings.Join(fields, "\n")
	}
	if w.sometimes() {
		fields[0], fields[1] = fields[1], fields[0]
	}
	return about + gap + strings.Join(fields, "")
}

// part is an entity with a head.
func (w wrapping) part(kind, content string) string {
	head := w.field("Content-Type", kind)
	if w.sometimes() {
		head += w.field("Content-Description", "a part of it")
	}
	switch w.random.IntN(4) {
	case 0:
		coded := base64.StdEncoding.EncodeToString([]byte(content))
		return head + w.field("Content-Transfer-Encoding", w.one("base64", "BASE64")) + "\n" + coded[:len(coded)/2] + "\n" + coded[len(coded)/2:] + "\n"
	case 1:
		var b strings.Builder
		q := quotedprintable.NewWriter(&b)
		q.Write([]byte(content)) //nolint:errcheck // into memory
		q.Close()                //nolint:errcheck // into memory
		return head + w.field("Content-Transfer-Encoding", "quoted-printable") + "\n" + strings.ReplaceAll(b.String(), "\r\n", "\n") + "\n"
	}
	return head + "\n" + content
}

// multi puts parts into one; depth keeps the boundaries apart.
func (w wrapping) multi(depth int, parts ...string) string {
	boundary := fmt.Sprintf("=_%d/%s", depth, w.one("relay.example", "b", "--"))
	kind := w.one("multipart/report; report-type=delivery-status; boundary=%q", "multipart/report; boundary=%q", "multipart/mixed; boundary=%q",
		"Multipart/Report; report-type=\"disposition-notification\"; BOUNDARY=%q", "multipart/alternative; boundary=%q; boundary=%[1]q", "multipart/x-odd; =; boundary=%q")
	text := w.field("Content-Type", fmt.Sprintf(kind, boundary)) + w.one("\n", "\nThis is a MIME-encapsulated message\n\n")
	for _, part := range parts {
		text += "--" + boundary + w.one("", " ", "\t") + "\n" + part + "\n"
	}
	return text + w.one("--"+boundary+"--\n", "", "--"+boundary+"--")
}

// report wraps the part that counts as often as it likes.
func (w wrapping) report() string {
	words := w.part(w.one("text/plain; charset=utf-8", "text/plain; charset=no-such", "text/html", "text/plain; ="), "Your mail could not be delivered.\nAction: none is needed\n")
	returned := w.one(
		"Content-Type: message/rfc822\n\nDate: today\nMessage-ID: <"+reportToken+"@uk.meridian.example>\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nKepu-37fan\n--a--\n",
		w.part("text/rfc822-headers", "From: a\nMessage-Id: <"+reportToken+"@uk.meridian.example>\n"),
		w.part("message/rfc822-headers", "MESSAGE-ID:\n <"+strings.ToUpper(reportToken)+"@uk.meridian.example>\n"))
	kind := w.cased(w.one("message/delivery-status", "message/delivery-status", "message/global-delivery-status")) + w.one("", "; charset=utf-16", "; name=\"details.txt\"", "; =")
	inner := w.multi(0, words, w.part(kind, w.status()), returned)
	for depth := 1; depth < 4 && w.sometimes(); depth++ {
		inner = w.one(
			w.multi(depth, words, inner),
			w.multi(depth, inner, words),
			"Content-Type: message/rfc822\n\nSubject: wrapped\n"+inner)
	}
	text := w.one("", "From MAILER-DAEMON Sat Nov 21 14:33:10 2026\n") + w.field("From", "MAILER-DAEMON@relay.example") + w.field("Subject", "Undelivered Mail") + inner
	return strings.ReplaceAll(text, "\n", w.one("\r\n", "\n", "\r", "\r\r\n"))
}

// However a report is wrapped, it says the same.
func TestReportsInWhateverWrapping(t *testing.T) {
	want := ReportRecipient{"hanna@lindenhof.example", gatehouse.DeliveryFailed, "5.1.1", "550 5.1.1 unknown user"}
	for seed := range uint64(4000) {
		text := wrapping{rand.New(rand.NewPCG(seed, 7))}.report()
		got, err := ReadReport(strings.NewReader(text))
		if err != nil || len(got.Recipients) != 1 || got.Recipients[0] != want || got.Token != reportToken {
			t.Fatalf("seed %d: %+v, %v\n%q", seed, got, err, text)
		}
	}
}

// Wrappings that were overlooked before, each by itself.
func TestReportsInOddWrappings(t *testing.T) {
	const group = "Final-Recipient: rfc822; hanna@lindenhof.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
	for name, text := range map[string]string{
		"multipart/mixed":               "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n" + group + "--x--\r\n",
		"the part alone":                "Content-Type: message/delivery-status\r\n\r\n" + group,
		"no boundary named":             "Content-Type: multipart/report\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n" + group + "--x--\r\n",
		"no blank line behind the head": "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n" + group + "--x--\r\n",
		"flattened to text":             "Content-Type: text/plain\r\n\r\nThis is the mail system.\r\n\r\n" + group + "\r\nThe message follows.\r\n",
		"flattened, and without a type": "Subject: undelivered\r\n\r\n" + group,
		"two recipients in one group":   "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; list@lindenhof.example\r\nAction: delayed\r\nStatus: 4.0.0\r\n" + group,
	} {
		got, err := ReadReport(strings.NewReader(text))
		if err != nil || len(got.Recipients) == 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		last := got.Recipients[len(got.Recipients)-1]
		if last.Action != gatehouse.DeliveryFailed || last.Status != "5.1.1" || last.Email != "hanna@lindenhof.example" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, text := range map[string]string{
		"an answer that quotes half of one": "Content-Type: text/plain\r\n\r\n> Action: failed\r\nAction: failed\r\nStatus: done\r\n",
		"nothing but boundaries":            "Content-Type: multipart/report; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n", 5000),
		"one in another without end":        strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 5000) + group,
	} {
		if got, err := ReadReport(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
