package account

import (
	"context"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Profile is what the profile page shows.
type Profile struct {
	User gatehouse.User
	// Waiting is the change of address waiting for confirmation; nil: none.
	Waiting *gatehouse.EmailChange
	// Version identifies the current content of the profile; a form includes it, so it does not
	// overwrite what another window has saved meanwhile.
	Version string
}

// ProfileForm is a filled-in profile.
type ProfileForm struct {
	FirstName, LastName, Email, Locale string
	// Version is that of the profile the form was made from; empty: no check.
	Version string
}

// Reasons of errors about profiles.
const (
	// ReasonProfileChanged: another window has saved the profile since the form was
	// made. Kind Conflict.
	ReasonProfileChanged = "profile-changed"
	// ReasonEmailOften is of kind TooMany, at the field email.
	ReasonEmailOften = "email-often"
)

var errProfileChanged = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonProfileChanged}

// Profile returns the caller's profile.
func (s *Service) Profile(ctx context.Context, st *site.Site, c gatehouse.Caller) (Profile, error) {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{User: u, Version: version(u)}
	p.User.Password.Hash = ""
	waiting, err := s.Store.Read().WaitingEmailChange(ctx, st.ID, u.ID)
	switch {
	case gatehouse.KindOf(err) == gatehouse.NotFound:
		return p, nil
	case err != nil:
		return Profile{}, err
	case waiting.Stands(u): // else it is void
		p.Waiting = &waiting
	}
	return p, nil
}

// look is own for pages that only display.
func (s *Service) look(ctx context.Context, st *site.Site, c gatehouse.Caller) (gatehouse.User, error) {
	if !isOwn(st, c) {
		return gatehouse.User{}, errForbidden
	}
	return s.Store.Read().User(ctx, st.ID, c.UserID)
}

// version is a short hash of what the form shows.
func version(u gatehouse.User) string {
	return secret.HashToken(strings.Join([]string{u.FirstName, u.LastName, u.Email, u.Locale}, "\x00"))[:16]
}

// SaveProfile saves a profile (A05). A new address waits until it is confirmed from there;
// everything else changes at once. A change of address requires fresh proof (ASVS 7.5.1), which is
// gatehouse.ErrProofFirst.
//
// Errors: Invalid with fields first_name, last_name, email, locale; Conflict with
// ReasonProfileChanged; TooMany with the field email; Unavailable.
func (s *Service) SaveProfile(ctx context.Context, st *site.Site, c gatehouse.Caller, form ProfileForm) error {
	u, err := s.look(ctx, st, c)
	if err != nil {
		return err
	}
	if err := form.check(st, u); err != nil {
		return err
	}
	if !form.fits(u) {
		return errProfileChanged
	}
	moves := form.moves(u)
	if moves {
		if err := s.mayMove(ctx, st, c, u, form); err != nil {
			return err
		}
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		// Another window may have been faster, and may have changed the address.
		if !form.fits(u) || form.moves(u) != moves {
			return errProfileChanged
		}
		return s.save(tx, u, form)
	})
}

// SetLanguage only changes the caller's language, from the menu of every page.
//
// Errors: Invalid with field locale; Unavailable.
func (s *Service) SetLanguage(ctx context.Context, st *site.Site, c gatehouse.Caller, locale string) error {
	if !slices.Contains(st.Languages, locale) {
		return invalid([]gatehouse.FieldError{{Field: "locale", Reason: "locale"}})
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		was, err := own(tx)
		if err != nil || was.Locale == locale {
			return err
		}
		now := was
		now.Locale = locale
		if err := tx.UpdateProfile(tx, now, tx.Now()); err != nil {
			return err
		}
		return tx.Record(now, gatehouse.EventProfileChanged, gatehouse.ResultOK, map[string]string{"fields": strings.Join(changedFields(was, now), " ")})
	})
}

// mayMove asks for proof, and counts changes.
func (s *Service) mayMove(ctx context.Context, st *site.Site, c gatehouse.Caller, u gatehouse.User, form ProfileForm) error {
	if !c.Proved {
		return gatehouse.ErrProofFirst
	}
	keeper, err := s.keeper(ctx, s.Store.Read(), u)
	if err != nil {
		return err
	}
	if keeper.CanRestore() && keeper.Is(form.Email) {
		return s.limit(ctx, repairsOf(st, u.ID))
	}
	return s.limit(ctx, changesOf(st, u.ID))
}

