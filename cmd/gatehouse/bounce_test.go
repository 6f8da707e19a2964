package main

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"gatehouse/internal/testkit"
)

// reportAbout is a report that identifies a message by what it returns.
func reportAbout(messageID string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@relay.example
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Final-Recipient: rfc822; mira@acme.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 unknown user

--b
Content-Type: text/rfc822-headers

Message-ID: <`+messageID+`>

--b--
`, "\n", "\r\n")
}

func TestBounceCommand(t *testing.T) {
	in := install(t, "")
	in.stdin = reportAbout("aaaaaaaaaaaaaaaaaaaaaaaaaa@inkwell.example")
	in.expect(75, "bounce", "there is no database")
	in.expect(0, "migrate")
	in.expect(0, "company create Acme --account-number 1 -s inkwell")
	in.expect(0, "user create mira@acme.example --company 1 --email mira@acme.example -s inkwell")
	in.expect(1, "bounce", "no such message was sent\nNothing was changed.")

	var id string
	db := open(t, in.database)
	must(t, db.QueryRow("SELECT message_id FROM messages").Scan(&id))
	must(t, db.Close())
	token, _, _ := strings.Cut(id, "@")
	in.expect(1, "bounce --recipient bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa@mail.inkwell.example", "no such message")
	in.stdin = "Subject: Out of office\r\n\r\nI am away: " + token + "\r\n"
	in.expect(1, "bounce --recipient bounces+"+token+"@mail.inkwell.example", "it has no part that says what became of a mail")
	in.expect(2, "bounce --recipent x", "--recipient")
	in.expect(1, "bounce --recipient support+cs-2222-2222.aaaaaaaaaaaaaaaaaaaaaaaaaa@mail.inkwell.example", "no such address here\nNothing was changed.")

	in.stdin = reportAbout(id)
	if r := in.expect(0, "bounce"); r.out+r.err != "" {
		t.Errorf("it says %q, which a mail system would mail to somebody", r.out+r.err)
	}
	in.expect(0, "bounce --recipient bounces+"+token+"@mail.inkwell.example") // once more
	in.expect(0, "user show mira@acme.example -s inkwell", "bounced", "550 5.1.1 unknown user", "Mail comes back")
	in.expect(0, "user clear-bounce mira@acme.example -s inkwell", "no longer marked")
	in.expect(0, "user clear-bounce mira@acme.example -s inkwell", "was not marked")
	in.expect(0, "user show mira@acme.example -s inkwell", "Mail comes back  no")

	must(t, os.Rename(filepath.Join(in.dir, "keys"), filepath.Join(in.dir, "lost")))
	in.expect(75, "bounce", "key_file")
	must(t, os.Rename(filepath.Join(in.dir, "lost"), filepath.Join(in.dir, "keys")))
	must(t, os.WriteFile(in.database, []byte("rubbish"), 0o600))
	in.expect(75, "bounce")
}

// The server accepts reports where it is told to, and over TLS if it has a certificate.
func TestServeTakesReports(t *testing.T) {
	s, address := prepare(t, testkit.SQLiteURL(t)), freeAddresses(t, 1)[0]
	replaceInFile(t, filepath.Join(s.dir, "gatehouse.yaml"), "key_file: keys\n", "key_file: keys\nbounces:\n  listen: "+address+"\n")
	s.start()
	c, err := smtp.DialStartTLS(address, &tls.Config{InsecureSkipVerify: true})
	must(t, err)
	defer c.Close()
	must(t, c.Mail("", nil))
	var refused *smtp.SMTPError
	if err := c.Rcpt("bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa@mail.inkwell.example", nil); !errors.As(err, &refused) || refused.Code != 550 {
		t.Errorf("an address that no message has: %v", err)
	}
	other := prepare(t, testkit.SQLiteURL(t))
	replaceInFile(t, filepath.Join(other.dir, "gatehouse.yaml"), "key_file: keys\n", "key_file: keys\nbounces:\n  listen: "+address+"\n")
	in := &installation{t: t, dir: other.dir, file: filepath.Join(other.dir, "gatehouse.yaml")}
	in.expect(1, "serve", "bounces.listen: "+address+" cannot be had")
}
