package sso

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Create adds an application to a site; only operators may. An application that authenticates with
// a secret gets one, which is returned and only stored as a hash.
//
// Errors: Forbidden, Invalid with fields, Conflict (store.ReasonHostTaken), Unavailable.
func (s *Service) Create(ctx context.Context, st *site.Site, c gatehouse.Caller, name string, settings gatehouse.ApplicationSettings) (made gatehouse.Application, clientSecret string, err error) {
	return s.CreateOnce(ctx, st, c, s.NextID(), name, settings)
}

// NextID is an ID for CreateOnce.
func (s *Service) NextID() string { return store.NewID("app", s.Now()) }

var idForm = regexp.MustCompile(`^app_[0-9a-f]{32}$`)

// CreateOnce is Create with an ID of NextID, which a form has: sent twice, it makes one application,
// and the second answer is Conflict (ReasonCreated).
func (s *Service) CreateOnce(ctx context.Context, st *site.Site, c gatehouse.Caller, id, name string, settings gatehouse.ApplicationSettings) (made gatehouse.Application, clientSecret string, err error) {
	if c, err = operates(st, c, gatehouse.OperatorPlatforms); err != nil {
		return made, "", err
	}
	if !idForm.MatchString(id) {
		return made, "", &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonSeen}
	}
	if err := errors.Join(s.check(name, settings), checkHosts(st, settings)); err != nil {
		return made, "", err
	}
	made = gatehouse.Application{ID: id, SiteID: st.ID, Name: name, State: gatehouse.ApplicationActive, Settings: settings, CreatedAt: s.Now()}
	if settings.Auth.HasSecret() {
		clientSecret = secret.NewToken()
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := tx.StillOperates(); err != nil {
			return err
		}
		return insert(tx, made, clientSecret)
	})
	var e *gatehouse.Error
	if errors.As(err, &e) && e.Kind == gatehouse.Conflict && e.Reason != store.ReasonHostTaken {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCreated}
	}
	return made, clientSecret, err
}

// insert adds an application with its first secret; empty: it has none.
func insert(tx *act.Unit, a gatehouse.Application, clientSecret string) error {
	if err := tx.InsertApplication(tx, a); err != nil {
		return err
	}
	if clientSecret != "" {
		err := tx.InsertApplicationSecret(tx, a.SiteID, a.ID, store.ApplicationSecret{Hash: secret.HashToken(clientSecret), CreatedAt: a.CreatedAt})
		if err != nil {
			return err
		}
	}
	return tx.Record(gatehouse.User{}, gatehouse.EventApplicationCreated, gatehouse.ResultOK, about(a, "name", a.Name))
}

// about returns the detail of an event about an application.
func about(a gatehouse.Application, pairs ...string) map[string]string {
	detail := map[string]string{"application": a.ID}
	for i := 0; i+1 < len(pairs); i += 2 {
		detail[pairs[i]] = pairs[i+1]
	}
	return detail
}

// check returns the faults of an application, including its keys.
func (s *Service) check(name string, settings gatehouse.ApplicationSettings) error {
	fields := gatehouse.CheckApplication(name, settings)
	if settings.JWKS != "" {
		if _, err := clientKeys(settings.JWKS); err != nil {
			fields = append(fields, gatehouse.FieldError{Field: "jwks", Reason: "invalid"})
		}
	}
	if settings.JWKSURI != "" && s.Outbound.Check(settings.JWKSURI) != nil {
		fields = append(fields, gatehouse.FieldError{Field: "jwks_uri", Reason: "address"})
	}
	if cards := settings.Home.CardsURL; cards != "" && s.Outbound.Check(cards) != nil {
		fields = append(fields, gatehouse.FieldError{Field: "cards_url", Reason: "address"})
	}
	if len(fields) == 0 {
		return nil
	}
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "invalid", Fields: fields}
}

// MaxList is the maximum number of applications in one list.
const MaxList = 1000

// List returns a site's applications in the order of their creation, after the given ID.
func (s *Service) List(ctx context.Context, st *site.Site, c gatehouse.Caller, after string, limit int) ([]gatehouse.Application, error) {
	if _, err := operates(st, c, gatehouse.OperatorSee); err != nil {
		return nil, err
	}
	return s.Store.Read().Applications(ctx, st.ID, after, min(max(limit, 1), MaxList))
}

// Shown is an application with what is known of its secrets, and the error of the last failed
// logout notice.
type Shown struct {
	gatehouse.Application
	Secrets         []store.ApplicationSecret
	LogoutProblem   string
	LogoutProblemAt time.Time
}

// Version is what changes with anything about the application or its secrets: the page that asks
// before an act has it, so that nothing is done to what nobody has seen, and nothing twice.
func (s Shown) Version() string { return version(s.Application, s.Secrets) }

