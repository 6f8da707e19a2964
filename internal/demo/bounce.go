package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Addresses at these domains show what happens to mail that does not arrive: at the
// first one nobody is known, at the other mail is accepted and bounces.
const (
	refusedDomain = "nobody.example"
	goneDomain    = "gone.example"
)

var errNobody = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user here"}

func isAt(address, domain string) bool {
	return strings.HasSuffix(strings.ToLower(address), "@"+domain)
}

// ReportTo sets where reports about bounced mail are accepted, HOST:PORT.
func (b *Inbox) ReportTo(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reports = address
}

// bounce sends a report about a mail to its sender, as the mail system of that address
// would: over SMTP, with an empty sender (RFC 3464).
func (b *Inbox) bounce(from, to string) {
	b.mu.Lock()
	address := b.reports
	b.mu.Unlock()
	if address == "" || from == "" {
		return
	}
	b.bounces.Go(func() {
		c, err := smtp.Dial(address)
		if err != nil {
			return // the demo is ending
		}
		defer c.Close()
		c.CommandTimeout, c.SubmissionTimeout = mailPatience, mailPatience
		c.SendMail("", []string{from}, strings.NewReader(report(from, to, b.now()))) //nolint:errcheck // nobody is left to tell
	})
}

// report is a delivery status notification. It returns nothing of the mail, which
// contains a password.
func report(from, to string, at time.Time) string {
	const text = `From: MAILER-DAEMON@%[2]s
To: %[1]s
Subject: Undeliverable mail
Date: %[4]s
Message-ID: <%[5]d@%[2]s>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain

Your mail to %[3]s could not be delivered: there is no such mailbox.

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.%[2]s

Final-Recipient: rfc822; %[3]s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <%[3]s>: there is no such mailbox

--report--
`
	return strings.ReplaceAll(fmt.Sprintf(text, from, goneDomain, to, at.Format(time.RFC1123Z), at.UnixNano()), "\n", "\r\n")
}
