package ui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
)

// UserDetail is one user of the company, as an administrator sees it (B19, C13): neither
// codes nor passwords are among it.
type UserDetail struct {
	Of gatehouse.User
	// Reachable: mail can be sent to the user's address.
	Reachable bool
	// Barriers are what keeps the user from signing in, what weighs most first.
	Barriers []gatehouse.Barrier
	// From is where the wrong passwords behind a lock came from, Lock the event of that
	// lock, and End that of the deactivation, as far as they are known.
	From      []From
	Lock, End gatehouse.Event
	// Shared: the user said that others use the sign-in, too, SharedAt when (A04).
	Shared   bool
	SharedAt time.Time
	// Trusted are the browsers in which no code is asked for.
	Trusted []gatehouse.Browser
	// Mails are the newest messages to the user, newest first.
	Mails []UserMail
	// Email is what the field holds, and Fields what is wrong with it.
	Email  string
	Fields []gatehouse.FieldError
	// AskPassword: changes that weaken the user's sign-in want the password again.
	AskPassword bool
	// Done says what was done a moment ago, Refused why it was not: one of the constants,
	// or empty. Wait is how long to wait before trying again.
	Done, Refused string
	Wait          time.Duration
	// Also is what was done besides: some of Alsos.
	Also []string
}

// What UserDetail.Done can be; the texts are person.done_….
const (
	UserCorrected = "corrected"
	// UserAsked: the new address has to be confirmed.
	UserAsked        = "asked"
	UserResent       = "resent"
	UserUntrusted    = "untrusted"
	UserReset        = "reset"
	UserUnlocked     = "unlocked"
	UserActivated    = "activated"
	UserDeactivated  = "deactivated"
	UserPasswordSent = "password"
	UserSame         = "same" // the address was it already
)

// What UserDetail.Also can be; the texts are person.also_….
const (
	AlsoTold          = "told"           // the mailbox of before was told
	AlsoPasswordSent  = "password-sent"  // in place of one in the mailbox of before
	AlsoPasswordEnded = "password-ended" // and none was sent
	AlsoNoPassword    = "password-none"
	AlsoNotice        = "notice" // about Enhanced Security
)

// Alsos are all of them, in the order in which they are said.
var Alsos = []string{AlsoTold, AlsoPasswordSent, AlsoPasswordEnded, AlsoNoPassword, AlsoNotice}

// What UserDetail.Refused can be; the texts are person.refused_….
const (
	RefusedResend  = "resend"  // what the message said is kept nowhere, or does not hold any more
	RefusedAddress = "address" // there is none to send to
	RefusedSoon    = "soon"    // one person is not flooded
	RefusedOften   = "often"   // nor are the mailboxes that addresses lead to
	RefusedOwn     = "own"     // it is the administrator's own account
	RefusedUnlock  = "unlock"  // one account is not unlocked without end

	RefusedDeactivated = "deactivated" // there is nothing to send a password for
	RefusedOperator    = "operator"    // what support has locked, support unlocks
)

// UserMail is what became of a message.
type UserMail struct {
	ID, Subject, To string
	// State is one of waiting, sending, deferred, sent, refused, expired and bounced.
	State string
	// Reply is what a mail server said last, or why none could be asked.
	Reply string
	// DueAt is when it is tried next, DoneAt when the state came of one that is done.
	CreatedAt, DueAt, DoneAt time.Time
	// Void is why it does not hold any longer: replaced, chosen, used, expired; empty: it
	// does.
	Void string
	// Resend is what can be done about it, one of the constants; empty: nothing.
	Resend string
}

// What UserMail.Resend can be; the texts are person.resend_….
const (
	ResendNow      = "now"      // it waits, and is tried at once
	ResendAgain    = "again"    // it is written again
	ResendPassword = "password" // by the act that sends a new password
)

func (UserDetail) template() string                      { return "user" }
func (v UserDetail) title(*page) string                  { return v.Of.DisplayName() }
func (v UserDetail) failed() bool                        { return len(v.Fields) > 0 || v.Refused != "" }
func (v UserDetail) fieldErrors() []gatehouse.FieldError { return v.Fields }

func (v UserDetail) fields(p *page) []field {
	hint := "person.email_hint"
	if gatehouse.UsernameIsEmail(p.Site.SignInWith, v.Of) {
		hint = "person.email_hint_confirmed"
	}
	return []field{
		{Name: "email", Label: p.T("person.email"), Hint: p.T(hint), Value: v.Email, InputMode: "email", Autocomplete: "off", Missing: "email"},
		personPassword(p),
	}
}

// personPassword is asked for where the sign-in is not recent (ASVS 7.5.1).
func personPassword(p *page) field {
	password := presentPassword(p, "current_password", "field.current_password")
	password.Hint = p.T("person.password_hint")
	return password
}

// Path is the user's page.
func (v UserDetail) Path() string { return userPath(v.Of) }

// Usable: the account is not deactivated, so that there is something to ask it for.
func (v UserDetail) Usable() bool { return v.Of.State != gatehouse.Deactivated }

// Is reports whether the administrator looks at the own account: what concerns it is
// done in My account.
func (v UserDetail) Is(u *gatehouse.User) bool { return v.Of.ID == u.ID }

// UserDoneText says what was done a moment ago; empty: nothing.
func (p *page) UserDoneText() string {
	switch done := p.View.(UserDetail).Done; done {
	case UserCorrected, UserAsked, UserResent, UserUntrusted, UserReset, UserUnlocked, UserActivated, UserDeactivated, UserPasswordSent, UserSame:
		return p.T("person.done_" + done)
	}
	return ""
}

// UserAlso says what was done besides.
func (p *page) UserAlso() []string {
	var lines []string
	for _, also := range Alsos {
		if slices.Contains(p.View.(UserDetail).Also, also) {
			lines = append(lines, p.T("person.also_"+also))
		}
	}
	return lines
}

