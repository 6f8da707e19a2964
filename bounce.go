package gatehouse

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DeliveryAction is what a report says happened to a mail (RFC 3464, 2.3.3).
type DeliveryAction string

// The actions that a report can name.
const (
	// DeliveryFailed: it bounced for good.
	DeliveryFailed DeliveryAction = "failed"
	// DeliveryDelayed: it is late, and still being tried.
	DeliveryDelayed   DeliveryAction = "delayed"
	DeliveryDelivered DeliveryAction = "delivered"
	// DeliveryRelayed: it was passed to a server that makes no reports.
	DeliveryRelayed DeliveryAction = "relayed"
	// DeliveryExpanded: it was forwarded to all addresses of a list.
	DeliveryExpanded DeliveryAction = "expanded"
)

// weightiest ranks the actions when a report has several. Our mails have one recipient, so several
// actions are about mailboxes that the mail was forwarded to: one success is enough.
var weightiest = []DeliveryAction{DeliveryDelivered, DeliveryExpanded, DeliveryFailed, DeliveryRelayed, DeliveryDelayed}

// WeighDelivery returns the index of the action that counts in a report, or -1 if it has no known
// one.
func WeighDelivery(actions []DeliveryAction) int {
	for _, a := range weightiest {
		if i := slices.Index(actions, a); i >= 0 {
			return i
		}
	}
	return -1
}

// Arrived reports whether an action says that the mail has arrived somewhere: mail to the address
// no longer bounces.
func (a DeliveryAction) Arrived() bool {
	return a == DeliveryDelivered || a == DeliveryRelayed || a == DeliveryExpanded
}

// Refusal is what was said about the recipient of an undelivered mail, by the receiving server or
// in a report.
type Refusal struct {
	// Code is the number of an SMTP reply; 0: unknown.
	Code int
	// Status is the RFC 3463 code in its own field of a report; empty at the hand-over.
	Status string
	// Text is what follows the number. It may begin with its own status.
	Text string
}

// numberedAnswer is a diagnostic that begins with the number of an SMTP reply. In a multi-line
// reply, a hyphen follows the number (RFC 5321, 4.2.1).
var numberedAnswer = regexp.MustCompile(`^([245]\d\d)(?:[ -]|$)`)

// ReportedRefusal is what a report says about a recipient: the fields Status and
// Diagnostic-Code of RFC 3464.
func ReportedRefusal(status, diagnostic string) Refusal {
	r := Refusal{Status: status, Text: strings.TrimSpace(diagnostic)}
	if number := numberedAnswer.FindStringSubmatch(r.Text); number != nil {
		r.Code, _ = strconv.Atoi(number[1]) // three digits
		r.Text = strings.TrimLeft(r.Text[3:], " -")
	}
	return r
}

// enhancedStatus is an RFC 3463 status code at the start of a text. Some servers put a mark before
// it.
var enhancedStatus = regexp.MustCompile(`^[#(<\[]?([245]\.\d{1,3}\.\d{1,3})(?:[^.\d]|\.\D|\.?$)`)

func statusAt(text string) string {
	found := enhancedStatus.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return ""
	}
	return found[1]
}

// What a status says about an address. Anything not named here is about our content (5.6), our
// sender (5.1.7, 5.1.8), a policy (5.7), their system or network (5.3, 5.4), or this one mail
// (5.2.3). None of these counts against the address.
var (
	deadEmail = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.2.2"}
	// vague ones say "the address" or nothing, so the text decides.
	vague = []string{"5.1.0", "5.2.0"}
)

const noStatus = "5.0.0"

// notTheEmail are words in replies without a telling status that are about us, a policy or a
// temporary problem. "Denied" is ambiguous, so it marks nobody.
var notTheEmail = regexp.MustCompile(`(?i)spam|\bspf\b|dkim|dmarc|sender|relay|block|blacklist|black list|denylist|dnsbl|\brbl\b|is listed|listed (at|by|on)|` +
	`polic|reputation|virus|malware|phish|content|authenti|authori[sz]|reverse dns|\brdns\b|\bptr\b|\bhelo\b|\behlo\b|gr[ea]ylist|` +
	`too many|rate limit|throttl|temporar|try(ing)? again|later|time(d)? ?out|\btls\b|encrypt|prohibit|denied|not permitted|forbidden|` +
	`too (large|big|long)|quota|\bfull\b|message size|` +
	`absender|unerw.nscht|gesperrt|blockiert|sp.ter|exp.diteur|ind.sirable|bloqu|refus. par`)

// RefusesEmail reports whether a refusal says that mail to the address cannot arrive, and with
// which status, or else number. It is the one rule for both hand-over replies and reports. If
// report and reply each name a status, both must say so: a report of "5.1.1" about a reply "550
// 5.7.26" is about us.
func RefusesEmail(r Refusal) (status string, refused bool) {
	named := statusAt(r.Status)
	answered := statusAt(r.Text)
	status = named
	if answered != "" && (named == "" || named == noStatus) {
		status = answered
	}
	if status == "" && r.Code > 0 {
		status = strconv.Itoa(r.Code)
	}
	if r.Code > 0 && r.Code < 500 {
		return status, false
	}
	dead := false
	for _, s := range []string{named, answered} {
		switch {
		case slices.Contains(deadEmail, s):
			dead = true
		case slices.Contains(vague, s):
			if notTheEmail.MatchString(r.Text) {
				return status, false
			}
			dead = true
		case s != "" && s != noStatus:
			return status, false
		}
	}
	if dead {
		return status, true
	}
	return status, (r.Code == 550 || r.Code == 551 || r.Code == 553) && !notTheEmail.MatchString(r.Text)
}

// answerCode is an SMTP number or a status as a separate word.
var answerCode = regexp.MustCompile(`^(?:[245]\d\d|[245]\.\d{1,3}\.\d{1,3})$`)

// AnswerCodes returns the number and the status that a stored report begins with, in either order,
// and none of its text. Anyone who received the mail can forge a report about it, and must not be
// able to write on an administrator's page.
func AnswerCodes(text string) string {
	var codes []string
	for i, word := range strings.Fields(strings.ReplaceAll(text, "-", " ")) {
		switch {
		case answerCode.MatchString(word) && !slices.Contains(codes, word):
			codes = append(codes, word)
		case i > 0 || !strings.HasSuffix(word, ":"): // "delayed:" comes before the codes
			return strings.Join(codes, " ")
		}
		if len(codes) == 2 {
			break
		}
	}
	return strings.Join(codes, " ")
}
