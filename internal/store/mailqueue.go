package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
)

// MessageStates are all of them, those first that somebody may have to do something about.
var MessageStates = []MessageState{MessageWaiting, MessageSending, MessageDeferred, MessageRefused, MessageBounced, MessageExpired, MessageSent}

// MailPage selects messages of a site.
type MailPage struct {
	// State is one of MessageStates; empty: any.
	State MessageState
	// Kinds are the wanted ones, or with Others those that are not; none: any.
	Kinds  []string
	Others bool
	// Before is the ID of a message: only older ones; empty: from the newest.
	Before string
	Limit  int
	// Window is how many messages are looked at, so that a filter that fits few of them takes no
	// longer than one that fits many.
	Window int
}

// among is the condition for the messages among which those of a state are, as an index has them: those
// that wait, and those that did not arrive, are few beside what was sent.
func (p MailPage) among() string {
	switch {
	case p.State == "" || p.State == MessageSent:
		return ``
	case p.State.Final():
		return ` AND done_at > 0 AND state <> 'sent'`
	}
	return ` AND done_at = 0`
}

// MessagesOfSite returns messages of a site without their content, newest first. end is the ID of the
// last one that was looked at if the limit or the window was reached before the messages ended; empty:
// there are no more. Why the window is a query of its own says eventsIn.
func (q Queries) MessagesOfSite(ctx context.Context, siteID string, p MailPage) (all []Message, end string, err error) {
	args := []any{siteID}
	add := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	window := ` FROM messages WHERE site_id = $1 AND id > 'msg'` + p.among()
	if p.Before != "" {
		window += ` AND id < ` + add(p.Before)
	}
	window += ` ORDER BY id DESC LIMIT ` + add(p.Window)
	looked := slices.Clone(args)
	text := `SELECT ` + bareColumns + ` FROM (SELECT ` + bareColumns + window + `) AS seen WHERE 1 = 1`
	if p.State != "" {
		text += ` AND state = ` + add(string(p.State))
	}
	if len(p.Kinds) > 0 {
		list := make([]string, len(p.Kinds))
		for i, k := range p.Kinds {
			list[i] = add(k)
		}
		not := map[bool]string{true: "NOT "}[p.Others]
		text += ` AND kind ` + not + `IN (` + strings.Join(list, ", ") + `)`
	}
	all, err = q.bareMessages(ctx, text+` LIMIT `+add(p.Limit), args...)
	if err != nil {
		return nil, "", err
	}
	if len(all) == p.Limit {
		return all, all[p.Limit-1].ID, nil
	}
	end, err = q.windowEnd(ctx, "window of messages", "MIN", window, p.Window, looked)
	return all, end, err
}

// bareColumns are messageColumns without the content, which would be read for nothing.
var bareColumns = strings.ReplaceAll(strings.ReplaceAll(messageColumns, " messages.body,", ""), "messages.", "")

func (q Queries) bareMessages(ctx context.Context, text string, args ...any) (all []Message, err error) {
	err = q.all(ctx, "messages of site", text, args, func(scan func(...any) error) error {
		var m Message
		fields := messageFields(&m)
		body := slices.Index(fields, any(&m.Body))
		err := scan(slices.Delete(fields, body, body+1)...)
		all = append(all, m)
		return err
	})
	return all, err
}

// Answer is what mail servers said, and how often.
type Answer struct {
	State MessageState
	Reply string
	N     int
}

// Answers returns what was said about a site's messages that were written from a time on and have not
// arrived: those that wait, or else those that never will. It looks at the newest ones, up to most.
func (q Queries) Answers(ctx context.Context, siteID string, from time.Time, waiting bool, most int) (all []Answer, err error) {
	p := MailPage{State: MessageRefused}
	if waiting {
		p.State = MessageDeferred
	}
	err = q.all(ctx, "answers", `SELECT state, reply, COUNT(*) FROM (SELECT state, substr(reply, 1, 200) AS reply FROM messages
		WHERE site_id = $1 AND id >= $2`+p.among()+` ORDER BY id DESC LIMIT $3) AS seen WHERE reply <> '' GROUP BY state, reply`,
		[]any{siteID, idAt("msg", from), most}, func(scan func(...any) error) error {
			var a Answer
			err := scan(&a.State, &a.Reply, &a.N)
			all = append(all, a)
			return err
		})
	return all, err
}

