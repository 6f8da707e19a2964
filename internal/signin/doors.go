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

// Strangers can never use up the owner's only door: see docs/decisions/0023.

// keptLinks is how many reset links of one account are valid at a time, the newest ones. It equals
// the burst of Limits.RecoveryName, so a stranger who asks as often as allowed does not end the
// link that the owner has just requested.
const keptLinks = 3

// allowRecovery takes from the limits on recoveries and requests. A known user has their own
// budget, and then that of strangers; known identifies the user, and is empty for strangers. Only
// an IP address is ever refused with 429: anybody could use up a limit on a name, and lock out its
// owner. own: it was the user's own budget.
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

// allowMail takes from the limit for mail that is sent because somebody typed an address, whether
// or not the address is known. If it is used up, the response is the same and nothing is mailed:
// the earlier mail is there, and still valid. So a reset link is mailed again at the latest when
// the last one expires.
func (s *Service) allowMail(ctx context.Context, st *site.Site, what, email string) (bool, error) {
	l := s.Limits.RecoveryName.of(what + ":" + st.ID + ":name:" + secret.HashToken(gatehouse.NameKey(email)))
	l.Every = min(l.Every, st.Policy.ResetLink)
	wait, err := s.Store.Allow(ctx, s.Now(), l)
	return wait == 0, err
}

// admitMail is allowRecovery and allowMail for a request about an address. own: it came from a
// device on which a user who has confirmed the address has signed in before. All devices of that
// user share one budget, which replaces that of the address: anyone who knows a password can make
// any number of known devices, and must not be able to fill the mailbox from them, or end the
// links that the owner has requested.
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

// notSent records a request beyond the limit for its address.
func (s *Service) notSent(ctx context.Context, st *site.Site, c gatehouse.Caller, kind gatehouse.EventKind) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		return tx.Record(gatehouse.User{}, kind, gatehouse.ResultLimited, nil)
	})
}

// RecoveredDevice returns the new device token of the browser in which a recovery was completed.
// It is derived from the recovery's own token, so the same response can be given twice, and only
// the server can make it.
func (s *Service) RecoveredDevice(token string) string {
	return s.Keys.MAC("recovered-browser", token)
}

// recoveredIn makes the browser in which a recovery was completed a known device of the account:
// strangers who lock out strangers do not lock out a user who has just proved to be the owner.
// Others who share the browser move to its new token.
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
