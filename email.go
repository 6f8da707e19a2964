package gatehouse

import (
	"strings"
	"time"
	"unicode/utf8"
)

// EmailChange is a change of a user's address: asked for, and made when it is
// confirmed from the new address. The old one can stop it, and take it back for a
// while (A05). Old and New are the same where an address is only confirmed.
type EmailChange struct {
	ID     string
	SiteID string
	UserID string
	// Old is empty where the account had no address.
	Old, New     string
	State        EmailChangeState
	AskedAt      time.Time
	ConfirmUntil time.Time
	// ConfirmedAt and UndoUntil are zero until it is confirmed.
	ConfirmedAt time.Time
	UndoUntil   time.Time
}

// EmailChangeState is what became of a change.
type EmailChangeState string

// The states of a change.
const (
	EmailAsked     EmailChangeState = "asked"
	EmailConfirmed EmailChangeState = "confirmed"
	// EmailUndone: stopped or taken back from the old address.
	EmailUndone EmailChangeState = "undone"
	// EmailDropped: given up by the person, or by a newer change.
	EmailDropped EmailChangeState = "dropped"
)

const (
	// ConfirmEmailFor is how long the link to the new address works.
	ConfirmEmailFor = 24 * time.Hour
	// UndoEmailFor is how long the link to the old one does.
	UndoEmailFor = 7 * 24 * time.Hour
	// FreshFor is how old a sign-in may be that a change of address goes by; an
	// older one is asked for its password again (ASVS 7.5.1).
	FreshFor = 15 * time.Minute
)

// IsFresh reports whether a session begun then is a recent sign-in.
func IsFresh(begun, now time.Time) bool { return now.Sub(begun) < FreshFor }

// MayConfirm reports whether a change of this user can still be confirmed. One of an
// address that the account has no more is void: somebody else changed it since.
func (c EmailChange) MayConfirm(u User, now time.Time) bool {
	return c.State == EmailAsked && now.Before(c.ConfirmUntil) && u.State != Deactivated &&
		NameKey(u.Email) == NameKey(c.Old)
}

// Undone is what the link to the old address of a change does.
type Undone struct {
	// Restores: the old address comes back; else what waits is stopped.
	Restores bool
	// Void are the changes that are undone: this one, and those confirmed since.
	Void []EmailChange
}

// Undo decides what the link of a change is worth. confirmed are the changes of the
// user that were asked for with it or later and confirmed, oldest first. A thief who
// changes the address twice does not get rid of the owner: the link of the first
// change takes back all of them. ok: the link works; if not, moved says that the
// address has been changed in another way since, and somebody has to be asked.
func (c EmailChange) Undo(u User, confirmed []EmailChange, now time.Time) (undone Undone, moved, ok bool) {
	until := c.AskedAt.Add(UndoEmailFor)
	if !c.UndoUntil.IsZero() {
		until = c.UndoUntil
	}
	last := len(confirmed) - 1
	switch {
	case c.State == EmailUndone, u.State == Deactivated, !now.Before(until), c.Old == "":
		return Undone{}, false, false
	case last >= 0 && NameKey(confirmed[last].New) != NameKey(u.Email):
		return Undone{}, true, false
	case last >= 0:
		return Undone{Restores: true, Void: append([]EmailChange{c}, confirmed...)}, false, true
	case c.State != EmailAsked:
		return Undone{}, false, false
	}
	return Undone{Void: []EmailChange{c}}, false, true
}

// UsernameIsEmail reports whether a user signs in with the address as the username:
// everybody on sites that take addresses, and whoever has one as the username where
// either is taken. Such a username follows the address: left behind, it would be
// somebody else's address one day.
func UsernameIsEmail(with Identifier, u User) bool {
	return with == WithEmail || with == WithUsernameOrEmail && strings.Contains(NameKey(u.Username), "@")
}

// SameMailbox reports whether two addresses differ in nothing but capitals. NameKey
// takes more for equal, such as full-width letters, which another mailbox may have.
func SameMailbox(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// MaskEmail shows enough of an address for whoever knows it, and not the address:
// "n***@example.com".
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return address
	}
	_, first := utf8.DecodeRuneInString(address)
	return address[:first] + "***" + address[at:]
}
