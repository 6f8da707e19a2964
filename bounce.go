package gatehouse

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DeliveryAction is what a report says became of a mail (RFC 3464, 2.3.3).
type DeliveryAction string

// The actions that a report can name.
const (
	// DeliveryFailed: it came back for good.
	DeliveryFailed DeliveryAction = "failed"
	// DeliveryDelayed: it is late, and still being tried.
	DeliveryDelayed   DeliveryAction = "delayed"
	DeliveryDelivered DeliveryAction = "delivered"
	// DeliveryRelayed: a server took it that makes no reports.
	DeliveryRelayed DeliveryAction = "relayed"
	// DeliveryExpanded: it went on to all addresses of a list.
	DeliveryExpanded DeliveryAction = "expanded"
)

// weightiest are the actions in the order in which they count where one report has
// several. A mail of ours has one recipient, so that these are the mailboxes that it
// was passed on to: one that has it is enough.
var weightiest = []DeliveryAction{DeliveryDelivered, DeliveryExpanded, DeliveryFailed, DeliveryRelayed, DeliveryDelayed}

// WeighDelivery returns the place of the action that counts in a report, or -1 where it
// has none that is known.
func WeighDelivery(actions []DeliveryAction) int {
	for _, a := range weightiest {
		if i := slices.Index(actions, a); i >= 0 {
			return i
		}
	}
	return -1
}

// Arrived reports whether an action says that the mail has got somewhere: mail to the
// address no longer comes back.
func (a DeliveryAction) Arrived() bool {
	return a == DeliveryDelivered || a == DeliveryRelayed || a == DeliveryExpanded
}

// Refusal is what was said about the recipient of a mail that did not arrive: by the
// server that it was to be handed to, or in a report.
type Refusal struct {
	// Code is the number of an SMTP answer; 0: none is known.
	Code int
	// Status is the code of RFC 3463 that a report has in a field of its own; empty
	// at the hand-over.
	Status string
	// Text is what stands after the number. It may begin with a status of its own.
	Text string
}

// numberedAnswer is a diagnostic that begins with the number of an SMTP answer, of which
// the lines of a longer one have a hyphen behind it (RFC 5321, 4.2.1).
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

// enhancedStatus is a status code of RFC 3463 at the beginning of a text. Some servers
// put a mark before it.
var enhancedStatus = regexp.MustCompile(`^[#(<\[]?([245]\.\d{1,3}\.\d{1,3})(?:[^.\d]|\.\D|\.?$)`)

func statusAt(text string) string {
	found := enhancedStatus.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return ""
	}
	return found[1]
}

// What a status says about an address. Anything that is not named here is about our content
// (5.6), our sender (5.1.7, 5.1.8), somebody's rules (5.7), their system or their network
// (5.3, 5.4), or this one mail (5.2.3): none of it is held against anybody.
var (
	deadEmail = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.2.2"}
	// vague ones say "the address" or nothing, and leave the rest to the words.
	vague = []string{"5.1.0", "5.2.0"}
)

const noStatus = "5.0.0"

// notTheEmail are words of answers that name no telling status, and are about us, a
// rule or a trouble that passes. "Denied" may mean anybody: then nobody is marked.
var notTheEmail = regexp.MustCompile(`(?i)spam|\bspf\b|dkim|dmarc|sender|relay|block|blacklist|black list|denylist|dnsbl|\brbl\b|is listed|listed (at|by|on)|` +
	`polic|reputation|virus|malware|phish|content|authenti|authori[sz]|reverse dns|\brdns\b|\bptr\b|\bhelo\b|\behlo\b|gr[ea]ylist|` +
	`too many|rate limit|throttl|temporar|try(ing)? again|later|time(d)? ?out|\btls\b|encrypt|prohibit|denied|not permitted|forbidden|` +
	`too (large|big|long)|quota|\bfull\b|message size|` +
	`absender|unerw.nscht|gesperrt|blockiert|sp.ter|exp.diteur|ind.sirable|bloqu|refus. par`)

// RefusesEmail reports whether a refusal says that mail to the address cannot arrive,
// and with which status, or else number. It is the one rule for answers at the hand-over
// and for reports. Where report and answer name a status each, both must say so: a
// report of "5.1.1" about an answer "550 5.7.26" is about us.
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

// answerCode is an SMTP number or a status as a word of its own.
var answerCode = regexp.MustCompile(`^(?:[245]\d\d|[245]\.\d{1,3}\.\d{1,3})$`)

// AnswerCodes are the number and the status that a stored report begins with, in either
// order, and none of its words: anyone who had the mail can make up a report about it, and
// must not write into an administrator's page.
func AnswerCodes(text string) string {
	var codes []string
	for i, word := range strings.Fields(strings.ReplaceAll(text, "-", " ")) {
		switch {
		case answerCode.MatchString(word) && !slices.Contains(codes, word):
			codes = append(codes, word)
		case i > 0 || !strings.HasSuffix(word, ":"): // "delayed:" stands before the codes
			return strings.Join(codes, " ")
		}
		if len(codes) == 2 {
			break
		}
	}
	return strings.Join(codes, " ")
}
