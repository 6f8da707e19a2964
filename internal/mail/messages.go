package mail

import "time"

// Message is something to tell a person. A new kind is a struct with its facts and
// these three methods, plus a file text/LANGUAGE/KIND.txt.
type Message interface {
	// Kind names the file with its text.
	Kind() string
	// Secret is what the message must not leave behind anywhere (a password, a code, a
	// link's token); empty for a notice. Somebody is waiting for a message with a
	// secret, so it overtakes notices.
	Secret() string
	// Expires is when the message becomes useless.
	Expires(now time.Time) time.Time
}

// notice is what messages without a secret have in common.
type notice struct{}

func (notice) Secret() string                  { return "" }
func (notice) Expires(now time.Time) time.Time { return now.Add(3 * 24 * time.Hour) }

// Lock is what the owner of an account is told about a lock after wrong attempts.
type Lock struct {
	notice
	Username string
	// Attempts is how many wrong ones in a row there were.
	Attempts int
	At       time.Time
	// IPAddress is where the last one came from; may be empty.
	IPAddress string
	// UnlockAfter is when the lock ends by itself; 0: never.
	UnlockAfter time.Duration
	// Administrator is the name of somebody in the company who can unlock; may
	// be empty.
	Administrator string
}

// Until is when the lock ends by itself; zero: never.
func (l Lock) Until() time.Time {
	if l.UnlockAfter == 0 {
		return time.Time{}
	}
	return l.At.Add(l.UnlockAfter)
}

// Locked: the account is locked for everybody.
type Locked struct{ Lock }

// Kind implements Message.
func (Locked) Kind() string { return "locked" }

// LockedStrangers: only browsers that have not signed in to the account before are
// locked out; the owner's own still works.
type LockedStrangers struct{ Lock }

// Kind implements Message.
func (LockedStrangers) Kind() string { return "locked-strangers" }

// Unlocked: the account is open again.
type Unlocked struct {
	notice
	Username string
	At       time.Time
	By       Unlocker
	// Name is the administrator's, for UnlockedByAdministrator.
	Name string
}

// Unlocker is who or what ended a lock.
type Unlocker string

// The ways in which a lock ends.
const (
	UnlockedByAdministrator Unlocker = "administrator"
	UnlockedByOperator      Unlocker = "operator"
	UnlockedByRecovery      Unlocker = "recovery"
)

// Kind implements Message.
func (Unlocked) Kind() string { return "unlocked" }

// TemporaryPassword brings a password that works once (E50).
type TemporaryPassword struct {
	Username string
	Password string
	// ExpiresAt is when it stops working, and the message with it.
	ExpiresAt time.Time
	For       PasswordReason
	// Name and Company say who made the account or asked for the reset; empty if it was
	// the operator or an import.
	Name, Company string
	// At and IPAddress say when and from where it was asked for, for
	// PasswordForRecovery.
	At        time.Time
	IPAddress string
}

// PasswordReason is why a temporary password is sent.
type PasswordReason string

// The reasons for a temporary password.
const (
	// PasswordForAccount comes with a new account.
	PasswordForAccount PasswordReason = "account"
	// PasswordForReset: somebody with permission has reset the old one.
	PasswordForReset PasswordReason = "reset"
	// PasswordForRecovery: the person has forgotten the old one.
	PasswordForRecovery PasswordReason = "recovery"
)

// Kind implements Message.
func (TemporaryPassword) Kind() string { return "temporary-password" }

// Secret implements Message.
func (m TemporaryPassword) Secret() string { return m.Password }

// Expires implements Message.
func (m TemporaryPassword) Expires(time.Time) time.Time { return m.ExpiresAt }
