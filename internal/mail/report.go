package mail

import (
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"regexp"
	"strings"

	"gatehouse"
)

// Report is a delivery status notification (RFC 3464). Nothing of the returned mail is
// kept except what identifies it: it may contain a code or a password.
type Report struct {
	// Token is from the returned mail's Message-ID; empty if none of ours is returned.
	Token      string
	Recipients []ReportRecipient
}

// ReportRecipient is what became of the mail to one recipient. Strangers wrote all of
// it; each field is one line.
type ReportRecipient struct {
	Email  string
	Action gatehouse.DeliveryAction
	// Status is a code of RFC 3463, such as 5.1.1.
	Status string
	// Diagnostic is what the other mail server said, where there was one.
	Diagnostic string
}

// refusal is what the report says, for the rule that judges it.
func (r ReportRecipient) refusal() gatehouse.Refusal {
	return gatehouse.ReportedRefusal(r.Status, r.Diagnostic)
}

// Text is what there is to say about a recipient.
func (r ReportRecipient) Text() string {
	if strings.Contains(r.Diagnostic, r.Status) {
		return r.Diagnostic
	}
	return strings.TrimSpace(r.Status + " " + r.Diagnostic)
}

// ErrNoReport is why a mail is useless: it is not a delivery status notification, or is
// about none of our messages.
var ErrNoReport = errors.New("this is no report about a message from here")

// Limits of a report. Real ones have three parts, some 10 KiB and one recipient.
const (
	reportBytes      = 1 << 20
	reportParts      = 60
	reportDepth      = 6
	reportRecipients = 50
	reportLines      = 2000
)

// ReadReport reads a delivery status notification to its end, no matter how it is wrapped. Its
// error is ErrNoReport for anything else, or the reader's. No error contains anything of the
// mail.
func ReadReport(r io.Reader) (Report, error) {
	source := &bounded{r: r, left: reportBytes}
	report, err := readReport(source)
	io.Copy(io.Discard, source) //nolint:errcheck // the source remembers its error
	if source.err != nil {
		return Report{}, source.err
	}
	if err != nil {
		return Report{}, fmt.Errorf("%w: %w", ErrNoReport, err)
	}
	return report, nil
}

// bounded reads up to a limit, and remembers why it could not.
type bounded struct {
	r    io.Reader
	left int
	err  error
}

var errTooLarge = fmt.Errorf("%w: it is larger than 1 MiB", ErrNoReport)

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		n, err = 0, errTooLarge
	}
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// readReport reads a report, no matter how it is wrapped.
func readReport(r io.Reader) (Report, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return Report{}, err
	}
	var reader reportReader
	reader.walk(newEntity(unixLines(raw)), 0)
	report := reader.report
	switch {
	case len(report.Recipients) > 0:
	case reader.found:
		return Report{}, errors.New("it says nothing about any recipient")
	case len(reader.loose) == 0:
		return Report{}, errors.New("it has no part that says what became of a mail (message/delivery-status, RFC 3464)")
	default:
		report.Recipients = reader.loose
	}
	report.Recipients = report.Recipients[:min(len(report.Recipients), reportRecipients)]
	for i := range report.Recipients {
		report.Recipients[i].explain(reader.words)
	}
	return report, nil
}

// reportReader searches a mail for what makes it a report: a delivery-status part,
// anywhere in it. Text for people is skipped.
type reportReader struct {
	report Report
	// found: there is such a part.
	found bool
	// loose is text that reads like one: gateways flatten mails. It counts if there is no
	// such part.
	loose []ReportRecipient
	// words are lines for people.
	words []string
	parts int
}

func (r *reportReader) walk(e entity, depth int) {
	if r.parts++; r.parts > reportParts || depth > reportDepth {
		return
	}
	switch e.kind {
	case "message/delivery-status", "message/global-delivery-status":
		r.found = true
		r.report.Recipients = append(r.report.Recipients, recipients(fieldLines(e.text()), false)...)
	case "message/rfc822", "message/global":
		r.returned(e, depth)
	case "message/rfc822-headers", "text/rfc822-headers", "message/global-headers":
		r.take(e)
	default:
		if strings.HasPrefix(e.kind, "multipart/") {
			for _, part := range e.parts() {
				r.walk(part, depth+1)
			}
			return
		}
		lines := fieldLines(e.text())
		r.loose = append(r.loose, recipients(lines, true)...)
		r.words = append(r.words, lines...)
	}
}

