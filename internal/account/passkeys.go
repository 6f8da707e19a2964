package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/passkey"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// handleBytes is the length of the user handle: the maximum (WebAuthn 14.6.1).
	handleBytes = 64
	// passkeysPutOff is for how long no passkey is offered to a user who has declined it for now.
	passkeysPutOff = 30 * 24 * time.Hour
)

// The reasons to refuse a new passkey, at the field answer.
const (
	ReasonPasskeyThere  = "passkey-there"   // an account has it already
	ReasonPasskeyBad    = "passkey-bad"     // it is invalid, or not for this site
	ReasonPasskeyTooOld = "passkey-expired" // it took too long, or another window was used
)

var errTooManyFactors = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManyFactors}

// BeginPasskey returns the options to request a new passkey from the browser, in the standard's
// JSON. It requires a recent sign-in, or the password again (ASVS 7.5.1): the challenge in it is
// only valid for this session, and for ten minutes.
//
// Errors: Invalid with field current_password; Conflict with ReasonTooManyFactors; what
// signin.Service.Confirm returns; Unavailable.
func (s *Service) BeginPasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, password string) (options string, err error) {
	if err := s.fresh(ctx, st, in, here, password); err != nil {
		return "", err
	}
	return s.creation(ctx, st, in, here, signin.ToCreate)
}

func (s *Service) creation(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, use signin.ChallengeUse) (options string, err error) {
	challenge := s.SignIn.NewChallenge(st.ID, use, in.Session)
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		there, handle, err := passkeysOf(tx, u)
		if err == nil {
			options = passkey.PartyOf(st.Site).Creation(passkey.User{Handle: handle, Name: u.Username, DisplayName: u.DisplayName()}, challenge, there)
		}
		return err
	})
	return options, err
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
	handle, err = handleOf(tx, u)
	return there, handle, err
}

func handleOf(tx *act.Unit, u gatehouse.User) (string, error) {
	fresh := make([]byte, handleBytes)
	rand.Read(fresh)
	return tx.PasskeyHandle(tx, u.SiteID, u.ID, base64.RawURLEncoding.EncodeToString(fresh))
}

// NewPasskey is a new passkey, and the recovery codes that came with it.
type NewPasskey struct {
	Passkey gatehouse.Passkey
	Codes   []string
}

// CreatePasskey accepts a browser's response, as PublicKeyCredential.toJSON writes it. The passkey
// counts at once. The first factor comes with recovery codes, which are returned only once.
// unseen: it was created automatically after a sign-in with the password; see OfferOfPasskey.
//
// Errors: Invalid with field answer (ReasonPasskeyThere, ReasonPasskeyBad,
// ReasonPasskeyTooOld); Conflict with ReasonTooManyFactors; Unauthenticated; Unavailable.
func (s *Service) CreatePasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, answer string, unseen bool) (made NewPasskey, err error) {
	response, err := passkey.ReadMade(answer)
	if err != nil {
		return made, badPasskey(ReasonPasskeyBad)
	}
	use := signin.ToCreate
	if unseen {
		use = signin.ToCreateUnseen
	}
	until, good := s.SignIn.GoodChallenge(st.ID, use, in.Session, response.Challenge())
	if !good {
		return made, badPasskey(ReasonPasskeyTooOld)
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		made = NewPasskey{}
		fresh, err := s.SignIn.SpendChallenge(tx, response.Challenge(), until)
		if err != nil {
			return err
		}
		if !fresh {
			return badPasskey(ReasonPasskeyTooOld)
		}
		there, handle, err := passkeysOf(tx, u)
		if err != nil {
			return err
		}
		k, err := response.Verify(passkey.PartyOf(st.Site), handle, response.Challenge(), unseen)
		if err != nil {
			s.SignIn.Log.InfoContext(ctx, "a new passkey is not what was asked for", "ref", in.Caller.Reference, "error", err)
			return badPasskey(ReasonPasskeyBad)
		}
		k.ID, k.SiteID, k.UserID, k.CreatedAt = store.NewID("fac", tx.Now()), st.ID, u.ID, tx.Now()
		k.Name = nameFor(k, tx.DeviceFor(u), there)
		made.Passkey = k
		made.Codes, err = s.insertPasskey(tx, u, k)
		return err
	})
	return made, err
}

