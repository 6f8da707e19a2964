package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// userView is a user as scripts see it. It has nothing of the password but where it
// comes from.
type userView struct {
	ID             string                   `json:"id"`
	Site           string                   `json:"site"`
	CompanyID      string                   `json:"company_id"`
	Username       string                   `json:"username"`
	FirstName      string                   `json:"first_name"`
	LastName       string                   `json:"last_name"`
	Email          string                   `json:"email"`
	EmailConfirmed bool                     `json:"email_confirmed"`
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
	BrowsersLocked *bool                    `json:"browsers_locked,omitempty"`
	Events         []eventView              `json:"events,omitempty"`
}

// eventView is a line of the event log as scripts see it.
type eventView struct {
	ID        string                `json:"id"`
	At        time.Time             `json:"at"`
	Kind      gatehouse.EventKind   `json:"kind"`
	Result    gatehouse.EventResult `json:"result"`
	Actor     string                `json:"actor"`
	Address   string                `json:"address,omitempty"`
	Reference string                `json:"reference,omitempty"`
	Detail    map[string]string     `json:"detail,omitempty"`
}

func viewUser(u gatehouse.User) userView {
	return userView{ID: u.ID, Site: u.SiteID, CompanyID: u.CompanyID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName,
		Email: u.Email, EmailConfirmed: u.EmailConfirmed, Role: u.Role, State: u.State, Locale: u.Locale, LockedAt: u.LockedAt,
		LockReason: u.LockReason, PasswordOrigin: u.Password.Origin, PasswordSetAt: u.Password.SetAt, PasswordEndsAt: u.Password.ExpiresAt,
		FirstSignInAt: u.FirstSignInAt, LastSignInAt: u.LastSignInAt, TermsAccepted: u.TermsAccepted, CreatedAt: u.CreatedAt}
}

func viewEvent(e gatehouse.Event) eventView {
	actor := string(e.ActorKind)
	if e.ActorName != "" {
		actor += " " + e.ActorName
	}
	return eventView{ID: e.ID, At: e.At, Kind: e.Kind, Result: e.Result, Actor: actor, Address: e.Address, Reference: e.Reference, Detail: e.Detail}
}

// stateOf is the state as people read it: a lock is none, but what they look for.
func stateOf(u gatehouse.User) string {
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
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		company, err := o.Company(a.ctx, o.caller, st, u.CompanyID)
		if err != nil {
			return err
		}
		locks, err := o.Locks(a.ctx, o.caller, st, u.ID)
		if err != nil {
			return err
		}
		events, err := o.Events(a.ctx, o.caller, st, u.ID, recentEvents)
		if err != nil {
			return err
		}
		v := viewUser(u)
		v.BrowsersLocked = &locks.Browsers
		for _, e := range events {
			v.Events = append(v.Events, viewEvent(e))
		}
		if c.JSON {
			return asJSON(a.out, v)
		}
		return showUser(a, u, company, locks, v.Events)
	})
}

func showUser(a *app, u gatehouse.User, company gatehouse.Company, locks directory.Locks, events []eventView) error {
	password := string(u.Password.Origin) + ", set " + moment(u.Password.SetAt)
	if u.Password.SetAt.IsZero() {
		password = "none: gatehouse user reset makes one"
	}
	if end := moment(u.Password.ExpiresAt); end != "" {
		password += ", expires " + end
	}
	err := details(a.out, "Username", u.Username, "Name", strings.TrimSpace(u.FirstName+" "+u.LastName), "Email", u.Email,
		"Company", company.Name+" ("+company.AccountNumber+")", "ID", u.ID, "Role", string(u.Role), "State", stateOf(u),
		"Locked", lockedSince(u, locks), "Password", password, "Terms", u.TermsAccepted, "First sign-in", moment(u.FirstSignInAt),
		"Last sign-in", moment(u.LastSignInAt), "Created", moment(u.CreatedAt))
	if err != nil || len(events) == 0 {
		return err
	}
	rows := make([][]string, len(events))
	for i, e := range events {
		var facts []string
		for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
			facts = append(facts, name+"="+e.Detail[name])
		}
		rows[i] = []string{moment(e.At), string(e.Kind), string(e.Result), e.Actor, e.Address, strings.Join(facts, " ")}
	}
	fmt.Fprintln(a.out)
	return table(a.out, "WHEN WHAT RESULT BY FROM DETAIL", rows)
}

func lockedSince(u gatehouse.User, locks directory.Locks) string {
	switch {
	case u.Locked():
		return "for everybody since " + moment(u.LockedAt) + " (" + string(u.LockReason) + ")"
	case locks.Browsers:
		return "for some browsers, after too many wrong attempts from them"
	}
	return "no"
}
