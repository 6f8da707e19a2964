package gatehouse

// Change is something that happens to an account and ends more than itself.
type Change string

// The changes. Any code that makes one, on a page, with a command or by an import, ends what Ends
// says.
const (
	// PasswordChanged: the user has chosen another password, in a session or in a sign-in.
	PasswordChanged Change = "password-changed"
	// PasswordIssued: an administrator, an operator or an import has replaced it.
	PasswordIssued Change = "password-issued"
	// PasswordRenewed: an expired temporary password was mailed again to somebody who proved to
	// have it.
	PasswordRenewed Change = "password-renewed"
	// PasswordUsed: a temporary password opens its one sign-in.
	PasswordUsed Change = "password-used"
	// Recovered: the user has come back with a link, an answer, or the old address.
	Recovered Change = "recovered"
	// QuestionChanged: there is another challenge question.
	QuestionChanged Change = "question-changed"
	// AddressChanged: the user has moved to another mailbox, and has confirmed it.
	AddressChanged Change = "address-changed"
	// AddressCorrected: the company says that the mailbox is a different one. Even if that must be
	// confirmed first, what was sent to the wrong one ends at once.
	AddressCorrected Change = "address-corrected"
	// AddressStopped: the mailbox that keeps the account has stopped a waiting change.
	AddressStopped Change = "address-stopped"
	// AddressRestored: it has undone the changes that were made.
	AddressRestored Change = "address-restored"
	// RoleChanged: the user has become an administrator, or is no longer one.
	RoleChanged Change = "role-changed"
	// Locked: wrong passwords have locked the account.
	Locked Change = "locked"
	// Unlocked: somebody has ended a lock.
	Unlocked Change = "unlocked"
	// TurnedOff and TurnedOn: the account was deactivated, or activated.
	TurnedOff Change = "deactivated"
	TurnedOn  Change = "activated"
	// CompanySuspended: operators have suspended the user's company; CompanyResumed: they have ended
	// that. Both happen to all of its users. Resuming ends once more what could be opened while the
	// suspension was being written, and what only had to stop working meanwhile.
	CompanySuspended Change = "company-suspended"
	CompanyResumed   Change = "company-resumed"
	// Moved: operators have made the user one of another company, alone or with all of its users. The
	// links end, too: the former company may have asked for them.
	Moved Change = "moved"
	// TwoFactorChanged: the user's own two-factor was turned on, turned off, or reset; or a factor was
	// added or removed, in the sign-in that is kept if it was added there.
	TwoFactorChanged Change = "two-factor-changed"
	// DeviceDistrusted: one device is no longer trusted.
	DeviceDistrusted Change = "device-distrusted"
	// SignedOutElsewhere: the user has ended everything but the session in use.
	SignedOutElsewhere Change = "signed-out-elsewhere"
	// Disowned: the same, because something in the activity was not the user.
	Disowned Change = "disowned"
	// BackupRestored: the database was restored from a backup. It happens to all accounts.
	BackupRestored Change = "backup-restored"
)

// Extent is how many of several things end.
type Extent int

// The extents.
const (
	None Extent = iota
	// Others are all except those that Kept names.
	Others
	All
)

// But returns what survives a change: id if the change ends only the others, nothing if it ends
// all.
func (e Extent) But(id string) string {
	if e == Others {
		return id
	}
	return ""
}

// Kept is what survives where a change ends the others; empty for nothing.
type Kept struct{ Session, SignIn, Device string }

// WaitingMail says which unsent mail is cancelled. Each includes those before it.
type WaitingMail int

// The mail to cancel.
const (
	NoMail WaitingMail = iota
	// PasswordMail contains a temporary password: if two arrived, the user might try the wrong
	// one.
	PasswordMail
	// MailboxMail is all unsent mail to the account's previous mailbox.
	MailboxMail
	// AllMail is all unsent mail, to any address.
	AllMail
)

// Endings are what ends with a change.
type Endings struct {
	Sessions Extent
	// SignIns are the unfinished ones, with their codes.
	SignIns Extent
	// Devices are the known ones, with their counts: they become strangers.
	Devices Extent
	// Trust is what lets devices skip the code; they stay known.
	Trust bool
	// Links are reset links and recoveries by challenge question.
	Links bool
	// Codes are those of sign-ins that survive.
	Codes bool
	// Temporary is a temporary password that was mailed. It ends, and nobody has another one yet.
	Temporary bool
	Mail      WaitingMail
	// Confirmations are changes of address that wait for confirmation.
	Confirmations bool
	// Undo are the links that undo changes of address, and what waits with them.
	Undo bool
	// Guesses are the counts of wrong passwords and answers: they restart at zero.
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

	CompanySuspended: {Sessions: All, SignIns: All, Trust: true, Codes: true, Mail: AllMail},
	CompanyResumed:   {Sessions: All, SignIns: All, Trust: true, Codes: true, Links: true, Mail: AllMail, Confirmations: true, Undo: true},

	Moved: {Sessions: All, SignIns: All, Trust: true, Codes: true, Links: true, Confirmations: true},

	TwoFactorChanged:   {SignIns: Others, Trust: true, Codes: true},
	DeviceDistrusted:   {SignIns: All},
	SignedOutElsewhere: {Sessions: Others, SignIns: All, Devices: Others, Trust: true},
	Disowned:           {Sessions: Others, SignIns: All, Devices: Others, Trust: true, Links: true, Confirmations: true},
	BackupRestored:     {Sessions: All, SignIns: All, Trust: true, Links: true, Codes: true, Mail: AllMail, Confirmations: true},
}

// Ends returns what a change ends. A change that is not in the table is a bug, and ends
// everything: asking somebody to sign in again does less harm than leaving a door open.
func Ends(c Change) Endings {
	e, known := endings[c]
	if !known {
		return Endings{Sessions: All, SignIns: All, Devices: All, Trust: true, Links: true, Codes: true, Temporary: true,
			Mail: MailboxMail, Confirmations: true, Undo: true}
	}
	return e
}

// Changes returns all that are in the table.
func Changes() []Change {
	all := make([]Change, 0, len(endings))
	for c := range endings {
		all = append(all, c)
	}
	return all
}
