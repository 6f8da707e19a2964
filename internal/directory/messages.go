package directory

import (
	"context"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about resending.
const (
	// ReasonNotResendable: the content of the message is not stored, or no longer valid. Kind
	// Conflict.
	ReasonNotResendable = "not-resendable"
	// ReasonNoEmail: there is no address to send to. Kind Conflict.
	ReasonNoEmail = "no-address"
	// ReasonResendWait: one user must not be flooded. Kind TooMany.
	ReasonResendWait = "resend-wait"
)

// Message is what the outbox knows about a mail. Its content is not kept.
type Message = store.Message

// Mailed is a message to a user, with its state and what can be done about it.
type Mailed struct {
	Message
	// Void is why the message is no longer valid; empty: it is valid.
	Void Void
	// Way is how it can be resent; empty: not by an administrator.
	Way Way
}

// Void is why a message is no longer valid.
type Void string

// The reasons why a message is no longer valid.
const (
	VoidReplaced Void = "replaced" // by a newer one
	VoidChosen   Void = "chosen"   // the user has chosen a password
	VoidUsed     Void = "used"     // its password has opened a sign-in
	VoidExpired  Void = "expired"  // its password has expired
)

// Way is how a message can be resent.
type Way string

// The ways.
const (
	WayNow      Way = "now"      // it is waiting, and is tried at once
	WayAgain    Way = "again"    // it is written again
	WayPassword Way = "password" // by SendPassword: it contained a password
)

// succession are the kinds of messages in which a newer one replaces the earlier ones.
var succession = [][]string{
	{mail.TemporaryPassword{}.Kind()},
	{mail.TwoFactorEnabled{}.Kind(), mail.FactorRequired{}.Kind(), mail.TwoFactorDisabled{}.Kind()},
}

// successors returns the kinds that replace a message of a kind.
func successors(kind string) []string {
	for _, kinds := range succession {
		if slices.Contains(kinds, kind) {
			return kinds
		}
	}
	return nil
}

// Messages returns the newest messages to a user and their state, newest first (C13). Their
// content is not kept, and phone numbers show only their last digits.
func (s *Service) Messages(ctx context.Context, st *site.Site, c gatehouse.Caller, userID string, limit int) ([]Mailed, error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), userID)
	if err != nil {
		return nil, err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return nil, err
	}
	all, err := q.MessagesOfUser(ctx, st.ID, userID, "", clamp(limit))
	list := make([]Mailed, len(all))
	for i, m := range all {
		newer := slices.ContainsFunc(all[:i], func(n Message) bool { return slices.Contains(successors(m.Kind), n.Kind) })
		list[i] = Mailed{m, s.void(m, newer, u, firm), ""}
		list[i].Way = way(list[i], u, firm)
		if m.ByText() { // a number is the user's own, and no business of the company's
			list[i].Recipient = gatehouse.MaskPhone(m.Recipient)
		}
	}
	return list, err
}

// void returns whether a message is still valid; newer: another one has replaced it.
func (s *Service) void(m Message, newer bool, u gatehouse.User, firm gatehouse.Company) Void {
	switch m.Kind {
	case mail.TemporaryPassword{}.Kind():
		w := u.Password
		switch {
		case newer || w.Temporary() && m.CreatedAt.Before(w.SetAt):
			return VoidReplaced
		case !w.Temporary():
			return VoidChosen
		case !gatehouse.PasswordUsable(w, s.Now()):
			return VoidExpired
		case w.UsedBy != "":
			return VoidUsed
		}
	case mail.TwoFactorEnabled{}.Kind(), mail.FactorRequired{}.Kind(), mail.TwoFactorDisabled{}.Kind():
		if newer || m.Kind != noticeKind(firm) {
			return VoidReplaced
		}
	}
	return ""
}

// noticeKind is the kind of the notice about what a company requires now.
func noticeKind(firm gatehouse.Company) string {
	switch {
	case firm.Rule().Require.OwnFactor():
		return mail.FactorRequired{}.Kind()
	case firm.TwoFactor:
		return mail.TwoFactorEnabled{}.Kind()
	}
	return mail.TwoFactorDisabled{}.Kind()
}