// insertPasskey adds a passkey, and recovery codes if it is the first factor.
func (s *Service) insertPasskey(tx *act.Unit, u gatehouse.User, k gatehouse.Passkey) (codes []string, err error) {
	fresh, err := tx.InsertPasskey(tx, k)
	if err == nil && !fresh {
		err = badPasskey(ReasonPasskeyThere)
	}
	if err == nil && u.Factors == 0 {
		codes, err = s.makeRecoveryCodes(tx, u)
	}
	if err != nil {
		return nil, err
	}
	return codes, added(tx, u, k.Factor)
}

func badPasskey(reason string) error {
	return invalid([]gatehouse.FieldError{{Field: "answer", Reason: reason}})
}

// nameFor returns the default name of a passkey: its provider, else the browser that it was
// created in, with a number if that name is taken.
func nameFor(k gatehouse.Passkey, browser string, there []gatehouse.Passkey) string {
	name := k.Maker()
	if name == "" {
		name = browser
	}
	if runes := []rune(name); len(runes) > mostFactorName-3 {
		name = string(runes[:mostFactorName-3])
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

// OffersPasskey reports whether to offer a user a passkey: one who has none, has not postponed it,
// and has just signed in with the password.
func (s *Service) OffersPasskey(ctx context.Context, st *site.Site, here gatehouse.Session) (bool, error) {
	if !gatehouse.IsFresh(here.CreatedAt, s.Now()) || !slices.Contains(here.Assurance.Methods, gatehouse.MethodPassword) {
		return false, nil
	}
	after, has, err := s.Store.Read().PasskeyOffer(ctx, st.ID, here.UserID)
	return err == nil && !has && !s.Now().Before(after), err
}

// OfferOfPasskey returns the options for the browser to create a passkey automatically; empty if
// none is offered.
func (s *Service) OfferOfPasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session) (options string, err error) {
	if offers, err := s.OffersPasskey(ctx, st, here); err != nil || !offers {
		return "", err
	}
	options, err = s.creation(ctx, st, in, here, signin.ToCreateUnseen)
	if gatehouse.KindOf(err) == gatehouse.Conflict {
		return "", nil
	}
	return options, err
}

// PutOffPasskeys records that the caller does not want to be offered a passkey for a while.
func (s *Service) PutOffPasskeys(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session) error {
	return s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) error {
		if _, err := handleOf(tx, u); err != nil {
			return err
		}
		return tx.PutOffPasskeys(tx, u.SiteID, u.ID, tx.Now().Add(passkeysPutOff))
	})
}

// PasskeySignals returns what to tell a browser about a user's passkeys, in JSON, so providers
// show no other ones and the right name; empty if the user never had one. The list is complete:
// missing ones may be deleted (WebAuthn 5.1.10).
func (s *Service) PasskeySignals(ctx context.Context, st *site.Site, u gatehouse.User) (string, error) {
	q := s.Store.Read()
	handle, err := q.HandleOf(ctx, st.ID, u.ID)
	if err != nil || handle == "" {
		return "", err
	}
	all, err := q.Passkeys(ctx, st.ID, u.ID)
	if err != nil {
		return "", err
	}
	ids := []string{}
	for _, k := range all {
		ids = append(ids, k.CredentialID)
	}
	text, err := json.Marshal(map[string]any{"rpId": passkey.PartyOf(st.Site).ID, "userId": handle, "allAcceptedCredentialIds": ids,
		"name": u.Username, "displayName": u.DisplayName()})
	return string(text), err
}
