package mail

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
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
	Address string
	Action  gatehouse.DeliveryAction
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
	reportParts      = 20
	reportRecipients = 50
	reportLines      = 2000
)

// ReadReport reads a delivery status notification to its end. Its error is ErrNoReport for
// what is none, or the reader's. Nothing of the mail is in an error.
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

func readReport(r io.Reader) (Report, error) {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return Report{}, errors.New("it is no mail")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	about := strings.ToLower(params["report-type"]) // some leave it out
	if err != nil || kind != "multipart/report" || about != "" && about != "delivery-status" {
		return Report{}, errors.New("it is not of the type multipart/report for delivery-status (RFC 3464)")
	}
	var report Report
	parts := multipart.NewReader(m.Body, params["boundary"])
	for range reportParts {
		part, err := parts.NextPart()
		if err != nil {
			break // the end, or cut off: what came before it counts
		}
		report.add(part)
	}
	if len(report.Recipients) == 0 {
		return Report{}, errors.New("it says nothing about any recipient")
	}
	return report, nil
}

// add takes from a part what it is there for. What a person would read is passed over.
func (r *Report) add(part *multipart.Part) {
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return
	}
	var body io.Reader = part // quoted-printable is decoded already
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
		body = base64.NewDecoder(base64.StdEncoding, part)
	}
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		r.addStatus(body)
	case "message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global", "message/global-headers":
		for fields := range groups(body) {
			if r.Token == "" {
				r.Token = tokenOf(fields.Get("Message-Id"))
			}
			break // the headers; the content is nobody's business
		}
	}
}

// addStatus reads the groups of fields of a delivery-status part. The first one is about
// the whole mail; but some mail servers leave it out, so that what tells is the action.
func (r *Report) addStatus(body io.Reader) {
	for fields := range groups(body) {
		if len(r.Recipients) == reportRecipients {
			return
		}
		action, _, _ := strings.Cut(fields.Get("Action"), " ") // "failed (bad address)"
		if action == "" {
			continue
		}
		status, _, _ := strings.Cut(fields.Get("Status"), " ") // "5.0.0 (permanent failure)"
		r.Recipients = append(r.Recipients, ReportRecipient{
			Address:    said(untyped(fields.Get("Final-Recipient"))),
			Action:     gatehouse.DeliveryAction(said(strings.ToLower(action))),
			Status:     said(status),
			Diagnostic: said(untyped(fields.Get("Diagnostic-Code"))),
		})
	}
}

// groups are the groups of header fields of a text, separated by blank lines. A line that
// is no field is passed over: there are mail servers that fold theirs wrongly.
func groups(r io.Reader) func(yield func(textproto.MIMEHeader) bool) {
	return func(yield func(textproto.MIMEHeader) bool) {
		lines := textproto.NewReader(bufio.NewReader(r))
		fields := textproto.MIMEHeader{}
		for range reportLines {
			line, err := lines.ReadContinuedLine()
			if line == "" && len(fields) > 0 {
				if !yield(fields) {
					return
				}
				fields = textproto.MIMEHeader{}
			}
			if err != nil {
				return
			}
			if name, value, ok := strings.Cut(line, ":"); ok {
				fields.Add(strings.TrimSpace(name), strings.TrimSpace(value))
			}
		}
	}
}

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
