// Package act is how anything is changed: in one unit of work, which is one transaction that knows
// where it happens (the site), who makes the change (the caller) and the time. In it, the change
// is written, recorded in the event log, mailed about, and ends what it must end; all of that is
// committed, or nothing is. Mail that was written is sent right after the commit: nobody has to
// remember that.
package act

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Desk makes units of work. The services share one.
type Desk struct {
	Store  *store.Store
	Outbox *mail.Outbox
	// Place returns roughly where an IP address is, in a language: "Leeds, United Kingdom"; empty
	// if unknown. nil: always unknown.
	Place func(lang, address string) string
	// Country returns the country of an IP address, by its code and its name in a language; empty if
	// unknown. nil: no place is known.
	Country func(lang, address string) (code, name string)
	Now     func() time.Time
}

// Unit is one change while it is being made. It is the context of everything that is done in it,
// and has the store's queries on its transaction.
type Unit struct {
	context.Context
	store.Queries
	Site   *site.Site
	Caller gatehouse.Caller

	desk *Desk
	sent bool // mail waits for the commit
	// actor is the account of the caller, once it has been read; see Actor.
	actor *gatehouse.User
	// open says who of many users has something that could end; nil: nobody has looked.
	open map[string]bool
}

// Do makes a change at a site on behalf of a caller, in one transaction that is committed if
// change returns nil. As with store.Store.Write, change may run twice: it must only query and
// change the database through the unit, and set its own variables.
func (d *Desk) Do(ctx context.Context, st *site.Site, c gatehouse.Caller, change func(*Unit) error) error {
	_, err := d.DoAllowed(ctx, st, c, nil, change)
	return err
}

// DoAllowed is Do with limits: it takes from the limits first. If they are used up, it changes
// nothing, and returns how long to wait.
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

// Now returns the current time, not that of the unit's start: a unit that has waited for an
// account held by another one comes after that one by the clock as well.
func (tx *Unit) Now() time.Time { return tx.desk.Now() }

// Record writes an event about a user; a zero User: about nobody known, and one with only a
// company: about the company.
func (tx *Unit) Record(u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) error {
	return tx.InsertEvent(tx, tx.Event(u, kind, result, detail))
}

// RecordMany writes lines that Event has made.
func (tx *Unit) RecordMany(events []gatehouse.Event) error { return tx.InsertEvents(tx, events) }

// Event returns the event that Record writes, for callers that write many at once.
func (tx *Unit) Event(u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) gatehouse.Event {
	now := tx.Now()
	return tx.Caller.Event(store.NewID("evt", now), now, tx.Site.ID, u, kind, result, detail)
}

// Tell mails a user, unless no mail can be sent there, or the user's company is suspended: the change
// itself does not fail for that.
func (tx *Unit) Tell(u gatehouse.User, msg mail.Message) error {
	if u.Suspended() || !mail.CanSend(u.Email) {
		return nil
	}
	_, err := tx.Mail(mail.To(tx.Site, u), msg)
	return err
}

// TellMany is Tell for many users, each with a message of their own.
func (tx *Unit) TellMany(users []gatehouse.User, msg func(gatehouse.User) mail.Message) error {
	var all []store.Message
	for _, u := range users {
		if u.Suspended() || !mail.CanSend(u.Email) {
			continue
		}
		m, err := tx.desk.Outbox.Write(tx.Site, mail.To(tx.Site, u), msg(u))
		if err != nil {
			return err
		}
		all = append(all, m)
	}
	return tx.Post(all...)
}

// TellAll mails a user at every address that may be theirs: the present one, and the one that may
// still undo changes of it (gatehouse.KeeperOf), because the present one may be a thief's. msg gets
// the username to name: on sites that sign in by address, no mailbox learns the other address.
func (tx *Unit) TellAll(u gatehouse.User, msg func(username string) mail.Message) error {
	changes, err := tx.EmailChanges(tx, u.SiteID, u.ID)
	if err == nil {
		err = tx.Tell(u, msg(u.Username))
	}
	keeper := gatehouse.KeeperOf(u.Email, changes, tx.Now())
	if err != nil || u.Suspended() || keeper.Is(u.Email) || !mail.CanSend(keeper.Email) {
		return err
	}
	username := u.Username
	if gatehouse.UsernameIsEmail(tx.Site.SignInWith, u) {
		username = keeper.Email
	}
	_, err = tx.Mail(mail.To(tx.Site, u).Elsewhere(keeper.Email), msg(username))
	return err
}

