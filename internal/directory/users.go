package directory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Issued is a user who was given a temporary password.
type Issued struct {
	User gatehouse.User
	// Password is only set if there is no address to mail it to: the caller hands it over, once.
	// It is not stored.
	Password string
}

// CreateUser adds a user to a company, and mails a temporary password for the first sign-in, or a
// link to choose one, as the site says; see Issued for users without an address.
//
// Errors: Forbidden, NotFound (no such company, or not the caller's), Invalid with
// fields (username taken), Unavailable.
func (s *Service) CreateUser(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, fields UserFields) (Issued, error) {
	if fields.Role == "" {
		fields.Role = gatehouse.RoleUser
	}
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return Issued{}, err
	}
	if err := checkUser(st, &fields).Err(); err != nil {
		return Issued{}, err
	}
	plain, password, err := s.firstWayIn(ctx, st, fields.Email)
	if err != nil {
		return Issued{}, err
	}
	now := s.Now()
	u := gatehouse.User{
		ID: store.NewID("usr", now), SiteID: st.ID, CompanyID: companyID, Username: fields.Username,
		FirstName: fields.FirstName, LastName: fields.LastName, Email: fields.Email, Role: fields.Role,
		State: gatehouse.Invited, Locale: fields.Locale, Password: password, CreatedAt: now,
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, companyID); err != nil {
			return err
		}
		// Held, so that nobody is invited to a company that is being suspended at this moment.
		firm, err := tx.HoldCompany(tx, st.ID, companyID)
		switch {
		case err != nil:
			return err
		case firm.Suspended():
			return refused(gatehouse.RefusedSuspended)
		case firm.Merged():
			return refused(gatehouse.RefusedMerged)
		}
		if err := tx.InsertUser(tx, u); err != nil {
			return taken(err, "username")
		}
		if err := tx.Record(u, gatehouse.EventUserCreated, gatehouse.ResultOK, map[string]string{"role": string(u.Role)}); err != nil {
			return err
		}
		if u.Role == gatehouse.RoleAdmin {
			if err := s.announce(tx, u); err != nil {
				return err
			}
		}
		return s.mailWayIn(tx, u, plain, mail.PasswordForAccount)
	})
	if err != nil {
		return Issued{}, err
	}
	return issued(u, plain), nil
}

// AddUser is CreateUser for callers who must not see a password: there has to be an address to mail
// the invitation to. What an administrator can make the server mail to others is limited.
//
// Errors: as CreateUser; TooMany with ReasonActWait.
func (s *Service) AddUser(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, fields UserFields) (gatehouse.User, error) {
	c = c.For(gatehouse.OperatorCompanies)
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return gatehouse.User{}, err
	}
	bad := checkUser(st, &fields)
	if fields.Email == "" && !slices.ContainsFunc(bad.Faults, func(f gatehouse.FieldError) bool { return f.Field == "email" }) {
		bad.Add("email", FieldRequired)
	}
	if err := bad.Err(); err != nil {
		return gatehouse.User{}, err
	}
	if err := s.spare(ctx, c, ReasonActWait, store.Limit{Key: "add:" + st.ID + ":" + companyID, Every: time.Minute, Burst: 100}); err != nil {
		return gatehouse.User{}, err
	}
	i, err := s.CreateUser(ctx, st, c, companyID, fields)
	return i.User, err
}

// issued returns the password only if it could not be mailed.
func issued(u gatehouse.User, plain string) Issued {
	i := Issued{User: bare(u)}
	if !reachable(u) {
		i.Password = plain
	}
	return i
}

// reachable reports whether mail can be sent to a user. An address that does not satisfy the
// current rules counts as none, and must not make an unlock or a reset fail.
func reachable(u gatehouse.User) bool { return u.Email != "" && mail.CanSend(u.Email) }

// temporary makes a temporary password. It is hashed before the transaction, which must not wait
// for a hash.
func (s *Service) temporary(ctx context.Context, st *site.Site, origin gatehouse.PasswordOrigin) (plain string, w gatehouse.Password, err error) {
	plain = secret.NewTemporaryPassword()
	encoded, err := s.hash(ctx, plain)
	now := s.Now()
	return plain, gatehouse.Password{Hash: encoded, Origin: origin, SetAt: now, ExpiresAt: now.Add(st.Policy.TemporaryPassword)}, err
}

// mailPassword mails a temporary password to a user who has an address.
func (s *Service) mailPassword(tx *act.Unit, u gatehouse.User, plain string, reason mail.PasswordReason) error {
	msg := mail.TemporaryPassword{Username: u.Username, Password: plain, ExpiresAt: u.Password.ExpiresAt, For: reason}
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	if admin.ID != "" {
		firm, err := tx.Company(tx, tx.Site.ID, admin.CompanyID)
		if err != nil {
			return err
		}
		msg.Name, msg.Company = admin.DisplayName(), firm.Name
	}
	return tx.Tell(u, msg)
}

// UserChange is what to change about a user; nil fields stay as they are. If a user signs in with
// the address, Email alone changes both.
type UserChange struct {
	Username, FirstName, LastName, Email, Locale *string
	Role                                         *gatehouse.Role
	// Seen is the gatehouse.UserVersion that the form showed; empty: any.
	Seen string
	// agreed is the proposal that a second operator agrees to; empty: there is none.
	agreed string
}

