// Package act is how somebody changes something: in one unit of work, which is one
// transaction that knows where it is (the site), who makes the change (the caller) and
// what time it is. In it the change is written, recorded in the event log, told by mail,
// and what ends with it ends; all of that is committed, or nothing is. Mail that was
// written goes out at once after the commit: nobody has to remember that.
package act

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Desk is what units of work are made with. The services share one.
type Desk struct {
	Store  *store.Store
	Outbox *mail.Outbox
	// Place says roughly where an IP address is, in a language: "Leeds, United Kingdom";
	// empty where nobody knows. nil: nobody ever does.
	Place func(lang, address string) string
	Now   func() time.Time
}

// Unit is one change that somebody makes, while it is being made. It is the context of
// everything that is done in it, and has the store's queries on its transaction.
type Unit struct {
	context.Context
	store.Queries
	Site   *site.Site
	Caller gatehouse.Caller

	desk *Desk
	sent bool // mail waits for the commit
}

// Do makes a change at a site on behalf of a caller, in one transaction that is committed
// if change returns nil. As with store.Store.Write, change may be run twice: it does
// nothing but ask and change the database through the unit, and set variables of its own.
func (d *Desk) Do(ctx context.Context, st *site.Site, c gatehouse.Caller, change func(*Unit) error) error {
	_, err := d.DoAllowed(ctx, st, c, nil, change)
	return err
}

// DoAllowed is Do for what is limited: it takes from the limits first. Where they are used up
// it changes nothing, and returns how long to wait.
func (d *Desk) DoAllowed(ctx context.Context, st *site.Site, c gatehouse.Caller, limits []store.Limit, change func(*Unit) error) (wait time.Duration, err error) {
	sent := false
	do := func(q store.Queries) error {
		tx := &Unit{Context: ctx, Queries: q, Site: st, Caller: c, desk: d}
		err := change(tx)
		sent = tx.sent
		return err
	}
	if len(limits) == 0 {
		err = d.Store.Write(ctx, do)
	} else {
		wait, err = d.Store.WriteAllowed(ctx, d.Now(), limits, do)
	}
	if err == nil && sent {
		d.Outbox.Hurry()
	}
	return wait, err
}

// Now is the time. It is not that of the unit's beginning: a unit that has waited for an
// account which another one held comes after that one, by the clock as well.
func (tx *Unit) Now() time.Time { return tx.desk.Now() }

// Record writes a line of the event log about a user; a zero User: about nobody who is
// known, and one that has a company only: about the company.
func (tx *Unit) Record(u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) error {
	return tx.InsertEvent(tx, tx.Event(u, kind, result, detail))
}

// RecordMany writes lines that Event has made.
func (tx *Unit) RecordMany(events []gatehouse.Event) error { return tx.InsertEvents(tx, events) }

// Event is the line that Record writes, for who writes many at once.
func (tx *Unit) Event(u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) gatehouse.Event {
	now := tx.Now()
	return tx.Caller.Event(store.NewID("evt", now), now, tx.Site.ID, u, kind, result, detail)
}

// Tell mails a user, unless nothing can be sent there: what the message tells about does
// not fail for that.
func (tx *Unit) Tell(u gatehouse.User, msg mail.Message) error {
	if !mail.CanSend(u.Email) {
		return nil
	}
	_, err := tx.Mail(mail.To(tx.Site, u), msg)
	return err
}

// Mail mails a recipient, and returns the message's ID. An address that nothing can be
// sent to is mail.ErrAddress.
func (tx *Unit) Mail(to mail.Recipient, msg mail.Message) (id string, err error) {
	m, err := tx.desk.Outbox.Write(tx.Site, to, msg)
	if err != nil {
		return "", err
	}
	return m.ID, tx.Post(m)
}

// MailSupport mails the site's support about a company.
func (tx *Unit) MailSupport(companyID string, msg mail.Message) error {
	_, err := tx.Mail(mail.Recipient{CompanyID: companyID, Email: tx.Site.Support.Email, Lang: tx.Site.Language("", "")}, msg)
	return err
}

// Post sends messages that were written before the unit, which others wait for.
func (tx *Unit) Post(all ...store.Message) error {
	tx.sent = tx.sent || len(all) > 0
	if len(all) == 1 {
		return tx.InsertMessage(tx, all[0])
	}
	return tx.InsertMessages(tx, all)
}

// Text sends a text message to a phone of a user, and returns the message's ID. What limits
// text messages is asked before: signin.Service.AllowText.
func (tx *Unit) Text(u gatehouse.User, number string, msg mail.TextMessage) (id string, err error) {
	m, err := tx.desk.Outbox.WriteText(tx.Site, u, number, msg)
	if err != nil {
		return "", err
	}
	return m.ID, tx.Post(m)
}

// SendNow has a message that waits tried at once.
func (tx *Unit) SendNow(messageID string) error {
	tx.sent = true
	_, err := tx.HurryMessage(tx, tx.Site.ID, messageID, tx.Now())
	return err
}

// Pretend writes a message to nobody and throws it away, so that an answer about
// somebody takes no longer than one about nobody (invariant 7).
func (tx *Unit) Pretend(address string, msg mail.Message) error {
	return tx.desk.Outbox.Discard(tx.Site, mail.Recipient{Email: address, Lang: tx.Site.Language("", "")}, msg)
}

// PlaceFor is roughly where the caller is, in a user's language.
func (tx *Unit) PlaceFor(u gatehouse.User) string {
	if tx.desk.Place == nil {
		return ""
	}
	return tx.desk.Place(tx.Site.Language("", u.Locale), tx.Caller.IPAddress)
}

// DeviceFor is the caller's browser, in the words of a user's language.
func (tx *Unit) DeviceFor(u gatehouse.User) string {
	return tx.Site.Browser(tx.Site.Language("", u.Locale), tx.Caller.UserAgent)
}

// End ends what gatehouse.Ends says of a change of an account, but for what is kept. u is
// the account as it was before the change. It returns the IDs of the sessions and devices
// that ended.
func (tx *Unit) End(u gatehouse.User, change gatehouse.Change, kept gatehouse.Kept) (ids []string, err error) {
	return tx.Queries.End(tx, store.Ending{User: u, Change: change, Kept: kept, Mailed: mail.CanSend(u.Email),
		PasswordMail: mail.TemporaryPassword{}.Kind(), At: tx.Now()})
}

// EndAll is End where nothing is kept.
func (tx *Unit) EndAll(u gatehouse.User, change gatehouse.Change) error {
	_, err := tx.End(u, change, gatehouse.Kept{})
	return err
}