// Mail mails a recipient, and returns the message's ID. The error for an address that cannot
// receive mail is mail.ErrAddress.
func (tx *Unit) Mail(to mail.Recipient, msg mail.Message) (id string, err error) {
	m, err := tx.desk.Outbox.For(tx).Write(tx.Site, to, msg)
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

// Post sends messages that were written before the unit, because others wait for it.
func (tx *Unit) Post(all ...store.Message) error {
	tx.sent = tx.sent || len(all) > 0
	if len(all) == 1 {
		return tx.InsertMessage(tx, all[0])
	}
	return tx.InsertMessages(tx, all)
}

// Text sends a text message to a phone of a user, and returns the message's ID. The limits are
// checked before: signin.Service.AllowText.
func (tx *Unit) Text(u gatehouse.User, number string, msg mail.TextMessage) (id string, err error) {
	m, err := tx.desk.Outbox.For(tx).WriteText(tx.Site, u, number, msg)
	if err != nil {
		return "", err
	}
	return m.ID, tx.Post(m)
}

// SendNow makes a waiting message due at once.
func (tx *Unit) SendNow(messageID string) error {
	tx.sent = true
	_, err := tx.HurryMessage(tx, tx.Site.ID, messageID, tx.Now())
	return err
}

// Pretend writes a message to nobody and discards it, so a request about a user takes no longer
// than one about nobody (invariant 7).
func (tx *Unit) Pretend(address string, msg mail.Message) error {
	return tx.desk.Outbox.Discard(tx.Site, mail.Recipient{Email: address, Lang: tx.Site.Language("", "")}, msg)
}

// PlaceFor returns roughly where the caller is, in a user's language.
func (tx *Unit) PlaceFor(u gatehouse.User) string {
	if tx.desk.Place == nil {
		return ""
	}
	return tx.desk.Place(tx.Site.Language("", u.Locale), tx.Caller.IPAddress)
}

// DeviceFor describes the caller's browser, in a user's language.
func (tx *Unit) DeviceFor(u gatehouse.User) string {
	return tx.Site.Browser(tx.Site.Language("", u.Locale), tx.Caller.UserAgent)
}

// End ends what gatehouse.Ends says for a change of an account, except what is kept. u is the
// account as it was before the change. It returns the IDs of the sessions and devices that ended.
func (tx *Unit) End(u gatehouse.User, change gatehouse.Change, kept gatehouse.Kept) (ids []string, err error) {
	return tx.Queries.End(tx, store.Ending{User: u, Change: change, Kept: kept, Mailed: mail.CanSend(u.Email),
		PasswordMail: mail.TemporaryPassword{}.Kind(), Nothing: tx.open != nil && !tx.open[u.ID], At: tx.Now()})
}

// HoldMany holds up to store.ImportBatch users, who are returned by ID, and looks who of them has
// anything that could end: nothing is asked for the others when End ends it. The unit then changes
// no other users, and each of them once.
func (tx *Unit) HoldMany(ids []string) (map[string]gatehouse.User, error) {
	held, err := tx.HoldUsers(tx, tx.Site.ID, ids)
	if err == nil {
		tx.open, err = tx.Open(tx, tx.Site.ID, ids)
	}
	return held, err
}

// Actor returns the account of the caller at a site, read once in the unit: for the name that mails
// and events give, not to decide what the caller may do.
func (tx *Unit) Actor() (gatehouse.User, error) {
	if tx.actor == nil {
		u, err := tx.User(tx, tx.Site.ID, tx.Caller.UserID)
		if err != nil {
			return u, err
		}
		tx.actor = &u
	}
	return *tx.actor, nil
}

// EndAll is End with nothing kept.
func (tx *Unit) EndAll(u gatehouse.User, change gatehouse.Change) error {
	_, err := tx.End(u, change, gatehouse.Kept{})
	return err
}
