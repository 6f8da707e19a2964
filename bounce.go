package gatehouse

import (
	"regexp"
	"slices"
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
// address does not come back any more.
func (a DeliveryAction) Arrived() bool {
	return a == DeliveryDelivered || a == DeliveryRelayed || a == DeliveryExpanded
}

// enhancedStatus is a status code of RFC 3463 at the beginning of an answer.
var enhancedStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)

// RefusesAddress reports whether a mail server's answer to a recipient says that mail to
// this address cannot arrive, and with which status. What it says about us, our content
// or its own rules (5.7.1, "relaying denied") is nothing against the address.
func RefusesAddress(code int, text string) (status string, refused bool) {
	first, _, _ := strings.Cut(text, " ")
	if !enhancedStatus.MatchString(first) {
		return "", code == 550 || code == 551 || code == 553
	}
	switch {
	case code < 500, !strings.HasPrefix(first, "5."):
		return first, false
	case first == "5.1.7", first == "5.1.8": // the sender's address
		return first, false
	case first == "5.2.3": // too long for this mailbox: another mail may fit
		return first, false
	case strings.HasPrefix(first, "5.1."), strings.HasPrefix(first, "5.2."):
		return first, true
	}
	return first, first == "5.0.0" && (code == 550 || code == 551 || code == 553)
}
