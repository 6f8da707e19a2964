package signin

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/guard"
	"gatehouse/internal/mail"
	"gatehouse/internal/passkey"
	"gatehouse/internal/store"
)

// A user adds a factor in My account, or in a sign-in whose policy requires one. Both do the same
// here, in a transaction that holds the account.

const (
	// handleBytes is the length of the user handle: the maximum (WebAuthn 14.6.1).
	handleBytes = 64
	// MostFactorName is the maximum length of a factor's name, in code points.
	MostFactorName = 40
)

// ReasonTooManyFactors: the user has reached the limit of apps and passkeys. Kind Conflict.
const ReasonTooManyFactors = "too-many-factors"

// The reasons to refuse a new passkey, at the field answer.
const (
	ReasonPasskeyThere  = "passkey-there"   // an account has it already
	ReasonPasskeyBad    = "passkey-bad"     // it is invalid, or not for this site
	ReasonPasskeyTooOld = "passkey-expired" // it took too long, or another window was used
)

var errTooManyFactors = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManyFactors}

// AppSetUp is an authenticator app waiting for its first code.
type AppSetUp struct {
	gatehouse.Factor
	Key []byte
}

// BeginApp makes the key of an authenticator app. It does not count until its first code has been
// entered: an existing app still works, and an unfinished set-up locks nobody out. Conflict with
// ReasonTooManyFactors.
func (s *Service) BeginApp(tx *act.Unit, u gatehouse.User, name string) (AppSetUp, error) {
	all, err := tx.Factors(tx, u.SiteID, u.ID)
	if err != nil {
		return AppSetUp{}, err
	}
	if len(all) >= gatehouse.MostFactors {
		return AppSetUp{}, errTooManyFactors
	}
	made := AppSetUp{Key: make([]byte, gatehouse.AppKeyBytes), Factor: gatehouse.Factor{ID: store.NewID("fac", tx.Now()),
		SiteID: u.SiteID, UserID: u.ID, Kind: gatehouse.FactorApp, Name: name, CreatedAt: tx.Now()}}
	rand.Read(made.Key)
	sealed, err := SealAppKey(s.Keys, made.Factor, made.Key)
	if err != nil {
		return made, err
	}
	return made, tx.InsertFactor(tx, made.Factor, sealed)
}

// WaitingApp returns an app of a user waiting for its first code; NotFound if there is none with
// that ID, or it has expired, or is already confirmed.
func (s *Service) WaitingApp(ctx context.Context, q store.Queries, u gatehouse.User, id string) (AppSetUp, error) {
	all, err := q.Factors(ctx, u.SiteID, u.ID)
	if err != nil {
		return AppSetUp{}, err
	}
	i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.ID == id })
	if i < 0 || all[i].Confirmed() || s.Now().Sub(all[i].CreatedAt) >= gatehouse.FactorSetUp {
		return AppSetUp{}, gatehouse.ErrNotFound
	}
	key, err := OpenAppKey(s.Keys, all[i])
	return AppSetUp{all[i].Factor, key}, err
}

// ReadFirstCode reads the code that confirms a factor. It counts the entry before the code is
// checked (invariant 3). Invalid with field code; TooMany.
func (s *Service) ReadFirstCode(ctx context.Context, typed string, limit store.Limit) (plain string, err error) {
	plain, ok := gatehouse.ReadCode(typed)
	if !ok {
		reason := "code-form"
		if strings.TrimSpace(typed) == "" {
			reason = "required"
		}
		return "", atField("code", reason)
	}
	wait, err := s.Store.Allow(ctx, s.Now(), limit)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
	}
	return plain, err
}

// FirstAppCodes is the limit on first codes of apps that a user enters.
func FirstAppCodes(siteID, userID string) store.Limit {
	return store.Limit{Key: siteID + ":first-code:" + userID, Every: 3 * time.Minute, Burst: 20}
}

