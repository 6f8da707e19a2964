package gatehouse

// Change is something that happens to an account and ends more than itself.
type Change string

// The changes. Anyone who makes one, on a page, with a command or by an import, ends what
// Ends says of it.
const (
	// PasswordChanged: the user has chosen another password, in a session or in a sign-in.
	PasswordChanged Change = "password-changed"
	// PasswordIssued: an administrator, an operator or an import has put another one in
	// its place.
	PasswordIssued Change = "password-issued"
	// PasswordRenewed: a temporary password that was over was mailed again to somebody who had
	// shown to have it.
	PasswordRenewed Change = "password-renewed"
	// PasswordUsed: a temporary password opens a sign-in, as the only one.
	PasswordUsed Change = "password-used"
	// Recovered: the user has come back with a link, an answer, or the old address.
	Recovered Change = "recovered"
	// QuestionChanged: there is another challenge question.
	QuestionChanged Change = "question-changed"
	// AddressChanged: the user has moved to another mailbox, and has confirmed it.
	AddressChanged Change = "address-changed"
	// AddressCorrected: the company says that the mailbox is another one. Where that has to
	// be confirmed first, what lies in the wrong one still ends at once.
	AddressCorrected Change = "address-corrected"
	// AddressStopped: the mailbox that keeps the account has stopped a change that waited.
	AddressStopped Change = "address-stopped"
	// AddressRestored: it has taken back the changes that were made.
	AddressRestored Change = "address-restored"
	// RoleChanged: the user is an administrator now, or is none any longer.
	RoleChanged Change = "role-changed"
	// Locked: wrong passwords have locked the account.
	Locked Change = "locked"
	// Unlocked: somebody has ended a lock.
	Unlocked Change = "unlocked"
	// TurnedOff and TurnedOn: the account was deactivated, or activated.
	TurnedOff Change = "deactivated"
	TurnedOn  Change = "activated"
	// TwoFactorChanged: the user's own two-factor was turned on, turned off, or reset.
	TwoFactorChanged Change = "two-factor-changed"
	// DeviceDistrusted: one device is no longer trusted.
	DeviceDistrusted Change = "device-distrusted"
	// SignedOutElsewhere: the user has ended everything but the session in use.
	SignedOutElsewhere Change = "signed-out-elsewhere"
	// Disowned: the same, because something in the activity was not the user.
	Disowned Change = "disowned"
	// BackupRestored: the database is as it was once. It happens to all accounts.
	BackupRestored Change = "backup-restored"
)

// Extent is how many of several things end.
type Extent int

// The extents.
const (
	None Extent = iota
	// Others are all but those that Kept names.
	Others
	All
)

// But is what is kept of what a change ends: id where the change ends the others, nothing
// where it ends all.
func (e Extent) But(id string) string {
	if e == Others {
		return id
	}
	return ""
}

// Kept is what stays where a change ends the others; empty for nothing.
type Kept struct{ Session, SignIn, Device string }

// WaitingMail is which mail is not sent any longer. Each includes those before it.
type WaitingMail int

// The mail that ends.
const (
	NoMail WaitingMail = iota
	// PasswordMail holds a temporary password: of two that arrive together, the wrong one
	// would be tried.
	PasswordMail
	// MailboxMail is all that waits to go to the mailbox that the account had.
	MailboxMail
	// AllMail is all that waits, to whomever.
	AllMail
)

// Endings are what ends with a change.
type Endings struct {
	Sessions Extent
	// SignIns are those that have begun and are not finished, with their codes.
	SignIns Extent
	// Devices are those that are known, with what was counted for each: they are
	// strangers then.
	Devices Extent
	// Trust is what spares devices the code; they stay known.
	Trust bool
	// Links are reset links and recoveries by challenge question.
	Links bool
	// Codes are those of sign-ins that stay.
	Codes bool
	// Temporary is a temporary password that was mailed. It is over, and nobody has
	// another one yet.
	Temporary bool
	Mail      WaitingMail
	// Confirmations are changes of address that wait to be confirmed.
	Confirmations bool
	// Undo are the links that take changes of address back, and what waits with them.
	Undo bool
	// Guesses are the counts of wrong passwords and answers: they begin again at nothing.
	Guesses bool
}

// endings is the table; docs/decisions/0029-what-ends.md gives the reasons.
var endings = map[Change]Endings{
	PasswordChanged: {Sessions: Others, SignIns: Others, Devices: Others, Trust: true, Links: true, Mail: PasswordMail},
	PasswordIssued:  {Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Mail: PasswordMail},
	PasswordRenewed: {Sessions: All, SignIns: All, Trust: true, Links: true, Mail: PasswordMail},
	PasswordUsed:    {SignIns: All},
	Recovered:       {Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Mail: PasswordMail, Guesses: true},
	QuestionChanged: {Links: true},

	AddressChanged:   {SignIns: All, Trust: true, Links: true, Codes: true, Confirmations: true},
	AddressCorrected: {SignIns: All, Trust: true, Links: true, Codes: true, Temporary: true, Mail: MailboxMail, Confirmations: true},
	AddressStopped:   {Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Confirmations: true, Undo: true},
	AddressRestored: {Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Codes: true, Mail: MailboxMail,
		Confirmations: true, Undo: true, Guesses: true},

	RoleChanged: {},
	Locked:      {Sessions: All, SignIns: All, Trust: true},
	Unlocked:    {Guesses: true},
	TurnedOff:   {Sessions: All, SignIns: All, Trust: true},
	TurnedOn:    {Links: true, Confirmations: true, Undo: true},

	TwoFactorChanged:   {SignIns: All, Trust: true, Codes: true},
	DeviceDistrusted:   {SignIns: All},
	SignedOutElsewhere: {Sessions: Others, SignIns: All, Devices: Others, Trust: true},
	Disowned:           {Sessions: Others, SignIns: All, Devices: Others, Trust: true, Links: true, Confirmations: true},
	BackupRestored:     {Sessions: All, SignIns: All, Trust: true, Links: true, Codes: true, Mail: AllMail, Confirmations: true},
}

// Ends returns what ends when something changes. What is not in the table is a mistake of
// the program, and ends everything: to ask somebody to sign in again does less harm than
// to leave a door open.
func Ends(c Change) Endings {
	e, known := endings[c]
	if !known {
		return Endings{Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Codes: true, Temporary: true,
			Mail: MailboxMail, Confirmations: true, Undo: true}
	}
	return e
}

// Changes are all that are in the table.
func Changes() []Change {
	all := make([]Change, 0, len(endings))
	for c := range endings {
		all = append(all, c)
	}
	return all
}
