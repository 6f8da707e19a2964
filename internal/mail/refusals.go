package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Refusals decides what happens to addresses that are refused, at the hand-over or in a
// report. Sender and Receiver share it.
type Refusals struct {
	Outbox *Outbox
	// Sites returns a site by its ID; nil if this process has no such site.
	Sites func(id string) *site.Site
	// SecurityAddress is told if too many are refused at once; empty: nobody is.
	SecurityAddress string
	Log             *slog.Logger
}

// excess is a cause with more refused addresses than are marked.
type excess struct {
	message   store.Message
	cause     gatehouse.RefusalCause
	users     int
	takenBack int
	tell      bool
}

// note marks a user as unreachable by mail, with an event: the user the message was for, at
// the address that it went to, and nobody else. Anyone who received the message can make a
// report, so it may only affect its own reader. If too many are refused for the same cause
// within an hour, nobody is marked, and earlier marks for that cause are removed: the problem
// is then the mail, not the addresses.
//
// It is called in a transaction, and its result is for announce, after that.
func (r *Refusals) note(ctx context.Context, q store.Queries, m store.Message, status string, b gatehouse.Bounce) (over []excess, err error) {
	if m.UserID == "" {
		return nil, nil
	}
	u, err := q.User(ctx, m.SiteID, m.UserID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return nil, nil
	}
	if err != nil || u.Email != m.Recipient || u.Bouncing() && (u.Bounce.Reported || !b.Reported) {
		return nil, err
	}
	causes := gatehouse.RefusalCauses(status, m.Recipient)
	for _, cause := range causes {
		n, err := q.CountRefusal(ctx, m.SiteID, cause.Key(), u.ID, b.At, b.At.Add(-gatehouse.RefusalWindow))
		if err != nil {
			return nil, err
		}
		if n > cause.Most {
			over = append(over, excess{message: m, cause: cause, users: n})
		}
	}
	for i := range over {
		if err := r.tooMany(ctx, q, &over[i], b.At); err != nil {
			return nil, err
		}
	}
	if len(over) > 0 {
		return over, nil
	}
	return nil, mark(ctx, q, u, m, causes, status, b)
}

func mark(ctx context.Context, q store.Queries, u gatehouse.User, m store.Message, causes []gatehouse.RefusalCause, status string, b gatehouse.Bounce) error {
	marked, err := q.MarkBounced(ctx, u.SiteID, u.ID, m.Recipient, b)
	if err != nil || !marked {
		return err
	}
	for _, cause := range causes {
		err = errors.Join(err, q.NoteMark(ctx, u.SiteID, cause.Key(), u.ID, b.At))
	}
	return errors.Join(err, bounceEvent(ctx, q, u, gatehouse.EventMailBounced, b.At, map[string]string{"status": status, "message": m.ID}))
}

// tooMany removes the marks of a cause, and tells the security address, now and then.
func (r *Refusals) tooMany(ctx context.Context, q store.Queries, o *excess, at time.Time) error {
	users, err := q.TakeBackMarks(ctx, o.message.SiteID, o.cause.Key(), at.Add(-gatehouse.RefusalWindow))
	if err != nil {
		return err
	}
	o.takenBack = len(users)
	for _, u := range users {
		if err := bounceEvent(ctx, q, u, gatehouse.EventBounceCleared, at, map[string]string{"cause": o.cause.Key()}); err != nil {
			return err
		}
	}
	o.tell, err = q.RefusalsOver(ctx, o.message.SiteID, o.cause.Key(), at,
		store.Told{Since: at.Add(-gatehouse.RefusalNews), Most: gatehouse.RefusalsNews})
	st := r.Sites(o.message.SiteID)
	if err != nil || !o.tell || st == nil || r.SecurityAddress == "" {
		return err
	}
	news, err := r.Outbox.Write(st, Recipient{Email: r.SecurityAddress, Lang: st.Language("", "")},
		ManyRefusals{Status: o.cause.Class, Domain: o.cause.Domain, Users: o.users, TakenBack: o.takenBack, Most: o.cause.Most, At: at})
	if err != nil { // a wrong setting must not keep a report from being noted; announce logs the rest
		r.Log.ErrorContext(ctx, "mail: the security address cannot be told of refusals", "error", err)
		return nil
	}
	return q.InsertMessage(ctx, news)
}

// announce logs what was too many, once for each time that somebody is told.
func (r *Refusals) announce(ctx context.Context, over []excess) {
	for _, o := range over {
		if o.tell {
			r.Log.ErrorContext(ctx, "mail: too many addresses are refused for one cause; they are not marked", "site", o.message.SiteID,
				"cause", o.cause.Key(), "users", o.users, "taken_back", o.takenBack, "message", o.message.ID)
		}
	}
	if len(over) > 0 {
		r.Outbox.Hurry()
	}
}

func bounceEvent(ctx context.Context, q store.Queries, u gatehouse.User, kind gatehouse.EventKind, at time.Time, detail map[string]string) error {
	self := gatehouse.Caller{Kind: gatehouse.System}
	return q.InsertEvent(ctx, self.Event(store.NewID("evt", at), at, u.SiteID, u, kind, gatehouse.ResultOK, detail))
}

// arrived removes the mark from the address that a message went to.
func arrived(ctx context.Context, q store.Queries, m store.Message, reported bool) error {
	if m.UserID == "" {
		return nil
	}
	_, err := q.ClearBounce(ctx, m.SiteID, m.UserID, m.Recipient, reported)
	return err
}