// ConfirmApp makes an app count whose first code is right; see AddedFactor. Invalid with field
// code; NotFound.
func (s *Service) ConfirmApp(tx *act.Unit, u gatehouse.User, id, plain string, keep gatehouse.Kept) (codes []string, err error) {
	app, err := s.WaitingApp(tx, tx.Queries, u, id)
	if err != nil {
		return nil, err
	}
	clock, verdict := gatehouse.FirstAppCode(app.Key, plain, tx.Now())
	if verdict != gatehouse.AppRight && !guard.Out(guard.FirstCodeFirst) {
		return nil, atField("code", "app-code-first")
	}
	app.Clock = clock
	confirmed, err := tx.ConfirmFactor(tx, app.Factor, tx.Now())
	if err != nil || !confirmed {
		return nil, errors.Join(err, gatehouse.ErrNotFound)
	}
	return s.AddedFactor(tx, u, app.Factor, keep)
}

// AddedFactor records a factor that counts from now on, tells the owner, and ends what must end:
// other sign-ins in progress and trust in devices, because none of them has proved it. The first
// factor comes with recovery codes, which are returned only here.
func (s *Service) AddedFactor(tx *act.Unit, u gatehouse.User, f gatehouse.Factor, keep gatehouse.Kept) (codes []string, err error) {
	if u.Factors == 0 {
		if codes, err = s.MakeRecoveryCodes(tx, u); err != nil {
			return nil, err
		}
	}
	if !guard.Out(guard.FactorEndsSignIns) {
		_, err = tx.End(u, gatehouse.TwoFactorChanged, keep)
	}
	return codes, errors.Join(err,
		tx.Record(u, gatehouse.EventFactorAdded, gatehouse.ResultOK, FactorDetail(f)),
		TellFactor(tx, u, addedChange[f.Kind], f.Name))
}

var addedChange = map[gatehouse.FactorKind]mail.FactorChange{gatehouse.FactorApp: mail.AppAdded,
	gatehouse.FactorPasskey: mail.PasskeyAdded, gatehouse.FactorText: mail.PhoneAdded}

// FactorDetail is what the event log keeps of a factor.
func FactorDetail(f gatehouse.Factor) map[string]string {
	return map[string]string{"factor": f.ID, "kind": string(f.Kind), "name": f.Name}
}

// TellFactor tells the owner what happened to the factors, at all addresses (SP 800-63B-4, 4.1).
func TellFactor(tx *act.Unit, u gatehouse.User, what mail.FactorChange, name string) error {
	return tx.TellAll(u, func(username string) mail.Message {
		return mail.FactorChanged{Username: username, What: what, Name: name, At: tx.Now(),
			IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)}
	})
}

// MakeRecoveryCodes replaces all recovery codes of a user.
func (s *Service) MakeRecoveryCodes(tx *act.Unit, u gatehouse.User) ([]string, error) {
	codes, macs := make([]string, gatehouse.RecoveryCodes), make([]string, gatehouse.RecoveryCodes)
	random := make([]byte, gatehouse.RecoveryCodeBytes)
	for i := range codes {
		rand.Read(random)
		codes[i] = gatehouse.RecoveryCodeOf(random)
		macs[i] = RecoveryCodeMAC(s.Keys, u, codes[i])
	}
	return codes, tx.ReplaceRecoveryCodes(tx, u.SiteID, u.ID, macs, tx.Now())
}

// CreationOptions returns the options to request a new passkey from a browser, in the standard's
// JSON. Conflict with ReasonTooManyFactors.
func (s *Service) CreationOptions(tx *act.Unit, u gatehouse.User, challenge string) (string, error) {
	there, handle, err := passkeysOf(tx, u)
	if err != nil {
		return "", err
	}
	return passkey.PartyOf(tx.Site.Site).Creation(passkey.User{Handle: handle, Name: u.Username, DisplayName: u.DisplayName()}, challenge, there), nil
}

