package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// userView is a user as scripts see it. About the password it has only its origin.
type userView struct {
	ID             string                   `json:"id"`
	Site           string                   `json:"site"`
	CompanyID      string                   `json:"company_id"`
	Username       string                   `json:"username"`
	FirstName      string                   `json:"first_name"`
	LastName       string                   `json:"last_name"`
	Email          string                   `json:"email"`
	EmailConfirmed bool                     `json:"email_confirmed"`
	BouncedAt      time.Time                `json:"bounced_at,omitzero"`
	BounceReason   string                   `json:"bounce_reason,omitempty"`
	Role           gatehouse.Role           `json:"role"`
	State          gatehouse.UserState      `json:"state"`
	Locale         string                   `json:"locale,omitempty"`
	LockedAt       time.Time                `json:"locked_at,omitzero"`
	LockReason     gatehouse.LockReason     `json:"lock_reason,omitempty"`
	PasswordOrigin gatehouse.PasswordOrigin `json:"password_origin"`
	PasswordSetAt  time.Time                `json:"password_set_at,omitzero"`
	PasswordEndsAt time.Time                `json:"password_expires_at,omitzero"`
	FirstSignInAt  time.Time                `json:"first_sign_in_at,omitzero"`
	LastSignInAt   time.Time                `json:"last_sign_in_at,omitzero"`
	TermsAccepted  string                   `json:"terms_accepted,omitempty"`
	CreatedAt      time.Time                `json:"created_at"`
	DevicesLocked  *bool                    `json:"devices_locked,omitempty"`
	// Factors are the apps, passkeys and phones; TwoFactorResetAt is when a reset that waits is
	// carried out.
	Factors          int           `json:"factors"`
	TwoFactorResetAt time.Time     `json:"two_factor_reset_at,omitzero"`
	Events           []eventView   `json:"events,omitempty"`
	Messages         []messageView `json:"messages,omitempty"`
}

// messageView is a mail to the user, and what became of it.
type messageView struct {
	ID      string             `json:"id"`
	At      time.Time          `json:"at"`
	To      string             `json:"to"`
	Subject string             `json:"subject"`
	State   store.MessageState `json:"state"`
	DoneAt  time.Time          `json:"done_at,omitzero"`
	Reply   string             `json:"reply,omitempty"`
}

// eventView is a line of the event log as scripts see it.
type eventView struct {
	ID        string                `json:"id"`
	At        time.Time             `json:"at"`
	Kind      gatehouse.EventKind   `json:"kind"`
	Result    gatehouse.EventResult `json:"result"`
	Site      string                `json:"site"`
	User      string                `json:"user,omitempty"`
	Actor     string                `json:"actor"`
	IPAddress string                `json:"ip_address,omitempty"`
	Reference string                `json:"reference,omitempty"`
	Detail    map[string]string     `json:"detail,omitempty"`
}

func viewUser(u gatehouse.User) userView {
	return userView{ID: u.ID, Site: u.SiteID, CompanyID: u.CompanyID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName,
		Email: u.Email, EmailConfirmed: u.EmailConfirmed, BouncedAt: u.Bounce.At, BounceReason: u.Bounce.Reason, Role: u.Role, State: u.State, Locale: u.Locale, LockedAt: u.LockedAt,
		LockReason: u.LockReason, PasswordOrigin: u.Password.Origin, PasswordSetAt: u.Password.SetAt, PasswordEndsAt: u.Password.ExpiresAt,
		FirstSignInAt: u.FirstSignInAt, LastSignInAt: u.LastSignInAt, TermsAccepted: u.TermsAccepted, Factors: u.Factors, CreatedAt: u.CreatedAt}
}

func viewEvent(e gatehouse.Event) eventView {
	actor := string(e.ActorKind)
	if e.ActorName != "" {
		actor += " " + e.ActorName
	}
	return eventView{ID: e.ID, At: e.At, Kind: e.Kind, Result: e.Result, Site: e.SiteID, User: e.UserID, Actor: actor, IPAddress: e.IPAddress, Reference: e.Reference, Detail: e.Detail}
}

// stateOf is the state as people read it: a lock is not a state, but it is what they
// look for.
func stateOf(u gatehouse.User) string {
	if !u.DeletedAt.IsZero() {
		return "deleted, to be removed on " + moment(u.RemovedAt())
	}
	if u.Locked() {
		return string(u.State) + ", locked"
	}
	return string(u.State)
}

