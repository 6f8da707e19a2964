package ui

// ConfirmEmail asks for the press of a button that makes an address somebody's own: a
// link alone is opened by mail scanners too.
type ConfirmEmail struct {
	Username, Address string
	// UsernameToo: the address becomes what the person signs in with.
	UsernameToo bool
	// Known: the account has the address already, and it was never confirmed.
	Known bool
}

func (ConfirmEmail) template() string { return "email_confirm" }
func (v ConfirmEmail) title(p *page) string {
	if v.Known {
		return p.T("email.confirm_known_title")
	}
	return p.T("email.confirm_title")
}
func (ConfirmEmail) failed() bool { return false }

// UndoEmail asks whether a change of address is to be stopped or taken back.
type UndoEmail struct {
	Username string
	// Old is the address that the link came to; New is masked, because this mailbox
	// may be somebody else's by now.
	Old, New string
	// Restores: the change was made, and is taken back; else it is stopped.
	Restores bool
}

func (UndoEmail) template() string       { return "email_undo" }
func (v UndoEmail) title(p *page) string { return p.T("email." + v.What() + "_title") }
func (UndoEmail) failed() bool           { return false }

// What names the words of the page.
func (v UndoEmail) What() string {
	if v.Restores {
		return "restore"
	}
	return "stop"
}

// EmailDone says what a link about an address has done.
type EmailDone struct {
	// What is confirmed, restored or stopped; the texts are email.WHAT_…
	What string
}

// What EmailDone.What can be.
const (
	EmailConfirmed = "confirmed"
	EmailRestored  = "restored"
	EmailStopped   = "stopped"
)

func (EmailDone) template() string       { return "email_done" }
func (v EmailDone) title(p *page) string { return p.T("email." + v.What + "_title") }
func (EmailDone) failed() bool           { return false }

// EmailFailed says why a link about an address does not work, and what to do.
type EmailFailed struct {
	// Why is over, taken or missing; the texts are email.WHY_…
	Why string
	// Undo: it is the link to an old address.
	Undo bool
}

// What EmailFailed.Why can be.
const (
	EmailLinkOver = "over"
	EmailTaken    = "taken"
	// EmailMissing: the browser has no token, because it opened no link or keeps no
	// cookies.
	EmailMissing = "missing"
)

func (EmailFailed) template() string       { return "email_failed" }
func (v EmailFailed) title(p *page) string { return p.T("email." + v.Why + "_title") }
func (EmailFailed) failed() bool           { return true }