// save writes the changes in the form.
func (s *Service) save(tx *act.Unit, was gatehouse.User, form ProfileForm) error {
	now := form.put(tx.Site, was)
	if fields := changedFields(was, now); len(fields) > 0 {
		if err := tx.UpdateProfile(tx, now, tx.Now()); err != nil {
			return err
		}
		detail := map[string]string{"fields": strings.Join(fields, " ")}
		if err := tx.Record(now, gatehouse.EventProfileChanged, gatehouse.ResultOK, detail); err != nil {
			return err
		}
	}
	if !form.moves(was) {
		return s.believe(tx, now)
	}
	return s.ask(tx, now, form.Email, false)
}

// believe removes the bounce mark from an address that its owner has just looked at and left as it
// is.
func (s *Service) believe(tx *act.Unit, u gatehouse.User) error {
	was, err := tx.ClearBounce(tx, u.SiteID, u.ID, u.Email, true)
	if err != nil || !was {
		return err
	}
	return tx.Record(u, gatehouse.EventBounceCleared, gatehouse.ResultOK, nil)
}

// put writes the form into a user, except for a new address.
func (f ProfileForm) put(st *site.Site, u gatehouse.User) gatehouse.User {
	u.FirstName, u.LastName, u.Locale = f.FirstName, f.LastName, f.Locale
	if gatehouse.SameMailbox(f.Email, u.Email) {
		if gatehouse.UsernameIsEmail(st.SignInWith, u) && gatehouse.SameMailbox(u.Username, u.Email) {
			u.Username = f.Email
		}
		u.Email = f.Email
	}
	return u
}

// moves reports whether the form changes the address.
func (f ProfileForm) moves(u gatehouse.User) bool { return !gatehouse.SameMailbox(f.Email, u.Email) }

// fits reports whether the form was made from the current profile, or is identical to it.
func (f ProfileForm) fits(u gatehouse.User) bool {
	return f.Version == "" || f.Version == version(u) ||
		version(u) == version(gatehouse.User{FirstName: f.FirstName, LastName: f.LastName, Email: f.Email, Locale: f.Locale})
}

// check trims the fields and returns what is wrong with them, all at once.
func (f *ProfileForm) check(st *site.Site, u gatehouse.User) error {
	var bad []gatehouse.FieldError
	for _, name := range []struct {
		field string
		value *string
	}{{"first_name", &f.FirstName}, {"last_name", &f.LastName}} {
		*name.value = strings.TrimSpace(*name.value)
		if *name.value == "" { // a completed profile has both (A06)
			bad = append(bad, gatehouse.FieldError{Field: name.field, Reason: "required"})
		} else if e, ok := gatehouse.CheckLine(name.field, *name.value, gatehouse.MaxName, gatehouse.InNames); !ok {
			bad = append(bad, e)
		}
	}
	f.Email = gatehouse.KeepSpelling(u.Email, strings.TrimSpace(f.Email))
	if f.moves(u) {
		bad = append(bad, checkEmail(f.Email)...)
	}
	if f.Locale != "" && f.Locale != u.Locale && !slices.Contains(st.Languages, f.Locale) {
		bad = append(bad, gatehouse.FieldError{Field: "locale", Reason: "locale"})
	}
	return invalid(bad)
}

// checkEmail checks a new address. Users cannot remove the address: it is needed to recover a
// forgotten password.
func checkEmail(address string) []gatehouse.FieldError {
	if address == "" {
		return []gatehouse.FieldError{{Field: "email", Reason: "required"}}
	}
	if e, ok := gatehouse.CheckLine("email", address, gatehouse.MaxUsername, gatehouse.InKeys); !ok {
		return []gatehouse.FieldError{e}
	}
	if !mail.CanSend(address) {
		return []gatehouse.FieldError{{Field: "email", Reason: "email"}}
	}
	return nil
}

// changedFields lists what has changed, for the event log, which keeps no values.
func changedFields(was, now gatehouse.User) []string {
	var names []string
	for _, f := range []struct{ name, was, now string }{
		{"first_name", was.FirstName, now.FirstName}, {"last_name", was.LastName, now.LastName},
		{"email", was.Email, now.Email}, {"locale", was.Locale, now.Locale},
	} {
		if f.was != f.now {
			names = append(names, f.name)
		}
	}
	return names
}

// invalid returns the error for invalid fields; nil if there are none.
func invalid(bad []gatehouse.FieldError) error {
	if len(bad) == 0 {
		return nil
	}
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "fields", Fields: bad}
}