// passkeysOf returns a user's passkeys, if there is room for another one, and the handle.
func passkeysOf(tx *act.Unit, u gatehouse.User) (there []gatehouse.Passkey, handle string, err error) {
	all, err := tx.Factors(tx, u.SiteID, u.ID)
	if err != nil {
		return nil, "", err
	}
	if len(all) >= gatehouse.MostFactors {
		return nil, "", errTooManyFactors
	}
	if there, err = tx.Passkeys(tx, u.SiteID, u.ID); err != nil {
		return nil, "", err
	}
	handle, err = HandleOf(tx, u)
	return there, handle, err
}

// HandleOf returns a user's handle, and makes one if there is none yet.
func HandleOf(tx *act.Unit, u gatehouse.User) (string, error) {
	fresh := make([]byte, handleBytes)
	rand.Read(fresh)
	return tx.PasskeyHandle(tx, u.SiteID, u.ID, base64.RawURLEncoding.EncodeToString(fresh))
}

// NewPasskey is a new passkey, and the recovery codes that came with it.
type NewPasskey struct {
	Passkey gatehouse.Passkey
	Codes   []string
}

// MadeIn says where a passkey was created: Browser is the cookie that its challenge is bound to.
type MadeIn struct {
	Use     ChallengeUse
	Browser string
	Keep    gatehouse.Kept
}

// AddPasskey accepts a browser's response, as PublicKeyCredential.toJSON writes it. The passkey
// counts at once; see AddedFactor.
//
// Errors: Invalid with field answer (ReasonPasskeyThere, ReasonPasskeyBad, ReasonPasskeyTooOld);
// Conflict with ReasonTooManyFactors.
func (s *Service) AddPasskey(tx *act.Unit, u gatehouse.User, in MadeIn, answer string) (made NewPasskey, err error) {
	response, err := passkey.ReadMade(answer)
	if err != nil {
		return made, atField("answer", ReasonPasskeyBad)
	}
	until, good := s.GoodChallenge(u.SiteID, in.Use, in.Browser, response.Challenge())
	if !good {
		return made, atField("answer", ReasonPasskeyTooOld)
	}
	if fresh, err := s.SpendChallenge(tx, response.Challenge(), until); err != nil || !fresh {
		return made, errors.Join(err, atField("answer", ReasonPasskeyTooOld))
	}
	there, handle, err := passkeysOf(tx, u)
	if err != nil {
		return made, err
	}
	k, err := response.Verify(passkey.PartyOf(tx.Site.Site), handle, response.Challenge(), in.Use == ToCreateUnseen)
	if err != nil {
		s.Log.InfoContext(tx, "a new passkey is not what was asked for", "ref", tx.Caller.Reference, "error", err)
		return made, atField("answer", ReasonPasskeyBad)
	}
	k.ID, k.SiteID, k.UserID, k.CreatedAt = store.NewID("fac", tx.Now()), u.SiteID, u.ID, tx.Now()
	k.Name = nameFor(k, tx.DeviceFor(u), there)
	if fresh, err := tx.InsertPasskey(tx, k); err != nil || !fresh {
		return made, errors.Join(err, atField("answer", ReasonPasskeyThere))
	}
	made.Passkey = k
	made.Codes, err = s.AddedFactor(tx, u, k.Factor, in.Keep)
	return made, err
}

// nameFor returns the default name of a passkey: its provider, else the browser that it was
// created in, with a number if that name is taken.
func nameFor(k gatehouse.Passkey, browser string, there []gatehouse.Passkey) string {
	name := k.Maker()
	if name == "" {
		name = browser
	}
	if runes := []rune(name); len(runes) > MostFactorName-3 {
		name = string(runes[:MostFactorName-3])
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(there, func(k gatehouse.Passkey) bool { return k.Name == name })
	}
	numbered := name
	for n := 2; taken(numbered); n++ {
		numbered = name + " " + strconv.Itoa(n)
	}
	return numbered
}

// atField is the error of one field.
func atField(field, reason string) error {
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "fields", Fields: []gatehouse.FieldError{{Field: field, Reason: reason}}}
}
