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

// Refusals is what follows from addresses that are refused, at the hand-over or in a
// report. Sender and Receiver share it.
type Refusals struct {
	Outbox *Outbox
	// Sites returns a site by its ID; nil where this process has none of that name.
	Sites func(id string) *site.Site
	// SecurityAddress is told where too many are refused at once; empty: nobody is.
	SecurityAddress string
	Log             *slog.Logger
}

// excess is a cause for which more addresses were refused than are marked.
type excess struct {
	message   store.Message
	cause     gatehouse.RefusalCause
	users     int
	takenBack int
	tell      bool
}

// note marks the user whom a message went to as one whom mail does not reach, with an
// event: the message's own user, at the address that it went to, and nobody else. A
// report is made by anyone who had the message, so it may say something about its reader only.
// Where too many are refused for the same cause within an hour, nobody is marked, and
// what was marked for it is taken back: it is the mail that is ill, not the addresses.
//
// It is called in a transaction, and what it returns is for announce, after that.
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

// tooMany takes the marks of a cause back, and tells the security address, now and then.
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
	if err != nil { // a wrong setting keeps no report from being noted; announce logs the rest
		r.Log.ErrorContext(ctx, "mail: the security address cannot be told of refusals", "error", err)
		return nil
	}
	return q.InsertMessage(ctx, news)
}

// announce logs what was too many, once for each time that somebody is told of it.
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

// arrived takes back what was held against the address that a message went to.
func arrived(ctx context.Context, q store.Queries, m store.Message, reported bool) error {
	if m.UserID == "" {
		return nil
	}
	_, err := q.ClearBounce(ctx, m.SiteID, m.UserID, m.Recipient, reported)
	return err
}
