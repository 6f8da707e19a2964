package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Answers to a challenge question are counted for strangers, for the browsers that the
// account knows, and for who has come by a link in the mailbox. A stranger who knows name
// and address uses up the first and none of the others. The known devices have one count
// together: anyone who knows the password makes a new one with each sign-in, and would guess
// without end.

// inMailbox stands in the place of a browser in the counts of answers that were given by a
// link in the mailbox, and begins the subject of such a recovery.
const inMailbox = "mailbox"

// inKnown stands there for answers in any browser that the account knows.
const inKnown = "known"

// mailed reports whether a recovery by question came by a link in the mailbox.
func mailed(r store.Recovery) bool { return r.UserID != "" && r.Subject != r.UserID }

// answering is the attempt that an answer is.
func (s *Service) answering(ctx context.Context, st *site.Site, r store.Recovery, req PasswordRequest) (*attempt, error) {
	a := &attempt{site: st, answer: true, subject: gatehouse.AnswerSubject(r.Subject), req: req}
	if mailed(r) {
		a.subject, a.device = gatehouse.AnswerSubject(r.UserID), inMailbox
		return a, nil
	}
	browser, err := s.knownDevice(ctx, s.Store.Read(), st, gatehouse.User{ID: r.UserID}, req.Caller.DeviceToken)
	if browser != "" {
		a.device = inKnown
	}
	return a, err
}

// allowAnswerMail limits the mails about answers that are no longer taken, alike for
// accounts and for names that are none: the next one comes when the link of the last one is
// over, so that there is always a good one.
func (s *Service) allowAnswerMail(ctx context.Context, a *attempt) (bool, error) {
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: "answer-mail:" + a.site.ID + ":" + a.subject, Every: a.site.Policy.ResetLink, Burst: 1})
	return wait == 0, err
}

// sendRecovery mails a link to a recovery of its own to the owner of an account for which
// strangers have used up the answers: anyone who reads that mailbox, and knows the answer, is
// no stranger. For a name that is none, and where nothing could come of it, the same is made
// and thrown away (invariant 7).
func (s *Service) sendRecovery(tx *act.Unit, a *attempt, of store.Recovery) error {
	now, token := tx.Now(), secret.NewToken()
	r := store.Recovery{SiteID: of.SiteID, ID: store.NewID("rec", now), Kind: gatehouse.RecoverByChallenge, Subject: of.Subject,
		Challenge: of.Challenge, CreatedAt: now, ExpiresAt: now.Add(a.site.Policy.ResetLink)}
	real := of.UserID != "" && a.user.MayRecover() && mail.CanSend(a.user.Email)
	if real {
		r.UserID, r.Subject = of.UserID, inMailbox+":"+of.UserID
	}
	if err := tx.InsertRecovery(tx, secret.HashToken(token), r); err != nil {
		return err
	}
	msg := mail.RecoveryLink{ResetLink: mail.ResetLink{Username: a.user.Username, Token: token, ExpiresAt: r.ExpiresAt, At: now, IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(a.user)}}
	if real {
		return tx.Tell(a.user, msg)
	}
	return tx.Pretend(a.site.Support.Email, msg)
}

// provedBy notes what a completed recovery says about the mailbox.
func (s *Service) provedBy(tx *act.Unit, u *gatehouse.User, r store.Recovery) error {
	if !mailed(r) {
		return nil
	}
	return s.provedEmail(tx, u)
}
