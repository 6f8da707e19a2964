package sso

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Registered is the response for an application that has registered itself (RFC 7591 3.2.1, RFC
// 7592 3). The secret and the token are only included when they are made.
type Registered struct {
	ID       string `json:"client_id"`
	IssuedAt int64  `json:"client_id_issued_at"`
	Secret   string `json:"client_secret,omitempty"`
	// SecretEnds is 0, which means never, if there is a secret.
	SecretEnds *int64 `json:"client_secret_expires_at,omitempty"`
	Token      string `json:"registration_access_token,omitempty"`
	URI        string `json:"registration_client_uri"`
	ClientMetadata
}

// The limits of registration tokens.
const (
	mostRegistrations        = 1000
	longestRegistrationToken = 90 * 24 * time.Hour
)

var errRegistrationOff = &gatehouse.Error{Kind: gatehouse.NotFound, Reason: "no-registration"}

// NewRegistrationToken makes a token with which a number of applications can register themselves.
//
// Errors: Forbidden, NotFound if the site does not have that switched on, Invalid with fields,
// Unavailable.
func (s *Service) NewRegistrationToken(ctx context.Context, st *site.Site, c gatehouse.Caller, uses int, lasts time.Duration) (string, error) {
	if err := operatorOnly(c); err != nil {
		return "", err
	}
	if !st.Registers {
		return "", errRegistrationOff
	}
	var wrong gatehouse.Faults
	if uses < 1 || uses > mostRegistrations {
		wrong.Add("uses", "range")
	}
	if lasts < time.Minute || lasts > longestRegistrationToken {
		wrong.Add("lasts", "range")
	}
	if err := wrong.Err(); err != nil {
		return "", err
	}
	token := secret.NewToken()
	return token, s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := tx.InsertRegistrationToken(tx, st.ID, secret.HashToken(token), uses, tx.Now().Add(lasts)); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationSecret, gatehouse.ResultOK, map[string]string{"registration_token": "made", "uses": fmt.Sprint(uses)})
	})
}

// Register adds an application that registers itself. It is a third party: users are asked for
// their consent. It gets nothing that only an operator may grant.
//
// Errors: *ProtocolError (InvalidToken, InvalidRedirectURI, InvalidClientMetadata), NotFound if
// the site does not have that switched on, Unavailable.
func (s *Service) Register(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization string, body []byte) (Registered, error) {
	if !st.Registers {
		return Registered{}, errRegistrationOff
	}
	m, err := readMetadata(body, "")
	if err != nil {
		return Registered{}, err
	}
	now := s.Now()
	a := gatehouse.Application{ID: store.NewID("app", now), SiteID: st.ID, State: gatehouse.ApplicationActive, Settings: gatehouse.DefaultApplication(), CreatedAt: now}
	a.Settings.ThirdParty = true
	if err := s.describe(&a, m); err != nil {
		return Registered{}, err
	}
	token, clientSecret := secret.NewToken(), ""
	if a.Settings.Auth.HasSecret() {
		clientSecret = secret.NewToken()
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		good, err := tx.UseRegistrationToken(tx, st.ID, secret.HashToken(bearer(authorization)), now)
		if err != nil {
			return err
		}
		if !good {
			return errNoAccess
		}
		if err := insert(tx, a, clientSecret); err != nil {
			return err
		}
		return tx.InsertRegistration(tx, st.ID, a.ID, secret.HashToken(token))
	})
	if errors.Is(err, errNoAccess) {
		err = s.countFailure(ctx, st, c, "registration", errNoAccess)
	}
	return registered(st, a, clientSecret, token), err
}

// describe applies an application's metadata, and checks it like an operator's settings.
func (s *Service) describe(a *gatehouse.Application, m ClientMetadata) error {
	if err := m.apply(a); err != nil {
		return err
	}
	var wrong *gatehouse.Error
	if err := s.check(a.Name, a.Settings); errors.As(err, &wrong) && len(wrong.Fields) > 0 {
		f, reason := wrong.Fields[0], gatehouse.InvalidClientMetadata
		if i := slices.IndexFunc(wrong.Fields, func(f gatehouse.FieldError) bool { return strings.HasSuffix(f.Field, "redirect_uris") }); i >= 0 { // of which other things are made
			f, reason = wrong.Fields[i], gatehouse.InvalidRedirectURI
		}
		return refuse(reason, f.Field+" cannot be used: "+f.Reason)
	}
	return nil
}

