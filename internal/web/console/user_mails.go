package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// mailLooks are the icons and classes for the states of a message; the words are
// user.mail_….
var mailLooks = map[directory.MessageState]look{
	"waiting":  {"clock", ""},
	"sending":  {"clock", ""},
	"deferred": {"clock", "is-warn"},
	"sent":     {"circle-check", "is-ok"},
	"refused":  {"circle-alert", "is-bad"},
	"expired":  {"circle-alert", "is-warn"},
	"bounced":  {"circle-alert", "is-bad"},
}

// mailRow is a message for the template "mail-row".
type mailRow struct {
	Page *ui.Page
	Mail directory.Mailed
	Look look
	// State is its state, in words.
	State string
	// Reply is what else is known: short enough to show, or Folded. Words: it is ours,
	// and not a mail server's.
	Reply  string
	Folded bool
	Words  bool
	Action string
	// Tries are the tries that are kept, the newest first, if there was more than one.
	Tries []tryLine
	// Void says why the message is no longer valid; empty: it is.
	Void string
}

// shortReply is how long a reply may be to be shown in the list directly.
const shortReply = 120

// MailRows puts the states of the messages into words (C13).
func (v UserDetail) MailRows(p *ui.Page) []mailRow {
	var rows []mailRow
	for _, m := range v.Mails {
		row := mailRow{Page: p, Mail: m, Look: mailLooks[m.State], Reply: m.Reply, Action: v.Path() + "/messages/" + url.PathEscape(m.ID) + "/resend"}
		row.State = p.T("user.mail_"+string(m.State), "at", p.When(m.DoneAt), "next", p.When(m.DueAt))
		if m.Void != "" {
			row.Void = p.T("user.void_" + string(m.Void))
		}
		if m.State == "bounced" || m.State == "sent" && !saidByServer(m.Reply) {
			row.Reply = gatehouse.AnswerCodes(m.Reply) // a report, which the user may have made
		}
		row.Folded = m.State == "sent" || len(m.Reply) > shortReply
		if !saidByServer(m.Reply) && (m.State == "deferred" || m.Reply != "" && (m.State == "waiting" || m.State == "sending" || m.State == "expired")) {
			// Why a connection failed is for the operator: it names machines.
			row.Reply, row.Folded, row.Words = p.T("user.mail_unreachable"), false, true
		}
		row.Tries = v.tries(p, m)
		rows = append(rows, row)
	}
	return rows
}

// saidByServer reports whether a reply comes from a mail server, which begins with its
// status code (RFC 5321, 4.2).
func saidByServer(reply string) bool {
	return len(reply) > 3 && strings.Trim(reply[:3], "0123456789") == "" && strings.ContainsRune(" -.", rune(reply[3]))
}

// tryLine is a try of a message in words. Ours: the reply is our own words.
type tryLine struct {
	At                  time.Time
	State, Relay, Reply string
	Ours                bool
}

// tries puts the tries of a message into words. Why a connection failed, and which server was asked, is
// for operators: it names machines.
func (v UserDetail) tries(p *ui.Page, m directory.Mailed) (lines []tryLine) {
	all := gatehouse.MailTries(m.TryLog)
	for _, t := range slices.Backward(all) {
		l := tryLine{At: t.At, State: p.T("opmail.state_" + t.State), Reply: t.Reply}
		switch {
		case v.On.ByOperator():
			l.Relay = cmp.Or(t.Relay, p.T("opmail.try_gateway"))
		case !t.Said():
			l.Reply, l.Ours = p.T("user.mail_unreachable"), true
		}
		lines = append(lines, l)
	}
	if len(all) < 2 && !v.On.ByOperator() {
		return nil // the row says it
	}
	return lines
}
