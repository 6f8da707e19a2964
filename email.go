package gatehouse

import (
	"strings"
	"time"
)

// EmailChange is a change of a user's address: requested, and made once it is confirmed from the
// new address. The old address can stop it, and undo it for a while (A05), if KeeperOf says so.
// Old and New are the same if an address is only confirmed.
type EmailChange struct {
	ID     string
	SiteID string
	UserID string
	// Old is empty if the account had no address.
	Old, New     string
	State        EmailChangeState
	AskedAt      time.Time
	ConfirmUntil time.Time
	// ConfirmedAt is zero until it is confirmed.
	ConfirmedAt time.Time
	// ByCompany: an administrator, an operator or an import made it, at once and without a link.
	ByCompany bool
}

// EmailChangeState is the state of a change.
type EmailChangeState string

// The states of a change.
const (
	EmailAsked     EmailChangeState = "asked"
	EmailConfirmed EmailChangeState = "confirmed"
	// EmailUndone: stopped or undone from the old address.
	EmailUndone EmailChangeState = "undone"
	// EmailDropped: withdrawn by the user, or replaced by a newer change.
	EmailDropped EmailChangeState = "dropped"
)

const (
	// ConfirmEmailFor is how long the link to the new address works.
	ConfirmEmailFor = 24 * time.Hour
	// UndoEmailFor is how long the link to the old address works: from when the change was
	// requested, and then from when the last of a chain of changes was made.
	UndoEmailFor = 7 * 24 * time.Hour
)

// Stands reports whether a change is still valid. It is void if the account no longer has its old
// address, because somebody else changed it since. It is also void if it is older than the present
// password, because the new password may be meant to lock out the requester.
func (c EmailChange) Stands(u User) bool {
	return SameMailbox(u.Email, c.Old) && !u.Password.SetAt.After(c.AskedAt)
}

// MayConfirm reports whether a change of this user can still be confirmed.
func (c EmailChange) MayConfirm(u User, now time.Time) bool {
	return c.State == EmailAsked && now.Before(c.ConfirmUntil) && !u.Off() && c.Stands(u)
}

// UsernameIsEmail reports whether a user signs in with the address as the username: everybody on
// sites that use addresses, and anyone whose username is the address where either is accepted.
// Such a username follows the address: otherwise it could one day be somebody else's address.
func UsernameIsEmail(with Identifier, u User) bool {
	return with == WithEmail || with == WithUsernameOrEmail && IsAddress(u.Username)
}

// MaskEmail shows enough of an address to recognise it, without revealing it: "m...s@example.com",
// and only the first letter of a name of one or two letters (B10).
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
