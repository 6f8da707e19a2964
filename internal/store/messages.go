package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
)

// Message is one mail of the outbox. Its content is sealed in Body, which only internal/mail
// reads.
type Message struct {
	SiteID    string
	ID        string
	CompanyID string
	UserID    string
	Kind      string
	// Secret: it contains a password, a code or a link.
	Secret    bool
	Recipient string
	// Subject is what support may see: for a message with a secret, its heading.
	Subject   string
	MessageID string
	// Body is sealed, and nil once the message is done.
	Body  []byte
	State MessageState
	// Tries counts the temporary failures.
	Tries     int
	CreatedAt time.Time
	// DueAt is when to try it next; while it is being sent, when the claim expires.
	DueAt     time.Time
	ExpiresAt time.Time
	// Lease identifies the claim of the process that is sending it.
	Lease string
	// DoneAt is zero until it is sent, refused or expired.
	DoneAt time.Time
	// Reply is the mail server's last reply, or why it could not be reached; for a bounced one,
	// what the report says.
	Reply string
	// TryLog has each try (gatehouse.MailTries).
	TryLog string
	// Doubted is only set on a claimed message: a server refused the user's address at the
	// hand-over, and no report has said so.
	Doubted bool
}

// MessageState is the state of a message.
type MessageState string

// The states of a message. The last four are final, but a sent one can still bounce.
const (
	MessageWaiting  MessageState = "waiting"
	MessageSending  MessageState = "sending"
	MessageDeferred MessageState = "deferred"
	MessageSent     MessageState = "sent"
	MessageRefused  MessageState = "refused"
	MessageExpired  MessageState = "expired"
	MessageBounced  MessageState = "bounced"
)

// Final reports whether the state of the message is final.
func (s MessageState) Final() bool {
	return s == MessageSent || s == MessageRefused || s == MessageExpired || s == MessageBounced
}

// The columns are qualified: a claim returns them from an update with a join.
const messageColumns = `messages.site_id, messages.id, messages.company_id, messages.user_id, messages.kind,
	messages.secret, messages.recipient, messages.subject, messages.message_id, messages.body, messages.state,
	messages.tries, messages.created_at, messages.due_at, messages.expires_at, messages.lease, messages.done_at,
	messages.reply, messages.try_log`

func messageFields(m *Message) []any {
	return []any{&m.SiteID, &m.ID, &m.CompanyID, &m.UserID, &m.Kind, &m.Secret, &m.Recipient, &m.Subject,
		&m.MessageID, &m.Body, &m.State, &m.Tries, when{&m.CreatedAt}, when{&m.DueAt}, when{&m.ExpiresAt},
		&m.Lease, when{&m.DoneAt}, &m.Reply, &m.TryLog}
}

// InsertMessage adds a message to send, due at once.
func (q Queries) InsertMessage(ctx context.Context, m Message) error {
	return q.later(ctx, "insert message", insertMessages().one, messageValues(m)...)
}

// InsertMessages is InsertMessage for many.
func (q Queries) InsertMessages(ctx context.Context, all []Message) error {
	rows := make([][]any, len(all))
	for i, m := range all {
		rows[i] = messageValues(m)
	}
	return q.insertRows(ctx, insertMessages, rows)
}

func messageValues(m Message) []any {
	return []any{m.SiteID, m.ID, m.CompanyID, m.UserID, m.Kind, m.Secret, m.Recipient, m.Subject, m.MessageID, m.Body,
		string(MessageWaiting), micros(m.CreatedAt), micros(m.CreatedAt), micros(m.ExpiresAt)}
}

var insertMessages = insertion("messages", `site_id, id, company_id, user_id, kind, secret, recipient, subject, message_id, body,
	state, created_at, due_at, expires_at`)

// HurryMessage makes a waiting message due at once. It reports whether it was waiting.
func (q Queries) HurryMessage(ctx context.Context, siteID, id string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "hurry message", `UPDATE messages SET due_at = $3
		WHERE site_id = $1 AND id = $2 AND done_at = 0 AND lease = ''`, siteID, id, micros(now))
	return n == 1, err
}

