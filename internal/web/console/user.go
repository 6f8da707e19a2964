package console

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// User shows one user: details, two-factor, and what became of each mail (B19, C13).
func (c *Console) User(w http.ResponseWriter, r *http.Request) error {
	view, err := c.user(r)
	if err != nil {
		return err
	}
	if done := r.URL.Query()["done"]; len(done) > 0 {
		view.Done, view.Also = done[0], done[1:]
	}
	if view.Waiting != nil && view.Done == UserReset { // the page says that it waits
		view.Done = ""
	}
	return c.page(w, r, http.StatusOK, view)
}

// user makes the page of the user in the path.
func (c *Console) user(r *http.Request) (UserDetail, error) {
	on, u, err := c.whose(r)
	if err != nil {
		return UserDetail{}, err
	}
	how, err := c.Directory.Standing(r.Context(), on.Site, on.By, u.ID)
	if err != nil {
		return UserDetail{}, err
	}
	second, err := c.Directory.TwoFactor(r.Context(), on.Site, on.By, u.ID)
	if err != nil {
		return UserDetail{}, err
	}
	messages, err := c.Directory.Messages(r.Context(), on.Site, on.By, u.ID, messagesOfUser)
	if err != nil {
		return UserDetail{}, err
	}
	allowed, err := c.Directory.Allowed(r.Context(), on.Site, on.By, u.ID)
	if err != nil {
		return UserDetail{}, err
	}
	life, err := c.Directory.Life(r.Context(), on.Site, on.By, u.ID, "", eventsOfUser)
	if err != nil {
		return UserDetail{}, err
	}
	var proposal directory.ProposedAddress
	if on.ByOperator() {
		if proposal, err = c.Directory.OpenProposal(r.Context(), on.Site, on.By, u.ID); err != nil {
			return UserDetail{}, err
		}
	}
	return UserDetail{On: on, Proposal: proposal, Allowed: allowed, Life: life, Of: u, Standing: how, UserTwoFactor: second, Mails: messages, Email: u.Email, Proved: on.By.Proved}, nil
}

// whose is the place and the user that the path names.
func (c *Console) whose(r *http.Request) (Place, gatehouse.User, error) {
	on, err := c.placeOf(r)
	if err != nil {
		return on, gatehouse.User{}, err
	}
	id, err := pathID(r, "id")
	if err != nil {
		return on, gatehouse.User{}, err
	}
	u, err := c.Directory.User(r.Context(), on.Site, on.By, id)
	if err == nil && on.ByOperator() {
		on.Firm, err = c.Directory.Company(r.Context(), on.Site, on.By, u.CompanyID)
	}
	return on, u, err
}

// rowID is what an ID looks like. Anything else identifies nothing, and is not worth a
// database query.
var rowID = regexp.MustCompile(`^[a-z]{3}_[0-9a-f]{32}$`)

func pathID(r *http.Request, name string) (string, error) {
	id := r.PathValue(name)
	if !rowID.MatchString(id) {
		return "", gatehouse.ErrNotFound
	}
	return id, nil
}

// UserDetail is one user of the company, as an administrator sees it (B19, C13): it has
// neither codes nor passwords.
type UserDetail struct {
	On Place
	Of gatehouse.User
	directory.Standing
	directory.UserTwoFactor
	// Allowed are the acts that apply to the user now.
	Allowed []gatehouse.UserAct
	Life    directory.UserLife
	// Changed is what somebody else did before, for RefusedChanged.
	Changed gatehouse.Event
	// Proposal is another address that waits for a second operator; without ID: none does. Only
	// operators see it.
	Proposal directory.ProposedAddress
	// Mails are the newest messages to the user, newest first.
	Mails []directory.Mailed
	// Email and Why are the values of the fields, and Fields what is wrong with them.
	Email, Why string
	Fields     []gatehouse.FieldError
	// Proved: the administrator has just proved who they are, so a dialog can ask.
	Proved bool
	// Done says what was just done, Refused why it was not: one of the constants, or
	// empty. Wait is how long to wait before trying again.
	Done, Refused string
	Wait          time.Duration
	// Also is what else was done: some of Alsos.
	Also []string
}