type userShowCmd struct {
	userFlags
	JSON bool `name:"json" help:"Print JSON."`
}

// recentEvents is how many events about a user are shown.
const recentEvents = 10

func (c *userShowCmd) Run(a *app) error {
	return c.withDeleted(a, func(o *office, st *site.Site, u gatehouse.User) error {
		company, err := o.Company(a.ctx, st, o.caller, u.CompanyID)
		if err != nil {
			return err
		}
		locks, err := o.Locks(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		events, err := o.Events(a.ctx, st, o.caller, u.ID, recentEvents)
		if err != nil {
			return err
		}
		messages, err := o.Messages(a.ctx, st, o.caller, u.ID, recentEvents)
		if err != nil {
			return err
		}
		v := viewUser(u)
		for _, m := range messages {
			v.Messages = append(v.Messages, messageView{m.ID, m.CreatedAt, m.Recipient, m.Subject, m.State, m.DoneAt, m.Reply})
		}
		v.DevicesLocked = &locks.Devices
		two, err := o.TwoFactor(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		if two.Waiting != nil {
			v.TwoFactorResetAt = two.Waiting.DueAt
		}
		for _, e := range events {
			v.Events = append(v.Events, viewEvent(e))
		}
		if c.JSON {
			return asJSON(a.out, v)
		}
		if err := showUser(a, u, company, locks, v.TwoFactorResetAt); err != nil {
			return err
		}
		if err := showEvents(a, v.Events); err != nil {
			return err
		}
		return showMessages(a, v.Messages)
	})
}

func showUser(a *app, u gatehouse.User, company gatehouse.Company, locks directory.Locks, reset time.Time) error {
	password := string(u.Password.Origin) + ", set " + moment(u.Password.SetAt)
	if u.Password.SetAt.IsZero() {
		password = "none: gatehouse user reset makes one"
	}
	if end := moment(u.Password.ExpiresAt); end != "" {
		password += ", expires " + end
	}
	factors := strconv.Itoa(u.Factors)
	if !reset.IsZero() {
		factors += ", to be reset on " + moment(reset)
	}
	bounced := "no"
	if u.Bouncing() {
		bounced = "since " + moment(u.Bounce.At) + ": " + u.Bounce.Reason
	}
	return details(a.out, "Username", u.Username, "Name", strings.TrimSpace(u.FirstName+" "+u.LastName), "Email", u.Email, "Mail comes back", bounced,
		"Company", company.Name+" ("+company.AccountNumber+")", "ID", u.ID, "Role", string(u.Role), "State", stateOf(u),
		"Locked", lockedSince(u, locks), "Password", password, "Second factors", factors, "Terms", u.TermsAccepted, "First sign-in", moment(u.FirstSignInAt),
		"Last sign-in", moment(u.LastSignInAt), "Created", moment(u.CreatedAt))
}

// showEvents prints events one per line; nothing if there are none.
func showEvents(a *app, events []eventView) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		var facts []string
		for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
			facts = append(facts, name+"="+e.Detail[name])
		}
		rows[i] = []string{moment(e.At), string(e.Kind), string(e.Result), e.Actor, e.IPAddress, e.Reference, strings.Join(facts, " ")}
	}
	fmt.Fprintln(a.out)
	return table(a.out, "WHEN WHAT RESULT BY FROM REFERENCE DETAIL", rows)
}

// showMessages prints mails and what became of each (C13).
func showMessages(a *app, messages []messageView) error {
	if len(messages) == 0 {
		return nil
	}
	rows := make([][]string, len(messages))
	for i, m := range messages {
		rows[i] = []string{moment(m.At), m.To, m.Subject, string(m.State), moment(m.DoneAt), m.Reply}
	}
	fmt.Fprintln(a.out)
	return table(a.out, "MAIL TO SUBJECT STATE DONE REPLY", rows)
}

func lockedSince(u gatehouse.User, locks directory.Locks) string {
	switch {
	case u.Locked():
		return "for everybody since " + moment(u.LockedAt) + " (" + string(u.LockReason) + ")"
	case locks.Devices:
		return "for some browsers, after too many wrong attempts from them"
	}
	return "no"
}