// dropMessagesTo ends the waiting messages to the address that u has, which is no longer the
// user's; not those to other addresses, such as the previous one. A message that is being sent is
// left to its sender.
func (q Queries) dropMessagesTo(ctx context.Context, u gatehouse.User, now time.Time) error {
	var spelled []string
	err := q.all(ctx, "recipients that wait", `SELECT DISTINCT recipient FROM messages
		WHERE site_id = $1 AND user_id = $2 AND done_at = 0`, []any{u.SiteID, u.ID}, func(scan func(...any) error) error {
		var to string
		err := scan(&to)
		if gatehouse.SameMailbox(to, u.Email) {
			spelled = append(spelled, to)
		}
		return err
	})
	for _, to := range spelled {
		if err == nil {
			_, err = q.exec(ctx, "drop messages", `UPDATE messages SET state = 'expired', done_at = $4, body = NULL
				WHERE site_id = $1 AND user_id = $2 AND recipient = $3 AND done_at = 0 AND lease = ''`, u.SiteID, u.ID, to, micros(now))
		}
	}
	return err
}

// dropMessagesOf ends the waiting messages of a kind to a user, to any address: their content is
// no longer true. A message that is being sent is left to its sender.
func (q Queries) dropMessagesOf(ctx context.Context, u gatehouse.User, kind string, now time.Time) error {
	_, err := q.exec(ctx, "drop messages of a kind", `UPDATE messages SET state = 'expired', done_at = $4, body = NULL
		WHERE site_id = $1 AND user_id = $2 AND kind = $3 AND done_at = 0 AND lease = ''`, u.SiteID, u.ID, kind, micros(now))
	return err
}

// dropNotices ends the waiting notices of an enrolment. A message that is being sent is left to
// its sender.
func (q Queries) dropNotices(ctx context.Context, siteID, enrolmentID string, now time.Time) error {
	_, err := q.exec(ctx, "drop notices", `UPDATE messages SET state = 'expired', done_at = $3, body = NULL
		WHERE site_id = $1 AND done_at = 0 AND lease = ''
		AND id IN (SELECT message_id FROM enrolment_users WHERE site_id = $1 AND enrolment_id = $2 AND message_id <> '')`,
		siteID, enrolmentID, micros(now))
	return err
}

// NewestMessage returns the ID of the newest message of some kinds to a user; empty if there is
// none.
func (q Queries) NewestMessage(ctx context.Context, siteID, userID string, kinds []string) (id string, err error) {
	args := []any{siteID, userID}
	var in []string
	for _, k := range kinds {
		args = append(args, k)
		in = append(in, "$"+strconv.Itoa(len(args)))
	}
	err = q.one(ctx, "newest message", `SELECT COALESCE(MAX(id), '') FROM messages WHERE site_id = $1 AND user_id = $2
		AND kind IN (`+strings.Join(in, ", ")+`)`, args, &id)
	return id, err
}

// MessageState returns the state of a message.
func (q Queries) MessageState(ctx context.Context, siteID, id string) (state MessageState, err error) {
	err = q.one(ctx, "message state", `SELECT state FROM messages WHERE site_id = $1 AND id = $2`, []any{siteID, id}, &state)
	return state, err
}

// TextScheme is the prefix of the recipient of a text message, before the number, as in
// tel:+447400123456 (RFC 3966). All others are mails.
const TextScheme = "tel:"

// ByText reports whether a message goes to a phone.
func (m Message) ByText() bool { return strings.HasPrefix(m.Recipient, TextScheme) }

// channel is the condition for text messages, or for mails.
func channel(text bool) string {
	if text {
		return `AND substr(recipient, 1, 4) = 'tel:' `
	}
	return `AND substr(recipient, 1, 4) <> 'tel:' `
}

