package signin

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// What strangers may spend is never the owner's only door: see docs/decisions/0023.

// keptLinks is how many reset links of one account are good at a time, the newest ones.
// It is the burst of Limits.RecoveryName: so a stranger who asks as often as anybody may
// does not end the link that the owner has just asked for.
const keptLinks = 3

// allowRecovery takes from the limits on recoveries and requests. A known user has a budget
// of their own, and then the one of strangers; known names the user, and is empty for
// strangers. Only an IP address is ever refused with 429: a limit on a name could be used
// up by anybody, and would keep its owner out. own: it was the user's own budget.
func (s *Service) allowRecovery(ctx context.Context, st *site.Site, c gatehouse.Caller, what, known string) (own bool, err error) {
	of := what + ":" + st.ID
	if known != "" {
		if wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.RecoveryName.of(of+":known:"+known)); err != nil || wait == 0 {
			return err == nil, err
		}
	}
	wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.RecoveryIP.of(of+":address:"+IPBlock(c.IPAddress)))
	if err != nil || wait == 0 {
		return false, err
	}
	return false, &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooManyRecoveries, RetryAfter: wait}
}

// allowMail takes from the limit of what is mailed because somebody typed an address,
// whether it is anybody's or not. Where it is used up the asker is told nothing, and
// nothing is mailed: what was mailed before is there, and still good. A reset link is
// therefore mailed again at the latest when the last one is over.
func (s *Service) allowMail(ctx context.Context, st *site.Site, what, email string) (bool, error) {
	l := s.Limits.RecoveryName.of(what + ":" + st.ID + ":name:" + secret.HashToken(gatehouse.NameKey(email)))
	l.Every = min(l.Every, st.Policy.ResetLink)
	wait, err := s.Store.Allow(ctx, s.Now(), l)
	return wait == 0, err
}

// admitMail is allowRecovery and allowMail for a request that is about an address. own: it
// came from a browser in which who has confirmed the address has signed in before. All
// browsers of that user have one budget, which is instead of the address's: anyone who knows
// a password makes any number of known devices, and must not fill the mailbox from them,
// nor end the links that the owner has asked for.
func (s *Service) admitMail(ctx context.Context, st *site.Site, c gatehouse.Caller, what, email string) (send, own bool, err error) {
	known := ""
	if c.DeviceToken != "" {
		known, err = s.Store.Read().DeviceOfEmail(ctx, st.ID, email, secret.HashToken(c.DeviceToken), s.Now().Add(-gatehouse.DeviceKnownFor))
		if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
			return false, false, err
		}
	}
	if own, err = s.allowRecovery(ctx, st, c, what, known); err != nil || own {
		return own, own, err
	}
	send, err = s.allowMail(ctx, st, what, email)
	return send, false, err
}

// notSent records a request that came after too many for the same address.
func (s *Service) notSent(ctx context.Context, st *site.Site, c gatehouse.Caller, kind gatehouse.EventKind) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		return tx.Record(gatehouse.User{}, kind, gatehouse.ResultLimited, nil)
	})
}

// RecoveredDevice is the token that the browser has from now on in which a recovery was
// completed. It follows from the recovery's own token, so that the same answer can be
// given twice, and only the server can make it.
func (s *Service) RecoveredDevice(token string) string {
	return s.Keys.MAC("recovered-browser", token)
}

// recoveredIn makes the browser in which a recovery was completed one that the account
// knows: strangers who lock strangers out do not lock out who has just proved to be the
// owner. Anyone who shares the browser goes along to its new token.
func (s *Service) recoveredIn(tx *act.Unit, u gatehouse.User, token string) error {
	now, fresh := tx.Now(), secret.HashToken(s.RecoveredDevice(token))
	if tx.Caller.DeviceToken != "" {
		if err := tx.RenameDevice(tx, u.SiteID, secret.HashToken(tx.Caller.DeviceToken), fresh); err != nil {
			return err
		}
	}
	return errors.Join(
		tx.DeviceRecovered(tx, u.SiteID, u.ID, fresh, store.NewID("dev", now), tx.Caller.UserAgent, tx.Caller.IPAddress, now),
		tx.KeepDevices(tx, u.SiteID, u.ID, mostDevices))
}