// The values of UserDetail.Done; the texts are user.done_….
const (
	UserCorrected = "corrected"
	// UserAsked: the new address has to be confirmed.
	UserAsked = "asked"
	// UserProposed: a second operator has to agree.
	UserProposed     = "proposed"
	UserResent       = "resent"
	UserUntrusted    = "untrusted"
	UserReset        = "reset"
	UserUnlocked     = "unlocked"
	UserActivated    = "activated"
	UserDeactivated  = "deactivated"
	UserPasswordSent = "password"
	UserSame         = "same" // that was the address already
	UserInvited      = "invited"
	UserMadeAdmin    = "made-administrator"
	UserUnmadeAdmin  = "unmade-administrator"
	UserDeleted      = "deleted"
	UserRestored     = "restored"
	UserSignedOut    = "signed-out"
	UserSessionEnded = "session-ended"
	UserAdded        = "added"
	UserSaved        = "saved"
)

// The values of UserDetail.Also; the texts are user.also_….
const (
	AlsoTold          = "told"           // the previous mailbox was told
	AlsoPasswordSent  = "password-sent"  // in place of one in the previous mailbox
	AlsoPasswordEnded = "password-ended" // and none was sent
	AlsoNoPassword    = "password-none"
	AlsoNotice        = "notice" // about Enhanced Security
)

// Alsos are all of them, in display order.
var Alsos = []string{AlsoTold, AlsoPasswordSent, AlsoPasswordEnded, AlsoNoPassword, AlsoNotice}

// The values of UserDetail.Refused; the texts are user.refused_….
const (
	RefusedResend   = "resend"   // what the message said is not kept, or is no longer true
	RefusedAddress  = "address"  // there is none to send to
	RefusedSoon     = "soon"     // nobody is flooded with mail
	RefusedOften    = "often"    // nor are the mailboxes behind the addresses
	RefusedProposed = "proposed" // another address waits for a second operator
	RefusedOwn      = "own"      // it is the administrator's own account
	RefusedUnlock   = "unlock"   // one account is not unlocked endlessly

	RefusedSuspended   = "suspended"
	RefusedDeactivated = "deactivated" // there is nothing to send a password for
	RefusedOperator    = "operator"    // what support has locked, support unlocks
	RefusedChanged     = "changed"     // somebody else was first
	RefusedLast        = "last"        // the company needs an administrator
	RefusedDeleted     = "deleted"     // the user has to be restored first
	RefusedNot         = "not"         // it no longer applies
)

func (UserDetail) Template() string        { return "user" }
func (v UserDetail) Title(*ui.Page) string { return v.Of.DisplayName() }
func (v UserDetail) Failed() bool          { return v.Refused != "" }

func (v UserDetail) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	hint := "user.email_hint"
	if gatehouse.UsernameIsEmail(v.On.in(p).Site.SignInWith, v.Of) && !v.On.ByOperator() {
		hint = "user.email_hint_confirmed"
	}
	email := ui.Field{Name: "email", Label: p.T("user.email"), Hint: p.T(hint), Value: v.Email, InputMode: "email", Autocomplete: "off", Missing: "email"}
	if !v.Second() {
		return []ui.Field{email}, v.Fields
	}
	email.Hint = p.T("proposal.email_hint")
	return []ui.Field{email,
		{Name: "why", Label: p.T("proposal.why"), Hint: p.T("proposal.why_hint"), Value: v.Why, Prose: true, Autocomplete: "off", Missing: "proposal_why"}}, v.Fields
}

// ChangedText says who changed the user before, when and how.
func (v UserDetail) ChangedText(p *ui.Page) template.HTML {
	if v.Changed.ID == "" {
		return p.Rich("user.refused_changed_unknown")
	}
	who, _ := p.Actor(v.Changed)
	return p.Rich("user.refused_changed_text", "name", ui.Name(who), "when", p.When(v.Changed.At), "what", DidText(p.Words, v.Changed)+".")
}

// MovePath leads to the page that makes the user one of another company; empty: there is nothing to do.
func (v UserDetail) MovePath() string {
	if !v.On.ByOperator() || !v.On.May(gatehouse.OperatorCompanies) || v.Of.Deleted() || v.Of.Suspended() {
		return ""
	}
	return v.On.FirmPath() + "/move?user=" + url.QueryEscape(v.Of.ID)
}

// Path is the user's page.
func (v UserDetail) Path() string { return v.On.PathOf(v.Of) }

// Usable: the account is not deactivated, so that there is something to ask it for.
func (v UserDetail) Usable() bool { return v.Of.State != gatehouse.Deactivated }

// Is reports whether administrators are looking at their own account: My account is the
// place for that.
func (v UserDetail) Is(u *gatehouse.User) bool { return v.Of.ID == u.ID }