// MessageDue reports whether a text message, or else a mail, is due: waiting, to be retried,
// expired, or left behind by a process that died. It is the cheap query of an idle sender.
func (q Queries) MessageDue(ctx context.Context, now time.Time, text bool) (bool, error) {
	var due int64
	err := q.one(ctx, "message due", `SELECT COUNT(*) FROM (SELECT due_at FROM messages
		WHERE done_at = 0 `+channel(text)+`AND due_at <= $1 ORDER BY due_at LIMIT 1) AS first`, []any{micros(now)}, &due)
	return due > 0, err
}

// Claim is a process's hold on messages.
type Claim struct {
	// Lease is a name that no other claim ever has.
	Lease string
	Now   time.Time
	// Until is when the claim expires: after that, anyone may take the messages again.
	Until time.Time
	Limit int
	// Text claims text messages instead of mails.
	Text bool
}

// ClaimMessages takes up to c.Limit due messages, so nobody else gets them until the claim
// expires. Those with a secret come first: somebody is waiting for them. The rows are read and
// then marked: SQLite runs one transaction at a time, and PostgreSQL locks them and skips those
// that another process is taking at this moment. With a single statement that marks and returns
// them, SQLite would copy every message twice.
func (q Queries) ClaimMessages(ctx context.Context, c Claim) ([]Message, error) {
	all, err := q.dueMessages(ctx, c, channel(c.Text)+"AND secret", c.Limit)
	if err == nil && len(all) < c.Limit {
		var rest []Message
		rest, err = q.dueMessages(ctx, c, channel(c.Text)+"AND NOT secret", c.Limit-len(all))
		all = append(all, rest...)
	}
	if err != nil || len(all) == 0 {
		return nil, err
	}
	rows := make([][]any, len(all))
	for i := range all {
		m := &all[i]
		m.State, m.Lease, m.DueAt = MessageSending, c.Lease, fromMicros(micros(c.Until))
		rows[i] = []any{m.SiteID, m.ID}
	}
	err = q.later(ctx, "claim messages", `WITH due AS MATERIALIZED (SELECT value ->> 0 AS site_id, value ->> 1 AS id FROM `+q.d.each+`($1))
		UPDATE messages SET state = 'sending', lease = $2, due_at = $3
		FROM due WHERE messages.site_id = due.site_id AND messages.id = due.id`, inJSON(rows), c.Lease, micros(c.Until))
	return all, err
}