// UserState is whether the account can be used, in a word. A lock that has ended by itself
// is none.
func (p *page) UserState() badge {
	u := p.View.(UserDetail).Of
	if !gatehouse.LockedNow(p.Site.Policy.Lockout, u, p.Now) {
		u.LockedAt = time.Time{}
	}
	return p.userState(u)
}

// Resettable reports whether a reset can take something away here: codes, trust, or the
// own choice. For the own account, My account does it.
func (p *page) Resettable() bool {
	v := p.View.(UserDetail)
	return v.Usable() && !v.Is(p.User) && (p.Company.TwoFactor || v.Of.OwnTwoFactor || len(v.Trusted) > 0)
}

// UserTwoFactorText says what two-factor sign-in comes to for the user.
func (p *page) UserTwoFactorText() string {
	v := p.View.(UserDetail)
	state := gatehouse.TwoFactorOf(p.Company.TwoFactor, v.Of, v.Reachable)
	if state == gatehouse.TwoFactorNone {
		return p.T("person.two_factor_none")
	}
	return p.T("person.two_factor_" + string(state))
}

// UserTwoFactor is the user's two-factor sign-in in a word; empty on a deactivated
// account.
func (p *page) UserTwoFactor() badge {
	v := p.View.(UserDetail)
	return p.twoFactor(v.Of, v.Reachable)
}

// TrustedUntil is when a browser's trust ends.
func (p *page) TrustedUntil(b gatehouse.Browser) time.Time {
	return b.TrustedUntil(p.Site.Policy, *p.Company, p.Now)
}

// trustRow is a trusted browser of a user for the template "trust-row".
type trustRow struct {
	Page    *page
	Browser gatehouse.Browser
	Action  string
}

// TrustRows are the user's trusted browsers, and where to end the trust in each.
func (p *page) TrustRows() []trustRow {
	v := p.View.(UserDetail)
	var rows []trustRow
	for _, b := range v.Trusted {
		rows = append(rows, trustRow{p, b, v.Path() + "/browsers/" + url.PathEscape(b.ID) + "/end-trust"})
	}
	return rows
}

// mailLooks are icon and class of what became of a message; the words are
// person.mail_….
var mailLooks = map[string]eventLook{
	"waiting":  {"clock", ""},
	"sending":  {"clock", ""},
	"deferred": {"clock", "is-warn"},
	"sent":     {"circle-check", "is-ok"},
	"refused":  {"circle-alert", "is-bad"},
	"expired":  {"circle-alert", "is-warn"},
	"bounced":  {"circle-alert", "is-bad"},
}

// mailRow is a message for the template "mail-row".
type mailRow struct {
	Page *page
	Mail UserMail
	Look struct{ Icon, Class string }
	// State is what became of it, in words.
	State string
	// Reply is what there is to know besides: short enough to stand there, or Folded.
	// Words: it is ours, and not a mail server's.
	Reply  string
	Folded bool
	Words  bool
	Action string
	// Void says why the message does not hold any longer; empty: it does.
	Void string
}

// shortReply is how long an answer may be to stand in the list as it is.
const shortReply = 120

// MailRows puts what became of the messages into words (C13).
func (p *page) MailRows() []mailRow {
	v := p.View.(UserDetail)
	var rows []mailRow
	for _, m := range v.Mails {
		look := mailLooks[m.State]
		row := mailRow{Page: p, Mail: m, Reply: m.Reply, Action: v.Path() + "/messages/" + url.PathEscape(m.ID) + "/resend"}
		row.Look.Icon, row.Look.Class = look.icon, look.class
		row.State = p.T("person.mail_"+m.State, "at", p.When(m.DoneAt), "next", p.When(m.DueAt))
		if m.Void != "" {
			row.Void = p.T("person.void_" + m.Void)
		}
		if m.State == "bounced" || m.State == "sent" && !saidByServer(m.Reply) {
			row.Reply = gatehouse.AnswerCodes(m.Reply) // a report, which the user may have made
		}
		row.Folded = m.State == "sent" || len(m.Reply) > shortReply
		if !saidByServer(m.Reply) && (m.State == "deferred" || m.Reply != "" && (m.State == "waiting" || m.State == "sending" || m.State == "expired")) {
			// Why no connection came about is for the operator: it names machines.
			row.Reply, row.Folded, row.Words = p.T("person.mail_unreachable"), false, true
		}
		rows = append(rows, row)
	}
	return rows
}

// saidByServer reports whether a reply is one of a mail server, which begins with its
// number (RFC 5321, 4.2).
func saidByServer(reply string) bool {
	return len(reply) > 3 && strings.Trim(reply[:3], "0123456789") == "" && strings.ContainsRune(" -.", rune(reply[3]))
}

// SoonMinutes is how many minutes to wait, at least one.
func (v UserDetail) SoonMinutes() int { return int((v.Wait + time.Minute - 1) / time.Minute) }

// ResetTwoFactor asks before a user's second step is reset, where no script has asked, or
// where the password is asked for.
type ResetTwoFactor struct {
	Of          gatehouse.User
	AskPassword bool
	Fields      []gatehouse.FieldError
}

func (ResetTwoFactor) template() string     { return "reset_two_factor" }
func (ResetTwoFactor) title(p *page) string { return p.T("person.reset_title") }
func (v ResetTwoFactor) failed() bool       { return len(v.Fields) > 0 }
func (v ResetTwoFactor) Path() string       { return userPath(v.Of) }

func (ResetTwoFactor) fields(p *page) []field                { return []field{personPassword(p)} }
func (v ResetTwoFactor) fieldErrors() []gatehouse.FieldError { return v.Fields }
