package gatehouse

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// MailTry is one attempt to hand over a message.
type MailTry struct {
	At time.Time `json:"at"`
	// Relay is the mail server that was asked; empty: the gateway for text messages.
	Relay string `json:"relay,omitempty"`
	// State is what became of the message by it.
	State string `json:"state"`
	// Reply is what the relay said, or why it could not be reached: without secrets, with addresses
	// shortened.
	Reply string `json:"reply,omitempty"`
}

// Of a message, the first try and the newest ones are kept, up to so many, and so much of each reply.
const (
	MostMailTries   = 20
	mostTryReply    = 300
	addressesInText = `[^\s<>"'(),:;\[\]]+@[^\s<>"'(),:;\[\]]+`
)

var addressInText = regexp.MustCompile(addressesInText)

// AddMailTry adds a try to those of a message, as they are stored.
func AddMailTry(stored string, t MailTry) string {
	t.At = t.At.UTC().Truncate(time.Millisecond)
	t.Reply = addressInText.ReplaceAllStringFunc(t.Reply, MaskEmail)
	if runes := []rune(t.Reply); len(runes) > mostTryReply {
		t.Reply = string(runes[:mostTryReply-1]) + "…"
	}
	all := append(MailTries(stored), t)
	if len(all) > MostMailTries {
		all = append(all[:1:1], all[len(all)-MostMailTries+1:]...)
	}
	text, err := json.Marshal(all)
	if err != nil { // there is nothing in it that JSON does not have
		return stored
	}
	return string(text)
}

// MailTries are the tries of a message, the first one first; what cannot be read is none.
func MailTries(stored string) (all []MailTry) {
	if stored == "" || json.Unmarshal([]byte(stored), &all) != nil {
		return nil
	}
	return all
}

// Said reports whether the reply comes from the relay: it begins with a status code (RFC 5321, 4.2).
// Others are our own words about why there was none, which may name machines.
func (t MailTry) Said() bool {
	r := t.Reply
	return len(r) > 3 && strings.Trim(r[:3], "0123456789") == "" && strings.ContainsRune(" -.", rune(r[3]))
}

// Codes are the numbers that the reply begins with, basic and enhanced, Words the rest of it.
func (t MailTry) Codes() string {
	if !t.Said() {
		return ""
	}
	return AnswerCodes(t.Reply)
}

func (t MailTry) Words() string {
	rest := t.Reply
	for _, code := range strings.Fields(t.Codes()) {
		rest = strings.TrimLeft(strings.TrimPrefix(rest, code), " -")
	}
	return rest
}