func version(a gatehouse.Application, secrets []store.ApplicationSecret) string {
	text, err := json.Marshal(struct {
		gatehouse.Application
		Secrets []store.ApplicationSecret
	}{a, secrets})
	if err != nil {
		panic(err) // there is nothing in it that cannot be encoded
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Show returns an application. Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Show(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Shown, error) {
	if _, err := operates(st, c, gatehouse.OperatorSee); err != nil {
		return Shown{}, err
	}
	a, err := s.Store.Read().Application(ctx, st.ID, id)
	if err != nil {
		return Shown{}, err
	}
	shown := Shown{Application: a}
	if shown.Secrets, err = s.Store.Read().ApplicationSecrets(ctx, st.ID, id); err != nil {
		return shown, err
	}
	shown.LogoutProblem, shown.LogoutProblemAt, err = s.Store.Read().LastFailedLogout(ctx, st.ID, id)
	return shown, err
}

// Change changes an application: to receives it as it is, and changes name, state and settings. A
// disabled application signs nobody in, and its tokens are invalid. seen is the version that a page
// has shown; empty: whatever it is now.
//
// Errors: Forbidden, NotFound, Conflict (ReasonDeleted, ReasonSeen, store.ReasonHostTaken), Invalid with fields, Unavailable.
func (s *Service) Change(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string, to func(*gatehouse.Application)) (gatehouse.Application, error) {
	c, err := operates(st, c, gatehouse.OperatorPlatforms)
	if err != nil {
		return gatehouse.Application{}, err
	}
	return s.change(ctx, st, c, id, seen, to)
}

// Turn turns an application off, or on again, which operators may who suspend.
//
// Errors: as Change.
func (s *Service) Turn(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string, to gatehouse.ApplicationState) error {
	c, err := operates(st, c, gatehouse.OperatorSuspend)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, st, c, id, seen, func(a *gatehouse.Application) { a.State = to })
	return err
}

func (s *Service) change(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string, to func(*gatehouse.Application)) (gatehouse.Application, error) {
	var now gatehouse.Application
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		was, err := changeable(tx, id, seen)
		if err != nil {
			return err
		}
		now = was
		to(&now)
		now.ID, now.SiteID, now.CreatedAt, now.DeletedAt = was.ID, was.SiteID, was.CreatedAt, was.DeletedAt
		if err := s.check(now.Name, now.Settings); err != nil || reflect.DeepEqual(now, was) {
			return err
		}
		if err := claimable(st, was, now); err != nil {
			return err
		}
		if err := tx.UpdateApplication(tx, now); err != nil {
			return err
		}
		if gone := !reflect.DeepEqual(now.Settings.Access, was.Settings.Access) || now.State != was.State; gone { // fewer users may reach it: it supplies them again
			if err := errors.Join(tx.DeleteCardsOf(tx, st.ID, id), endLogins(tx, now)); err != nil {
				return err
			}
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationChanged, gatehouse.ResultOK,
			about(now, "name_before", was.Name, "state", string(now.State)))
	})
	return now, err
}

// endLogins notifies an application of users who may no longer reach it, as signed out: all users,
// if it is turned off.
func endLogins(tx *act.Unit, a gatehouse.Application) error {
	if !a.Usable() {
		return tx.EndLogins(tx, a.SiteID, a.ID, tx.Now())
	}
	return tx.EndClosedLogins(tx, a, "", tx.Now())
}

// mostSecrets is how many secrets an application has at a time: the current one, and its
// replacement.
const mostSecrets = 2

// NewSecret makes a secret for an application. The previous one stays valid until the next one is
// made, or until EndOldSecrets: so secrets are rotated without downtime. seen is as for Change.
//
// Errors: Forbidden, NotFound, Conflict for an application without secrets (ReasonNoSecret), a deleted one
// (ReasonDeleted) or another version of it (ReasonSeen), Unavailable.
func (s *Service) NewSecret(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string) (string, error) {
	c, err := operates(st, c, gatehouse.OperatorPlatforms)
	if err != nil {
		return "", err
	}
	made := secret.NewToken()
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		a, err := changeable(tx, id, seen)
		if err != nil {
			return err
		}
		if !a.Settings.Auth.HasSecret() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoSecret}
		}
		if err := s.keepSecrets(tx, id, mostSecrets-1); err != nil {
			return err
		}
		if err := tx.InsertApplicationSecret(tx, st.ID, id, store.ApplicationSecret{Hash: secret.HashToken(made), CreatedAt: tx.Now()}); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationSecret, gatehouse.ResultOK, about(a))
	})
	return made, err
}

// EndOldSecrets ends all secrets of an application but the newest. seen is as for Change.
func (s *Service) EndOldSecrets(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string) error {
	c, err := operates(st, c, gatehouse.OperatorPlatforms)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		a, err := changeable(tx, id, seen)
		if err != nil {
			return err
		}
		if err := s.keepSecrets(tx, id, 1); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationChanged, gatehouse.ResultOK, about(a, "old_secrets", "ended"))
	})
}

// keepSecrets deletes an application's oldest secrets and keeps this many.
func (s *Service) keepSecrets(tx *act.Unit, id string, keep int) error {
	all, err := tx.ApplicationSecrets(tx, tx.Site.ID, id)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	for _, old := range all[min(keep, len(all)):] {
		if err := tx.DeleteApplicationSecret(tx, tx.Site.ID, id, old.Hash); err != nil {
			return err
		}
	}
	return nil
}