// DoneText says what was just done; empty: nothing.
func (v UserDetail) DoneText(p *ui.Page) string {
	switch v.Done {
	case UserCorrected, UserAsked, UserResent, UserUntrusted, UserReset, UserUnlocked, UserActivated, UserDeactivated, UserPasswordSent, UserSame, UserProposed,
		UserInvited, UserMadeAdmin, UserUnmadeAdmin, UserDeleted, UserRestored, UserSignedOut, UserSessionEnded, UserAdded, UserSaved:
		return p.T("user.done_" + v.Done)
	}
	return ""
}

// AlsoTexts say what else was done.
func (v UserDetail) AlsoTexts(p *ui.Page) []string {
	var lines []string
	for _, also := range Alsos {
		if slices.Contains(v.Also, also) {
			lines = append(lines, p.T("user.also_"+also))
		}
	}
	return lines
}

// Correctable: the form for another address stands among the details.
func (v UserDetail) Correctable() bool {
	return !v.ByEmail() && !v.Of.Deleted() && v.MayCorrect() && v.Proposal.ID == ""
}

// HasUsernames: people of the site have usernames besides their addresses.
func (v UserDetail) HasUsernames(p *ui.Page) bool {
	return v.On.in(p).Site.SignInWith != gatehouse.WithEmail
}

// State is whether the account can be used, in a word. A lock that has ended by itself
// does not count.
func (v UserDetail) State(p *ui.Page) Badge {
	u := v.Of
	if !gatehouse.LockedNow(v.On.in(p).Site.Policy.Lockout, u, p.Now) {
		u.LockedAt = time.Time{}
	}
	return UserState(p.Words, u)
}

// Resettable reports whether a reset can remove something here: codes, trust, or the
// user's own choice. For one's own account, My account does it.
func (v UserDetail) Resettable(p *ui.Page) bool {
	return v.On.May(gatehouse.OperatorFactors) && v.Usable() && v.Waiting == nil && !v.Is(p.User) && (v.On.in(p).required().Over(gatehouse.RequireNothing) || v.Of.WantsTwoFactor() || len(v.Trusted) > 0)
}

// Askable: the user has no second factor, and can be asked to set one up.
func (v UserDetail) Askable(p *ui.Page) bool {
	return !v.On.ByOperator() && v.Usable() && v.Of.Factors == 0 && !v.Is(p.User)
}

// WaitingBy is who asked for the reset that waits: companies do not see names from support.
func (v UserDetail) WaitingBy(p *ui.Page) string {
	if v.Waiting.ByKind != gatehouse.SignedIn {
		return p.T("actor.operator")
	}
	return v.Waiting.ByName
}

// ResetDelay is how long a reset by an administrator waits; 0: it is done at once.
func (v UserDetail) ResetDelay(p *ui.Page) time.Duration { return v.On.in(p).resetDelay(v.Of) }

func (at Place) resetDelay(u gatehouse.User) time.Duration {
	if u.Factors == 0 {
		return 0
	}
	return at.Site.Policy.FactorReset.ByAdministrator
}

// TwoFactorText says what two-factor authentication means for the user.
func (v UserDetail) TwoFactorText(p *ui.Page) string {
	state := gatehouse.TwoFactorOf(v.On.in(p).required(), v.Of, v.Reachable)
	if state == gatehouse.TwoFactorNone {
		return p.T("user.two_factor_none")
	}
	return p.T("user.two_factor_" + string(state))
}

// TwoFactor is the user's two-factor authentication in a word; empty on a deactivated
// account.
func (v UserDetail) TwoFactor(p *ui.Page) Badge {
	return twoFactor(p, v.On.in(p).required(), v.Of, v.Reachable)
}

// TrustedUntil is when a browser's trust ends.
func (v UserDetail) TrustedUntil(p *ui.Page, b gatehouse.Device) time.Time {
	on := v.On.in(p)
	return b.TrustedUntil(on.Site.Policy, on.Firm, p.Now)
}

// trustRow is a trusted device of a user for the template "trust-row".
type trustRow struct {
	Page   *ui.Page
	Device gatehouse.Device
	Action string
}

// TrustRows are the user's trusted devices, and where to end the trust in each.
func (v UserDetail) TrustRows(p *ui.Page) []trustRow {
	var rows []trustRow
	for _, b := range v.Trusted {
		rows = append(rows, trustRow{p, b, v.Path() + "/devices/" + url.PathEscape(b.ID) + "/end-trust"})
	}
	return rows
}