// returned reads a mail within the mail: ours, or a report that somebody has wrapped once
// more.
func (r *reportReader) returned(e entity, depth int) {
	inner := r.take(e)
	if strings.HasPrefix(inner.kind, "multipart/") || strings.HasPrefix(inner.kind, "message/") {
		r.walk(inner, depth+1)
	}
}

// take reads the header of a returned mail for what identifies it. It ignores the
// content. Some leave out the blank line before the header.
func (r *reportReader) take(e entity) entity {
	text := e.text()
	inner := newEntity(text)
	if len(text) == len(e.raw) { // not encoded: it begins after the header of the part
		inner = newEntity(e.body)
	}
	for _, about := range []textproto.MIMEHeader{inner.about, e.about} {
		if r.report.Token == "" {
			r.report.Token = tokenOf(about.Get("Message-Id"))
		}
	}
	return inner
}

// recipients reads the groups of fields of a delivery-status part. The first one is about
// the whole mail. Some mail servers leave out the blank lines between groups, and some have
// blank lines everywhere: so a group ends when a field comes a second time. whole: only
// groups with all required fields count.
func recipients(lines []string, whole bool) (all []ReportRecipient) {
	group := textproto.MIMEHeader{}
	end := func() {
		if group.Get("Action") != "" && (!whole || group.Get("Final-Recipient") != "" && group.Get("Status") != "") {
			all = append(all, newReportRecipient(group))
		}
		group = textproto.MIMEHeader{}
	}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)); !ok {
			continue // a blank line, or a badly folded one
		}
		if (name == "Action" || name == "Final-Recipient") && group.Get(name) != "" {
			end()
		}
		group.Add(name, strings.TrimSpace(value))
	}
	end()
	return all
}

func newReportRecipient(group textproto.MIMEHeader) ReportRecipient {
	action := firstWord.FindString(strings.ToLower(group.Get("Action"))) // "failed (bad address)"
	status, _, _ := strings.Cut(group.Get("Status"), " ")                // "5.0.0 (permanent failure)"
	return ReportRecipient{
		Email:      said(untyped(group.Get("Final-Recipient"))),
		Action:     gatehouse.DeliveryAction(said(action)),
		Status:     said(status),
		Diagnostic: said(untyped(group.Get("Diagnostic-Code"))),
	}
}

// explain finds the diagnostic that some mail systems write for people only: a line with
// the address and the answer.
func (r *ReportRecipient) explain(words []string) {
	if r.Diagnostic != "" || r.Email == "" {
		return
	}
	for _, line := range words {
		answer, ok := strings.CutPrefix(strings.TrimLeft(line, "<"), r.Email)
		if answer = strings.TrimLeft(answer, ">: "); ok && smtpAnswer.MatchString(answer) {
			r.Diagnostic = said(answer)
			return
		}
	}
}

var smtpAnswer = regexp.MustCompile(`^[245]\d\d[ -]`)

var firstWord = regexp.MustCompile(`^[^\s(;,]+`)

// untyped removes the type from a value: "rfc822; mira@northgate.example", "smtp; 550
// …".
func untyped(value string) string {
	if kind, rest, ok := strings.Cut(value, ";"); ok && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(rest)
	}
	return value
}

// token is the random part of a Message-ID, as newMessageID makes it.
var token = regexp.MustCompile(`^[a-z2-7]{26}$`)

// tokenOf returns the token of a Message-ID, or of the address for reports about it;
// empty if there is none. Case is folded, as a mail server may have changed it.
func tokenOf(id string) string {
	id = strings.TrimPrefix(strings.TrimSpace(id), "<")
	local, _, _ := strings.Cut(strings.ToLower(id), "@")
	local = local[strings.LastIndexByte(local, '+')+1:]
	if !token.MatchString(local) {
		return ""
	}
	return local
}

// returnPath is the envelope sender of a message: the address for reports, with the
// message's token in it (a variable envelope return path). Only somebody who received
// the message can forge a report about it.
func returnPath(bounces, messageID string) (string, error) {
	address, err := route(bounces)
	if err != nil {
		return "", err
	}
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + tokenOf(messageID) + "@" + domain, nil
}

// linkQuery is the end of a link in a mail server's answer: some quote a link that they
// do not like, and everybody who sees the answer would have its token.
var linkQuery = regexp.MustCompile(`(?i)(https?://[^\s?]*)\?\S*`)

// said makes a mail server's words safe to keep.
func said(text string) string {
	return shorten(linkQuery.ReplaceAllString(oneLine(text), "$1?…"), replyLength)
}
