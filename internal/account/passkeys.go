package account

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/passkey"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
)

// passkeysPutOff is for how long no passkey is offered to a user who has declined it for now.
const passkeysPutOff = 30 * 24 * time.Hour

// BeginPasskey returns the options to request a new passkey from the browser, in the standard's
// JSON. Only a session with fresh proof gets here, and the challenge in it is only valid for this
// session, and for ten minutes.
//
// Errors: Conflict with signin.ReasonTooManyFactors; Unavailable.
func (s *Service) BeginPasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session) (options string, err error) {
	return s.creation(ctx, st, in, here, signin.ToCreate)
}

func (s *Service) creation(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, use signin.ChallengeUse) (options string, err error) {
	challenge := s.SignIn.NewChallenge(st.ID, use, in.Session)
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) (err error) {
		options, err = s.SignIn.CreationOptions(tx, u, challenge)
		return err
	})
	return options, err
}

// CreatePasskey accepts a browser's response, as PublicKeyCredential.toJSON writes it. The passkey
// counts at once. The first factor comes with recovery codes, which are returned only once.
// unseen: it was created automatically after a sign-in with the password; see OfferOfPasskey.
//
// Errors: those of signin.Service.AddPasskey; Unauthenticated; Unavailable.
func (s *Service) CreatePasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session, answer string, unseen bool) (made signin.NewPasskey, err error) {
	with := signin.MadeIn{Use: signin.ToCreate, Browser: in.Session}
	if unseen {
		with.Use = signin.ToCreateUnseen
	}
	err = s.inSession(ctx, st, in.Caller, here, func(tx *act.Unit, u gatehouse.User) (err error) {
		if made, err = s.SignIn.AddPasskey(tx, u, with, answer); err != nil {
			return err
		}
		return provedNew(tx, here, made.Passkey.Method(made.Passkey.Verified))
	})
	return made, err
}

// OffersPasskey reports whether to offer a user a passkey: one who has none, has not postponed it,
// and has just signed in with the password, and with the factor, if there is one: a trusted device
// is not enough to add another.
func (s *Service) OffersPasskey(ctx context.Context, st *site.Site, u gatehouse.User, here gatehouse.Session) (bool, error) {
	if !gatehouse.IsFresh(here.CreatedAt, s.Now()) || !slices.Contains(here.Assurance.Methods, gatehouse.MethodPassword) {
		return false, nil
	}
	if u.Factors > 0 {
		if ask, err := s.SignIn.AskProof(ctx, here, u); err != nil || len(ask) > 0 {
			return false, err
		}
	}
	after, has, err := s.Store.Read().PasskeyOffer(ctx, st.ID, here.UserID)
	return err == nil && !has && !s.Now().Before(after), err
}

// OfferOfPasskey returns the options for the browser to create a passkey automatically; empty if
// none is offered.
func (s *Service) OfferOfPasskey(ctx context.Context, st *site.Site, in signin.In, here gatehouse.Session) (options string, err error) {
	u, err := s.look(ctx, st, in.Caller)
	if err != nil {
		return "", err
	}
	if offers, err := s.OffersPasskey(ctx, st, u, here); err != nil || !offers {
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
		if _, err := signin.HandleOf(tx, u); err != nil {
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