// way returns how a message can be resent: a waiting one is tried at once; of finished ones, only
// what can be written again. Users request codes and links themselves.
func way(m Mailed, u gatehouse.User, firm gatehouse.Company) Way {
	switch {
	case m.Void == VoidReplaced || m.Void == VoidChosen:
		return ""
	case !m.State.Final(): // it knows only the address that it was written for
		if m.State != store.MessageSending && m.Recipient == u.Email {
			return WayNow
		}
	case m.Kind == mail.TemporaryPassword{}.Kind():
		if gatehouse.MaySendPassword(u, reachable(u)) {
			return WayPassword
		}
	case successors(m.Kind) != nil && gatehouse.Notified(u, reachable(u)):
		return WayAgain
	}
	return ""
}

// Resend sends a message to a user again (C13): a waiting one is tried at once, a notice about
// Enhanced Security is written again, to the current address. For a password there is
// SendPassword.
//
// Errors: Forbidden, NotFound; Conflict with ReasonNotResendable or ReasonNoEmail; TooMany
// with ReasonResendWait; Unavailable.
func (s *Service) Resend(ctx context.Context, st *site.Site, c gatehouse.Caller, userID, messageID string) error {
	c = c.For(gatehouse.OperatorResend)
	u, err := user(ctx, s.Store.Read(), st, c, userID)
	if err != nil {
		return err
	}
	if _, _, err := s.resendable(ctx, s.Store.Read(), st, u, messageID); err != nil {
		return err
	}
	if err := s.spare(ctx, c, ReasonResendWait, actLimits("resend", st, u)...); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, c, userID)
		if err != nil {
			return err
		}
		m, firm, err := s.resendable(tx, tx.Queries, st, u, messageID)
		if err != nil {
			return err
		}
		sent := m.ID
		if m.Way == WayNow {
			err = tx.SendNow(m.ID)
		} else {
			sent, err = s.tellTwoFactor(tx, firm, u)
		}
		if err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventMailResent, gatehouse.ResultOK, map[string]string{"message": m.ID, "kind": m.Kind, "sent": sent})
	})
}

// resendable returns a message to a user that Resend can send.
func (s *Service) resendable(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, id string) (Mailed, gatehouse.Company, error) {
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil {
		return Mailed{}, firm, err
	}
	m, err := q.Message(ctx, st.ID, id)
	if err == nil && m.UserID != u.ID {
		err = gatehouse.ErrNotFound
	}
	newest := m.ID
	if kinds := successors(m.Kind); err == nil && kinds != nil {
		newest, err = q.NewestMessage(ctx, st.ID, u.ID, kinds)
	}
	if err != nil {
		return Mailed{}, firm, err
	}
	listed := Mailed{Message: m, Void: s.void(m, newest != m.ID, u, firm)}
	listed.Way = way(listed, u, firm)
	switch {
	case m.State.Final() && !reachable(u):
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoEmail}
	case listed.Way != WayNow && listed.Way != WayAgain:
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNotResendable}
	}
	return listed, firm, err
}

// tellTwoFactor notifies a user of the last switch of Enhanced Security, and returns the message's
// ID.
func (s *Service) tellTwoFactor(tx *act.Unit, firm gatehouse.Company, u gatehouse.User) (string, error) {
	// Companies created with it have had no run.
	e := gatehouse.Enrolment{Enable: firm.TwoFactor, Factor: firm.Factor, FactorBy: firm.FactorBy, Run: gatehouse.Run{SiteID: tx.Site.ID, CompanyID: firm.ID, StartedAt: firm.CreatedAt}}
	enrolments, err := tx.Enrolments(tx, tx.Site.ID, firm.ID, "", 1)
	if err != nil {
		return "", err
	}
	if len(enrolments) > 0 {
		e = enrolments[0]
	}
	by, err := s.starter(tx, tx.Queries, e.Run)
	if err != nil {
		return "", err
	}
	return tx.Mail(mail.To(tx.Site, u), s.enrolmentNotice(tx.Site, e, firm, by, u.Username, keeps(e, u)))
}
