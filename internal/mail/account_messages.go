package mail

import "time"

// undoWindow is how long the link that stops a change of address is useful, while the
// change waits to be confirmed.
const undoWindow = 7 * 24 * time.Hour

// ResetLink brings the link for replacing a forgotten password (E40).
type ResetLink struct {
	Username string
	Token    string
	// ExpiresAt is when the link stops working, and the message with it.
	ExpiresAt time.Time
	At        time.Time
	// IPAddress and Place say where it was asked for: the IP address and its rough
	// location. Either may be empty.
	IPAddress, Place string
}

// Kind implements Message.
func (ResetLink) Kind() string { return "reset-link" }

// Secret implements Message.
func (m ResetLink) Secret() string { return m.Token }

// Expires implements Message.
func (m ResetLink) Expires(time.Time) time.Time { return m.ExpiresAt }

// RecoveryLink brings the link for answering the challenge question once others have
// used up the answers that the page accepts.
type RecoveryLink struct{ ResetLink }

// Kind implements Message.
func (RecoveryLink) Kind() string { return "recovery-link" }

// PasswordChanged says that the password has been changed (ASVS 6.3.7).
type PasswordChanged struct {
	notice
	Username string
	At       time.Time
	// IPAddress, Place and Browser say where it was done; each may be empty.
	IPAddress, Place, Browser string
	By                        PasswordChanger
}

// PasswordChanger says how a password was changed.
type PasswordChanger string

// The ways to change a password.
const (
	// ChangedByOwner: by a signed-in user who knows the old one.
	ChangedByOwner PasswordChanger = "owner"
	// ChangedByRecovery: it was forgotten, and replaced through a link.
	ChangedByRecovery PasswordChanger = "recovery"
)

// Kind implements Message.
func (PasswordChanged) Kind() string { return "password-changed" }

// ChallengeChanged: the challenge question was set or changed. The mail contains
// neither the question nor the answer: its readers must not learn what is asked.
type ChallengeChanged struct {
	notice
	Username string
	At       time.Time
	// IPAddress, Place and Browser say where it was done; each may be empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (ChallengeChanged) Kind() string { return "challenge-changed" }

// ConfirmAddress goes to a new address: the change takes effect when its owner confirms
// it.
type ConfirmAddress struct {
	Username string
	Token    string
	// ExpiresAt is when the link stops working, and the message with it.
	ExpiresAt time.Time
}

// Kind implements Message.
func (ConfirmAddress) Kind() string { return "confirm-address" }

// Secret implements Message.
func (m ConfirmAddress) Secret() string { return m.Token }

// Expires implements Message.
func (m ConfirmAddress) Expires(time.Time) time.Time { return m.ExpiresAt }

// AddressChangeAsked goes to the old address until the new one is confirmed.
type AddressChangeAsked struct {
	Username string
	// NewAddress is masked: the old mailbox may belong to somebody else by now.
	NewAddress string
	// UndoToken is empty if the address is too new to stop anything.
	UndoToken string
	At        time.Time
	// IPAddress and Place say where it was asked for; each may be empty.
	IPAddress, Place string
}

// Kind implements Message.
func (AddressChangeAsked) Kind() string { return "address-change-asked" }

// Secret implements Message.
func (m AddressChangeAsked) Secret() string { return m.UndoToken }

// Expires implements Message.
func (m AddressChangeAsked) Expires(time.Time) time.Time { return m.At.Add(undoWindow) }

// AddressChanged goes to the old address once the new one is confirmed, and to the
// address that keeps the account if that is a different one.
type AddressChanged struct {
	Username string
	// NewAddress is masked: the old mailbox may belong to somebody else by now.
	NewAddress string
	// UndoToken is empty if the address is too new to undo anything.
	UndoToken string
	// UndoUntil is when the change can no longer be undone and the message becomes
	// useless.
	UndoUntil, At time.Time
	// Again: it goes to an address that the account had several changes ago.
	Again bool
}

// Kind implements Message.
func (AddressChanged) Kind() string { return "address-changed" }

// Secret implements Message.
func (m AddressChanged) Secret() string { return m.UndoToken }

// Expires implements Message.
func (m AddressChanged) Expires(time.Time) time.Time {
	if m.UndoUntil.IsZero() {
		return m.At.Add(undoWindow)
	}
	return m.UndoUntil
}

// AddressUndone goes to the address that was restored: the person who changed it knew the
// password, so a new one is needed. It also goes to the address that the account had
// until then.
type AddressUndone struct {
	notice
	Username string
	At       time.Time
	// SendsPassword: a temporary password comes in a separate mail.
	SendsPassword bool
	// Loses: it goes to the address that no longer belongs to the account. It does not
	// lead to a new password.
	Loses bool
}

// Kind implements Message.
func (AddressUndone) Kind() string { return "address-undone" }

// AddressTaken goes to the owner of an address that another account of the site wanted
// to use. The page does not mention it, so that nobody can find out which addresses
// have accounts (invariant 7).
type AddressTaken struct {
	notice
	Username string
	At       time.Time
}

// Kind implements Message.
func (AddressTaken) Kind() string { return "address-taken" }

// NewDevice: somebody signed in from a browser that had not been used before
// (ASVS 6.3.5).
type NewDevice struct {
	notice
	Username string
	At       time.Time
	// IPAddress, Place and Browser are what is known about it; each may be empty.
	IPAddress, Place, Browser string
}

// Kind implements Message.
func (NewDevice) Kind() string { return "new-device" }

// TermsReceipt says what was accepted, so that it can be proved later.
type TermsReceipt struct {
	notice
	Username string
	// Version and TextHash identify the terms and their exact text.
	Version string
	At      time.Time
	// IPAddress is where it was accepted; may be empty.
	IPAddress string
	TextHash  string
}

// Kind implements Message.
func (TermsReceipt) Kind() string { return "terms-receipt" }

// UsernameRequest asks a company's administrator to tell somebody a forgotten username:
// no page or mail of ours tells a stranger (invariant 7).
type UsernameRequest struct {
	notice
	// Asker is the address that the person gave, and Message what they wrote: both were
	// typed by a stranger on a public page.
	Asker, Message string
	// Usernames are the accounts of the company that have the address.
	Usernames []string
	At        time.Time
	// IPAddress is where it was asked for; may be empty.
	IPAddress string
}

// Kind implements Message.
func (UsernameRequest) Kind() string { return "username-request" }

// SharedSignIn tells a company's administrator, or support, that a user shares their
// sign-in with others.
type SharedSignIn struct {
	notice
	// Username and Name are the user's; Name may be empty.
	Username, Name string
	Company        string
	At             time.Time
	// ForSupport: it goes to the site's support, because the user is an administrator
	// (Administrator) or the company has no administrator who can be reached by mail.
	ForSupport, Administrator bool
}

// Kind implements Message.
func (SharedSignIn) Kind() string { return "shared-sign-in" }

// PasswordExpiring warns before a password is too old to be used.
type PasswordExpiring struct {
	notice
	Username string
	// Days is how many are left; 0: it expires today.
	Days      int
	ExpiresAt time.Time
}

// Kind implements Message.
func (PasswordExpiring) Kind() string { return "password-expiring" }

// Expires implements Message: after the expiry the sign-in itself says so.
func (m PasswordExpiring) Expires(now time.Time) time.Time {
	if usual := m.notice.Expires(now); usual.Before(m.ExpiresAt) {
		return usual
	}
	return m.ExpiresAt
}
