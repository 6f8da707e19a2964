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

// Answers to a challenge question are counted separately for strangers, for the devices that the
// account knows, and for users who came by a link in the mailbox. A stranger who knows name and
// address only uses up the first count. The known devices share one count: otherwise anyone who
// knows the password could make a new one with each sign-in, and guess without limit.

// inMailbox replaces the device in the counts of answers that came by a link in the mailbox, and
// begins the subject of such a recovery.
const inMailbox = "mailbox"

// inKnown replaces it for answers on any device that the account knows.
const inKnown = "known"

// mailed reports whether a recovery by question came by a link in the mailbox.
func mailed(r store.Recovery) bool { return r.UserID != "" && r.Subject != r.UserID }

// answering returns the attempt for an answer.
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

// allowAnswerMail limits the mails about refused answers, alike for accounts and for unknown
// names: the next one is sent when the last link expires, so there is always a valid one.
func (s *Service) allowAnswerMail(ctx context.Context, a *attempt) (bool, error) {
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: "answer-mail:" + a.site.ID + ":" + a.subject, Every: a.site.Policy.ResetLink, Burst: 1})
	return wait == 0, err
}

// sendRecovery mails a link to a separate recovery to the owner of an account whose answers
// strangers have used up: anyone who reads that mailbox, and knows the answer, is no stranger. For
// an unknown name, or if the link could not work, it does the same work and discards it (invariant
// 7).
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

// provedBy records what a completed recovery proves about the mailbox.
func (s *Service) provedBy(tx *act.Unit, u *gatehouse.User, r store.Recovery) error {
	if !mailed(r) {
		return nil
	}
	return s.provedEmail(tx, u)
}
