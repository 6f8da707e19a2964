package incoming

import (
	"slices"
	"strings"

	"github.com/emersion/go-message"
)

// automatic reports whether a program has written a mail: an absence note, a report, a list, or a
// mail of ours that somebody sends on to us (RFC 3834, 2; RFC 2369; RFC 2919). Nobody writes to these,
// and nobody has to read them.
func automatic(about message.Header) bool {
	submitted := firstWord(about.Get("Auto-Submitted"))
	kind, _, _ := about.ContentType()
	switch {
	case submitted != "" && submitted != "no":
		return true
	case slices.Contains([]string{"bulk", "junk", "list", "auto_reply", "auto-reply"}, firstWord(about.Get("Precedence"))):
		return true
	case about.Has("Return-Path") && strings.TrimSpace(strings.Trim(strings.TrimSpace(about.Get("Return-Path")), "<>")) == "":
		return true // as a mail system writes down that the envelope had no sender
	case kind == "multipart/report" || strings.HasPrefix(kind, "message/"):
		return true
	}
	for fields := about.Fields(); fields.Next(); {
		name := strings.ToLower(fields.Key())
		if strings.HasPrefix(name, "list-") || slices.Contains(robots, name) {
			return true
		}
	}
	return fromRobot(about)
}

// robots are fields that programs write, and people's mail programs do not.
var robots = []string{"x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply", "x-loop", "x-failed-recipients"}

// fromRobot reports whether the author is a mail system.
func fromRobot(about message.Header) bool {
	from := strings.ToLower(about.Get("From"))
	for _, name := range []string{"mailer-daemon@", "postmaster@", "no-reply@", "noreply@", "do-not-reply@", "donotreply@"} {
		if strings.Contains(from, name) {
			return true
		}
	}
	return false
}

func firstWord(value string) string {
	word := strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune(" \t;,(", r) })
	if len(word) == 0 {
		return ""
	}
	return word[0]
}