// DropMessage ends a message that waits and is still as somebody has seen it, and erases its content. It
// reports whether it did. A message that is being sent is left to its sender.
func (q Queries) DropMessage(ctx context.Context, m Message, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "drop message", `UPDATE messages SET state = 'expired', done_at = $6, body = NULL
		WHERE site_id = $1 AND id = $2 AND state = $3 AND tries = $4 AND due_at = $5 AND done_at = 0 AND lease = ''`,
		m.SiteID, m.ID, string(m.State), m.Tries, micros(m.DueAt), micros(now))
	return n == 1, err
}

// MailHold is that nothing of a site is sent.
type MailHold struct {
	SiteID string
	HeldAt time.Time
	// By is the name of the operator who said so.
	By string
}

// MailHolds returns all holds; sites are few.
func (q Queries) MailHolds(ctx context.Context) (all []MailHold, err error) {
	err = q.all(ctx, "mail holds", `SELECT site_id, held_at, held_by FROM mail_holds ORDER BY site_id LIMIT 1000`, nil, func(scan func(...any) error) error {
		var h MailHold
		err := scan(&h.SiteID, when{&h.HeldAt}, &h.By)
		all = append(all, h)
		return err
	})
	return all, err
}

// HoldMail holds a site's messages. It reports whether they were not held.
func (q Queries) HoldMail(ctx context.Context, h MailHold) (bool, error) {
	n, err := q.exec(ctx, "hold mail", `INSERT INTO mail_holds (site_id, held_at, held_by) VALUES ($1, $2, $3) ON CONFLICT (site_id) DO NOTHING`,
		h.SiteID, micros(h.HeldAt), h.By)
	return n == 1, err
}

// ReleaseMail ends the hold that began at a time, and makes what has waited for it due. It reports
// whether there was one.
func (q Queries) ReleaseMail(ctx context.Context, siteID string, heldAt, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "release mail", `DELETE FROM mail_holds WHERE site_id = $1 AND held_at = $2`, siteID, micros(heldAt))
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.exec(ctx, "release messages", `UPDATE messages SET due_at = $2 WHERE site_id = $1 AND id > 'msg' AND done_at = 0 AND lease = ''
		AND due_at = expires_at AND expires_at > $2`, siteID, micros(now))
	return true, err
}

// SetHeldAside puts the due messages of a held site off until they expire, each once: a sender that
// passed over them at every look would be slower, the more there are.
func (q Queries) SetHeldAside(ctx context.Context, siteID string, now time.Time) error {
	_, err := q.exec(ctx, "set held messages aside", `UPDATE messages SET due_at = expires_at WHERE done_at = 0 AND due_at <= $2
		AND site_id || '' = $1 AND lease = '' AND expires_at > $2`, siteID, micros(now))
	return err
}

// BouncedUsers returns up to limit users of a site whose address is marked as one that mail comes back
// from, the newest mark first: those after a mark and an ID, or from the newest.
func (q Queries) BouncedUsers(ctx context.Context, siteID string, at time.Time, id string, limit int) ([]gatehouse.User, error) {
	if id == "" {
		return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND bounced_at > 0 ORDER BY bounced_at DESC, id DESC LIMIT $2`, siteID, limit)
	}
	return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND bounced_at > 0 AND (bounced_at, id) < ($2, $3)
		ORDER BY bounced_at DESC, id DESC LIMIT $4`, siteID, micros(at), id, limit)
}
