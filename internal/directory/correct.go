package directory

import (
	"context"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// Correction is the result of correcting a user's address, so the administrator knows what is left
// to do.
type Correction struct {
	// Moved: it is a different mailbox now. Otherwise, mail still goes to the old one.
	Moved bool
	// Waits: it will be, once it is confirmed from there.
	Waits bool
	// Told: the previous mailbox was notified.
	Told bool
	// Password is what happened to a temporary password in the previous mailbox.
	Password Reissue
	// Notice: a notice about Enhanced Security was sent to the new address.
	Notice bool
}

// Reissue is what happened to a temporary password.
type Reissue string

// What happens to a temporary password when its mailbox is no longer the user's.
const (
	ReissueNone  Reissue = "none"  // there was none
	ReissueSent  Reissue = "sent"  // another one was mailed to replace it
	ReissueEnded Reissue = "ended" // it ended, and none was made: a deactivated account gets no mail
)

// CorrectEmail is UpdateUser for an address only, and returns what was done. It refuses an operator
// who can only propose one.
func (s *Service) CorrectEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, email string) (Correction, error) {
	return s.correct(ctx, st, c, id, UserChange{Email: &email})
}

func (s *Service) correct(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change UserChange) (Correction, error) {
	email := *change.Email
	was, now, again, err := s.update(ctx, st, c.For(gatehouse.OperatorAddress), id, change)
	if err != nil || gatehouse.SameMailbox(was.Email, now.Email) {
		waits := err == nil && !gatehouse.SameMailbox(now.Email, strings.TrimSpace(email))
		return Correction{Waits: waits, Told: waits && reachable(was)}, err
	}
	done := Correction{Moved: true, Told: reachable(was), Password: ReissueNone}
	if mailedPassword(was) {
		done.Password = ReissueSent
		if !again.made() {
			done.Password = ReissueEnded
		}
	}
	firm, err := s.Store.Read().Company(ctx, st.ID, now.CompanyID)
	done.Notice = firm.TwoFactor && gatehouse.Notified(now, reachable(now))
	return done, err
}
