package gatehouse

import (
	"strings"
	"time"
)

// EmailChange is a change of a user's address: asked for, and made when it is
// confirmed from the new address. The old one can stop it, and take it back for a
// while (A05), if KeeperOf says so. Old and New are the same where an address is only
// confirmed.
type EmailChange struct {
	ID     string
	SiteID string
	UserID string
	// Old is empty where the account had no address.
	Old, New     string
	State        EmailChangeState
	AskedAt      time.Time
	ConfirmUntil time.Time
	// ConfirmedAt is zero until it is confirmed.
	ConfirmedAt time.Time
	// ByCompany: an administrator, an operator or an import made it, at once and without
	// a link.
	ByCompany bool
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
	// UndoEmailFor is how long the link to the old one does: from when the change was
	// asked for, and then from when the last of a chain of changes was made.
	UndoEmailFor = 7 * 24 * time.Hour
	// FreshFor is how old a sign-in may be that a change of address goes by; an
	// older one is asked for its password again (ASVS 7.5.1).
	FreshFor = 15 * time.Minute
)

// IsFresh reports whether a session begun then is a recent sign-in.
func IsFresh(begun, now time.Time) bool { return now.Sub(begun) < FreshFor }

// Stands reports whether a change is still what the user wants. One of an address that
// the account has no more is void: somebody else changed it since. So is one from before
// the present password: anyone who asked for it may be whom the new password keeps out.
func (c EmailChange) Stands(u User) bool {
	return SameMailbox(u.Email, c.Old) && !u.Password.SetAt.After(c.AskedAt)
}

// MayConfirm reports whether a change of this user can still be confirmed.
func (c EmailChange) MayConfirm(u User, now time.Time) bool {
	return c.State == EmailAsked && now.Before(c.ConfirmUntil) && u.State != Deactivated && c.Stands(u)
}

// UsernameIsEmail reports whether a user signs in with the address as the username:
// everybody on sites that take addresses, and anyone who has one as the username where
// either is taken. Such a username follows the address: left behind, it would be
// somebody else's address one day.
func UsernameIsEmail(with Identifier, u User) bool {
	return with == WithEmail || with == WithUsernameOrEmail && IsAddress(u.Username)
}

// MaskEmail shows enough of an address for anyone who knows it, and not the address:
// "m...s@example.com", and of a name of one or two letters only the first (B10).
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return address
	}
	name := []rune(address[:at])
	if len(name) < 3 {
		return string(name[:1]) + "..." + address[at:]
	}
	return string(name[:1]) + "..." + string(name[len(name)-1:]) + address[at:]
}