// stands refuses a change of a user who is deleted, or no longer as the form showed.
func (ch UserChange) stands(u gatehouse.User) error {
	switch {
	case u.Deleted():
		return refused(gatehouse.RefusedDeleted)
	case ch.Seen != "" && ch.Seen != gatehouse.UserVersion(u):
		return refused(ReasonUserChanged)
	}
	return nil
}

// UpdateUser changes a user's profile and role. A new address counts as unconfirmed; entering the
// same one again removes its bounce mark. Administrators change neither their own role nor their
// own address here: ReasonOwnAccount says why, and their own new address must be confirmed first.
// The same applies to a new address that is also the username: until then, the returned user does
// not have it.
//
// Errors: Forbidden, NotFound, Conflict with gatehouse.RefusedDeleted or ReasonUserChanged, Invalid
// with fields (username taken), TooMany with
// ReasonResendWait for many changes of an address, Unavailable.
func (s *Service) UpdateUser(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change UserChange) (gatehouse.User, error) {
	_, now, _, err := s.update(ctx, st, c, id, change)
	return bare(now), err
}

// update is UpdateUser; it also returns the user as before, and the password for a new mailbox if
// there was one.
func (s *Service) update(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change UserChange) (was, now gatehouse.User, again reissue, err error) {
	if again, err = s.prepareMove(ctx, st, c, id, change); err != nil {
		return was, now, again, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		var err error
		if was, err = s.acting(tx, id); err != nil {
			return err
		}
		if err := change.stands(was); err != nil {
			return err
		}
		proposed, err := s.agreedTo(tx, was, change)
		if err != nil {
			return err
		}
		fields := change.apply(st, was)
		bad := checkUser(st, &fields)
		now = fields.put(was)
		asked := now.Email
		waits := waitsForOwner(st, c, was, now)
		if notOwn(c, was) != nil {
			bad.own(was, now)
		}
		if err := bad.Err(); err != nil {
			return err
		}
		if waits {
			now.Username, now.Email, now.EmailConfirmed = was.Username, was.Email, was.EmailConfirmed
			if err := s.askOwner(tx, now, asked); err != nil {
				return err
			}
		} else if change.Email != nil && now.Email == was.Email {
			if err := s.believe(tx, was); err != nil {
				return err
			}
		}
		if now == was {
			return nil
		}
		return s.put(tx, was, now, again, proposed)
	})
	if err != nil {
		return gatehouse.User{}, gatehouse.User{}, reissue{}, err
	}
	return was, now, again, nil
}

// put stores a user who has changed, with what follows from it. proposed is what the event says
// beside the change.
func (s *Service) put(tx *act.Unit, was, now gatehouse.User, again reissue, proposed map[string]string) error {
	if err := tx.UpdateProfile(tx, now, tx.Now()); err != nil {
		return taken(err, "username")
	}
	if was.Role != now.Role {
		if err := s.roleChanged(tx, now); err != nil {
			return err
		}
	}
	if !gatehouse.SameMailbox(was.Email, now.Email) {
		if err := s.moveMail(tx, was, now, again); err != nil {
			return err
		}
	}
	detail := changed(was, now)
	maps.Copy(detail, proposed)
	return tx.Record(now, gatehouse.EventUserChanged, gatehouse.ResultOK, detail)
}

// apply returns the fields as they will be.
func (ch UserChange) apply(st *site.Site, u gatehouse.User) UserFields {
	f := UserFields{Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Role: u.Role, Locale: u.Locale}
	replace(&f.Username, ch.Username)
	replace(&f.FirstName, ch.FirstName)
	replace(&f.LastName, ch.LastName)
	replace(&f.Email, ch.Email)
	replace(&f.Locale, ch.Locale)
	f.Username, f.Email = gatehouse.KeepSpelling(u.Username, strings.TrimSpace(f.Username)), gatehouse.KeepSpelling(u.Email, strings.TrimSpace(f.Email))
	if ch.Role != nil {
		f.Role = *ch.Role
	}
	switch {
	case ch.Username == nil && gatehouse.UsernameIsEmail(st.SignInWith, u):
		f.Username = f.Email
	case ch.Email == nil && st.SignInWith == gatehouse.WithEmail:
		f.Email = f.Username
	}
	return f
}

// put writes the fields into a user.
func (f UserFields) put(u gatehouse.User) gatehouse.User {
	if !gatehouse.SameMailbox(f.Email, u.Email) {
		u.EmailConfirmed = false
	}
	u.Username, u.FirstName, u.LastName, u.Email = f.Username, f.FirstName, f.LastName, f.Email
	u.Role, u.Locale = f.Role, f.Locale
	return u
}

// own refuses an administrator's changes to their own account.
func (f *faults) own(was, now gatehouse.User) {
	if now.Role != was.Role {
		f.Add("role", FieldOwnAccount)
	}
	if now.Email != was.Email {
		f.Add("email", FieldOwnAccount)
	}
}

// changed lists what has changed, for the event log, with what an investigation needs first: role,
// address and username as they were.
func changed(was, now gatehouse.User) map[string]string {
	detail := map[string]string{}
	var names []string
	note := func(name, before, after string, keep bool) {
		if before == after {
			return
		}
		names = append(names, name)
		if keep {
			detail[name+"_before"] = before
		}
	}
	note("username", was.Username, now.Username, true)
	note("first_name", was.FirstName, now.FirstName, false)
	note("last_name", was.LastName, now.LastName, false)
	note("email", was.Email, now.Email, true)
	note("role", string(was.Role), string(now.Role), true)
	note("locale", was.Locale, now.Locale, false)
	detail["fields"] = strings.Join(names, " ")
	return detail
}
