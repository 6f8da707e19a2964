package demo

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// The tour stands in for the phone: it shows the codes of all authenticator apps of the
// listed accounts, including those that a visitor has just begun to set up.

// App is an authenticator app of a listed account.
type App struct {
	Site    *site.Site
	Account Account
	Name    string
	// Code is what the app shows.
	Code string
	// Waiting: its first code has not been entered yet.
	Waiting bool
	key     []byte
}

// appName is the name of the apps that accounts begin with.
const appName = "Phone"

// insertApps gives an authenticator app and recovery codes to those who begin with them.
func (sc *scene) insertApps(ctx context.Context, q store.Queries, keys *secret.Keys) error {
	for _, u := range sc.users {
		f, ok := sc.apps[u.ID]
		if !ok {
			continue
		}
		key := make([]byte, gatehouse.AppKeyBytes)
		rand.Read(key)
		sealed, err := signin.SealAppKey(keys, f, key)
		if err != nil {
			return err
		}
		if err := q.InsertFactor(ctx, f, sealed); err != nil {
			return err
		}
		if _, err := q.ConfirmFactor(ctx, f, f.CreatedAt); err != nil {
			return err
		}
		var macs []string
		for _, code := range recoveryCodes(keys, *u) {
			macs = append(macs, signin.RecoveryCodeMAC(keys, *u, code))
		}
		if err := q.ReplaceRecoveryCodes(ctx, u.SiteID, u.ID, macs, f.CreatedAt); err != nil {
			return err
		}
	}
	return nil
}

// appOf is the app that a user begins with, set up at the first sign-in.
func appOf(u *gatehouse.User) gatehouse.Factor {
	at := u.FirstSignInAt
	return gatehouse.Factor{ID: store.NewID("fac", at), SiteID: u.SiteID, UserID: u.ID, Kind: gatehouse.FactorApp, Name: appName,
		CreatedAt: at, Clock: gatehouse.AppClock{Last: gatehouse.AppStep(at)}}
}

// recoveryCodes are those that a user begins with. They follow from the key file, so that
// the demo can show them again after a restart: the database has only keyed hashes.
func recoveryCodes(keys *secret.Keys, u gatehouse.User) []string {
	var codes []string
	for n := range gatehouse.RecoveryCodes {
		random := sha256.Sum256([]byte(keys.MAC("demo-recovery-code", u.SiteID, u.ID, strconv.Itoa(n))))
		codes = append(codes, gatehouse.RecoveryCodeOf(random[:gatehouse.RecoveryCodeBytes]))
	}
	return codes
}

// appsOf returns the apps of an account, with what they show at a time; none if nobody has
// its username by now.
func (a Accounts) appsOf(ctx context.Context, s *site.Site, who Account, now time.Time) ([]App, error) {
	u, err := a.store.Read().UserByUsername(ctx, s.ID, who.Username)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	factors, err := a.store.Read().Factors(ctx, s.ID, u.ID)
	if err != nil {
		return nil, err
	}
	var apps []App
	for _, f := range factors {
		if f.Kind != gatehouse.FactorApp {
			continue
		}
		key, err := signin.OpenAppKey(a.keys, f)
		if err != nil {
			return nil, err
		}
		apps = append(apps, App{Site: s, Account: who, Name: f.Name, Waiting: !f.Confirmed(), key: key,
			Code: gatehouse.AppCode(key, gatehouse.AppStep(now))})
	}
	if len(apps) > 0 {
		apps[0].Account.RecoveryCodes, err = a.codesLeft(ctx, u)
	}
	return apps, err
}

// codesLeft are the recovery codes that a user began with and can still use.
func (a Accounts) codesLeft(ctx context.Context, u gatehouse.User) ([]string, error) {
	stored, err := a.store.Read().RecoveryCodes(ctx, u.SiteID, u.ID)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, code := range recoveryCodes(a.keys, u) {
		mac := signin.RecoveryCodeMAC(a.keys, u, code)
		if slices.ContainsFunc(stored, func(c gatehouse.RecoveryCode) bool { return c.MAC == mac && c.UsedAt.IsZero() }) {
			left = append(left, gatehouse.GroupRecoveryCode(code))
		}
	}
	return left, nil
}

// Apps returns the apps of all listed accounts, with what they show at a time.
func (a Accounts) Apps(ctx context.Context, now time.Time) ([]App, error) {
	if a.store == nil {
		return nil, nil
	}
	var all []App
	for _, s := range a.everybody() {
		for _, who := range s.Accounts {
			apps, err := a.appsOf(ctx, s.Site, who, now)
			if err != nil {
				return nil, err
			}
			all = append(all, apps...)
		}
	}
	return all, nil
}

// addKeys adds the key and the recovery codes to the accounts that begin with an app, for
// programs that make the codes themselves.
func (a *Accounts) addKeys(ctx context.Context, now time.Time) error {
	for _, s := range a.everybody() {
		for i, who := range s.Accounts {
			if who.State != StateApp {
				continue
			}
			apps, err := a.appsOf(ctx, s.Site, who, now)
			if err != nil {
				return err
			}
			if len(apps) > 0 {
				s.Accounts[i].AppKey, s.Accounts[i].RecoveryCodes = gatehouse.AppKeyText(apps[0].key), apps[0].Account.RecoveryCodes
			}
		}
	}
	return nil
}