// dueMessages returns some of the due messages, the oldest first. The limit is a sum because
// SQLite would re-plan a statement whenever a LIMIT that is a bare parameter is bound, which takes
// longer than the claim.
func (q Queries) dueMessages(ctx context.Context, c Claim, which string, limit int) ([]Message, error) {
	var all []Message
	err := q.all(ctx, "due messages", `SELECT `+messageColumns+`, EXISTS (SELECT 1 FROM users WHERE users.site_id = messages.site_id
			AND users.id = messages.user_id AND users.bounced_at > 0 AND NOT users.bounce_reported)
		FROM messages WHERE done_at = 0 `+which+` AND due_at <= $1
		AND NOT EXISTS (SELECT 1 FROM mail_holds WHERE mail_holds.site_id = messages.site_id) ORDER BY due_at LIMIT $2 + 0 `+q.d.claim,
		[]any{micros(c.Now), limit}, func(scan func(...any) error) error {
			var m Message
			err := scan(append(messageFields(&m), &m.Doubted)...)
			all = append(all, m)
			return err
		})
	slices.SortFunc(all, func(a, b Message) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// MessageResult is the result for a claimed message.
type MessageResult struct {
	SiteID, ID, Lease string
	// State is final, or Deferred, or Waiting for one that was not tried.
	State MessageState
	// Reply and TryLog replace the previous ones.
	Reply, TryLog string
	// At is when it happened.
	At time.Time
	// DueAt is when to try it next, unless State is final.
	DueAt time.Time
	// Tries is how many failed so far.
	Tries int
}

// FinishMessages records results and erases the bodies of all messages that are done. It returns
// the results whose claim had expired and was taken by another process: those rows stay as that
// process leaves them. done_at is in a sum so the index of all waiting messages is not used.
func (q Queries) FinishMessages(ctx context.Context, results []MessageResult) (lost []MessageResult, err error) {
	rows := make([][]any, len(results))
	for i, r := range results {
		var done time.Time
		if r.State.Final() {
			done, r.DueAt = r.At, r.At
		}
		rows[i] = []any{r.SiteID, r.ID, r.Lease, r.State, r.Reply, micros(r.DueAt), micros(done), r.Tries, r.TryLog}
	}
	finished := map[[2]string]bool{}
	err = q.all(ctx, "finish messages", `WITH results AS MATERIALIZED (
			SELECT value ->> 0 AS site_id, value ->> 1 AS id, value ->> 2 AS lease, value ->> 3 AS state, value ->> 4 AS reply,
			CAST(value ->> 5 AS BIGINT) AS due_at, CAST(value ->> 6 AS BIGINT) AS done_at, CAST(value ->> 7 AS INTEGER) AS tries,
			value ->> 8 AS try_log
			FROM `+q.d.each+`($1))
		UPDATE messages SET state = results.state, reply = results.reply, due_at = results.due_at, done_at = results.done_at,
			tries = results.tries, try_log = results.try_log, lease = '', body = CASE WHEN results.done_at = 0 THEN messages.body END
		FROM results WHERE messages.site_id = results.site_id AND messages.id = results.id
			AND messages.lease = results.lease AND messages.done_at + 0 = 0
		RETURNING messages.site_id, messages.id`, []any{inJSON(rows)}, func(scan func(...any) error) error {
		var of [2]string
		err := scan(&of[0], &of[1])
		finished[of] = true
		return err
	})
	for _, r := range results {
		if !finished[[2]string{r.SiteID, r.ID}] {
			lost = append(lost, r)
		}
	}
	return lost, err
}

// ExpireMessages ends messages that are due and past their time, and erases their bodies; it
// returns how many. A message that is being sent is left to its sender.
func (q Queries) ExpireMessages(ctx context.Context, now time.Time) (int64, error) {
	return q.exec(ctx, "expire messages", `UPDATE messages SET state = 'expired', done_at = $1, lease = '', body = NULL
		WHERE done_at = 0 AND due_at <= $1 AND expires_at <= $1`, micros(now))
}

// MessagesOfUser returns up to limit messages to a user, newest first: those before the given
// message ID, or all if it is empty.
func (q Queries) MessagesOfUser(ctx context.Context, siteID, userID, before string, limit int) ([]Message, error) {
	return q.messages(ctx, "messages of user", `SELECT `+messageColumns+` FROM messages
		WHERE site_id = $1 AND user_id = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`,
		siteID, userID, before, limit)
}

// Message returns a message by ID.
func (q Queries) Message(ctx context.Context, siteID, id string) (Message, error) {
	all, err := q.messages(ctx, "message", `SELECT `+messageColumns+` FROM messages WHERE site_id = $1 AND id = $2`, siteID, id)
	if err != nil {
		return Message{}, err
	}
	if len(all) == 0 {
		return Message{}, fmt.Errorf("message %s: %w", id, gatehouse.ErrNotFound)
	}
	return all[0], nil
}

// MailQueue returns how many messages are still to be sent and how long the
// oldest of them has been waiting (E38).
func (q Queries) MailQueue(ctx context.Context, now time.Time) (waiting int, oldest time.Duration, err error) {
	var first time.Time
	err = q.one(ctx, "mail queue", `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM messages WHERE done_at = 0`,
		nil, &waiting, when{&first})
	if err != nil || first.IsZero() {
		return waiting, 0, err
	}
	return waiting, max(0, now.Sub(first)), nil
}

func (q Queries) messages(ctx context.Context, what, text string, args ...any) ([]Message, error) {
	var all []Message
	err := q.all(ctx, what, text, args, func(scan func(...any) error) error {
		var m Message
		err := scan(messageFields(&m)...)
		all = append(all, m)
		return err
	})
	return all, err
}
