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

// Report is a delivery status notification (RFC 3464). Of the mail that it returns
// nothing is kept but what names it: it may hold a code or a password.
type Report struct {
	// Token is of the returned mail's Message-ID; empty where none of ours is returned.
	Token      string
	Recipients []ReportRecipient
}

// ReportRecipient is what became of the mail to one recipient. All of it is said by
// strangers, each on one line.
type ReportRecipient struct {
	Email  string
	Action gatehouse.DeliveryAction
	// Status is a code of RFC 3463, such as 5.1.1.
	Status string
	// Diagnostic is what the other mail server said, where there was one.
	Diagnostic string
}

// refusal is what is said, for the rule that judges it.
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

// ErrNoReport is why a mail is of no use: it is no delivery status notification, or one
// about none of our messages.
var ErrNoReport = errors.New("this is no report about a message from here")

// What a report may have. Real ones have three parts, some 10 KiB and one recipient.
const (
	reportBytes      = 1 << 20
	reportParts      = 60
	reportDepth      = 6
	reportRecipients = 50
	reportLines      = 2000
)

// ReadReport reads a delivery status notification to its end, however it is wrapped. Its
// error is ErrNoReport for anything else, or the reader's. Nothing of the mail is in an error.
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

// readReport reads a report, however it is wrapped.
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

// reportReader looks through a mail for what makes a report of it: a delivery-status part,
// wherever it is. What a person would read is passed over.
type reportReader struct {
	report Report
	// found: there is such a part.
	found bool
	// loose is what text has that reads like one: gateways flatten mails. It counts where
	// there is no such part.
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

// returned takes a mail within the mail: ours, or a report that somebody has wrapped once
// more.
func (r *reportReader) returned(e entity, depth int) {
	inner := r.take(e)
	if strings.HasPrefix(inner.kind, "multipart/") || strings.HasPrefix(inner.kind, "message/") {
		r.walk(inner, depth+1)
	}
}

// take reads the head of a returned mail for what names it. The content is nobody's
// business. Some leave out the blank line before the head.
func (r *reportReader) take(e entity) entity {
	text := e.text()
	inner := newEntity(text)
	if len(text) == len(e.raw) { // not encoded: it begins behind the head of the part
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
// blank lines everywhere: so a group ends where a field comes again that it has already.
// whole: only those count that have all that a group must have.
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
			continue // a blank line, or one that is folded wrongly
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

// explain finds the diagnostic that some mail systems only have for people: a line of the
// address and what was answered to it.
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

// untyped takes the type off a value: "rfc822; mira@northgate.example", "smtp; 550 …".
func untyped(value string) string {
	if kind, rest, ok := strings.Cut(value, ";"); ok && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(rest)
	}
	return value
}

// token is the random part of a Message-ID, as newMessageID makes it.
var token = regexp.MustCompile(`^[a-z2-7]{26}$`)

// tokenOf returns the token of a Message-ID, or of the address that reports about it go
// to; empty where there is none. Capitals are folded: a mail server may have.
func tokenOf(id string) string {
	id = strings.TrimPrefix(strings.TrimSpace(id), "<")
	local, _, _ := strings.Cut(strings.ToLower(id), "@")
	local = local[strings.LastIndexByte(local, '+')+1:]
	if !token.MatchString(local) {
		return ""
	}
	return local
}

// returnPath is the envelope's sender of a message: the address that reports go to, with
// the token of the message in it (a variable envelope return path). Nobody but who had
// the message can make up a report about it.
func returnPath(bounces, messageID string) (string, error) {
	address, err := route(bounces)
	if err != nil {
		return "", err
	}
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + tokenOf(messageID) + "@" + domain, nil
}

// linkQuery is what a link in a mail server's answer ends with: some quote the link that
// they do not like, and its token would be anybody's who sees the answer.
var linkQuery = regexp.MustCompile(`(?i)(https?://[^\s?]*)\?\S*`)

// said makes fit to be kept what a mail server says.
func said(text string) string {
	return shorten(linkQuery.ReplaceAllString(oneLine(text), "$1?…"), replyLength)
}