func readMetadata(body []byte, id string) (m ClientMetadata, err error) {
	var whose struct {
		ID string `json:"client_id"`
	}
	if json.Unmarshal(body, &m) != nil || json.Unmarshal(body, &whose) != nil || whose.ID != id {
		return m, refuse(gatehouse.InvalidClientMetadata, "the body is no client metadata, or is of another client")
	}
	return m, nil
}

// bearer returns the token of an Authorization header; empty: none.
func bearer(authorization string) string {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func registered(st *site.Site, a gatehouse.Application, clientSecret, token string) Registered {
	out := Registered{ID: a.ID, IssuedAt: a.CreatedAt.Unix(), Secret: clientSecret, Token: token, URI: Issuer(st) + RegisterPath + "/" + a.ID, ClientMetadata: metadataOf(a)}
	if clientSecret != "" {
		out.SecretEnds = new(int64)
	}
	return out
}

// own returns an application that presents the token which it got at its registration. An unknown
// application and a wrong token get the same error.
func (s *Service) own(ctx context.Context, st *site.Site, q store.Queries, authorization, id string) (gatehouse.Application, error) {
	if !st.Registers {
		return gatehouse.Application{}, errRegistrationOff
	}
	if !couldBeID(id) {
		return gatehouse.Application{}, errNoAccess
	}
	if _, err := q.Registration(ctx, st.ID, id, secret.HashToken(bearer(authorization))); err != nil {
		return gatehouse.Application{}, notFound(err, errNoAccess)
	}
	a, err := q.Application(ctx, st.ID, id)
	if err == nil && !a.Usable() { // an operator has turned it off, and it cannot turn itself on
		err = errNoAccess
	}
	return a, notFound(err, errNoAccess)
}

// Registration returns what an application has registered (RFC 7592 2.1).
//
// Errors: *ProtocolError (InvalidToken), NotFound where that is switched off, Unavailable.
func (s *Service) Registration(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization, id string) (Registered, error) {
	a, err := s.own(ctx, st, s.Store.Read(), authorization, id)
	if errors.Is(err, errNoAccess) {
		err = s.countFailure(ctx, st, c, "registration", errNoAccess)
	}
	return registered(st, a, "", ""), err
}

// ChangeRegistration replaces what an application has registered (RFC 7592 2.2).
//
// Errors: those of Register.
func (s *Service) ChangeRegistration(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization, id string, body []byte) (Registered, error) {
	m, err := readMetadata(body, id)
	if err != nil {
		return Registered{}, err
	}
	c.Name = id
	var now gatehouse.Application
	made := ""
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		was, err := s.own(tx, st, tx.Queries, authorization, id)
		if err != nil {
			return err
		}
		now, made = was, ""
		if err := s.describe(&now, m); err != nil {
			return err
		}
		if now.Settings.Auth.HasSecret() && !was.Settings.Auth.HasSecret() {
			made = secret.NewToken()
			if err := tx.InsertApplicationSecret(tx, st.ID, id, store.ApplicationSecret{Hash: secret.HashToken(made), CreatedAt: tx.Now()}); err != nil {
				return err
			}
		}
		if err := tx.UpdateApplication(tx, now); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationChanged, gatehouse.ResultOK, about(now, "name_before", was.Name, "by", "itself"))
	})
	if errors.Is(err, errNoAccess) {
		err = s.countFailure(ctx, st, c, "registration", errNoAccess)
	}
	return registered(st, now, made, ""), err
}

// EndRegistration turns off an application at its own request (RFC 7592 2.3). An operator still
// sees it.
//
// Errors: *ProtocolError (InvalidToken), NotFound where that is switched off, Unavailable.
func (s *Service) EndRegistration(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization, id string) error {
	c.Name = id
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		a, err := s.own(tx, st, tx.Queries, authorization, id)
		if err != nil {
			return err
		}
		a.State = gatehouse.ApplicationDisabled
		if err := tx.UpdateApplication(tx, a); err != nil {
			return err
		}
		if err := errors.Join(tx.DeleteRegistration(tx, st.ID, id), endLogins(tx, a)); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationChanged, gatehouse.ResultOK, about(a, "state", string(a.State), "by", "itself"))
	})
	if errors.Is(err, errNoAccess) {
		err = s.countFailure(ctx, st, c, "registration", errNoAccess)
	}
	return err
}
