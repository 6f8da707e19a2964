package signin

import (
	"context"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// faults are what is wrong with a form, with the checks that several forms share.
type faults struct{ gatehouse.Faults }

// choice is a new password being checked.
type choice struct {
	site *site.Site
	user gatehouse.User
	// place is kept while it and the earlier passwords are hashed.
	place *secret.Place
	// proved: the user has proved to know the present one. Nobody else is told whether the new one
	// was used before, which would be a way to guess old ones.
	proved bool
	// same: it is known to be the present one.
	same bool
	form NewPassword
}

// check returns everything that is wrong with a new password (A11).
func (s *Service) check(ctx context.Context, c choice, f *faults) error {
	switch {
	case c.form.New == "":
		f.Add("new_password", "required")
	case c.form.Repeat == "":
		f.Add("repeat_password", "required")
	case c.form.Repeat != c.form.New:
		f.Add("repeat_password", "mismatch")
	}
	if c.form.New == "" {
		return nil
	}
	facts := gatehouse.PasswordFacts{Password: c.form.New, Username: c.user.Username, Same: c.same}
	company, err := s.Store.Read().Company(ctx, c.site.ID, c.user.CompanyID)
	if err != nil {
		return err
	}
	policy := c.site.Policy.For(company.Policy).Password
	facts.Context = []string{c.user.FirstName, c.user.LastName, c.user.DisplayName(), c.user.Email, company.Name, c.site.Name, c.site.Brand, c.site.Hosts[0]}
	facts.Common = s.blocklist().Contains(c.form.New)
	// Input that is too long to be a password is not hashed, and cannot be an old one.
	if c.proved && utf8.RuneCountInString(c.form.New) <= gatehouse.MaxPasswordLength {
		if facts.Reused, err = s.reused(ctx, c); err != nil {
			return err
		}
	}
	for _, rule := range gatehouse.CheckPassword(policy, facts) {
		f.Add("new_password", "password-"+string(rule), "min", strconv.Itoa(policy.MinLength),
			"max", strconv.Itoa(gatehouse.MaxPasswordLength), "n", strconv.Itoa(policy.History))
	}
	return nil
}

// PasswordRules returns what a new password of a user has to meet.
func (s *Service) PasswordRules(ctx context.Context, st *site.Site, u gatehouse.User) (gatehouse.PasswordPolicy, error) {
	company, err := s.Store.Read().Company(ctx, st.ID, u.CompanyID)
	return st.Policy.For(company.Policy).Password, err
}

func (s *Service) blocklist() *secret.Blocklist {
	if s.Blocklist == nil {
		return secret.CommonPasswords()
	}
	return s.Blocklist
}

// reused reports whether the new password was used before, as far back as the policy looks.
func (s *Service) reused(ctx context.Context, c choice) (bool, error) {
	before := c.site.Policy.Password.History
	if !c.user.Password.Temporary() {
		before-- // the present one counts
	}
	if before <= 0 {
		return false, nil
	}
	old, err := s.Store.Read().OldPasswords(ctx, c.site.ID, c.user.ID, before)
	if err != nil {
		return false, err
	}
	for _, hash := range old {
		v, err := c.place.Verify(ctx, hash, c.form.New)
		if err != nil && ctx.Err() != nil {
			return false, busy(err)
		}
		if err != nil { // an unreadable hash cannot be reused by anybody
			s.Log.ErrorContext(ctx, "old password hash cannot be verified", "user", c.user.ID, "error", err)
		}
		if v.Match {
			return true, nil
		}
	}
	return false, nil
}

// accept checks a new password and hashes it, if nothing on its form is wrong.
func (s *Service) accept(ctx context.Context, c choice, f *faults) (string, error) {
	if err := s.check(ctx, c, f); err != nil {
		return "", err
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	hash, err := c.place.Hash(ctx, c.form.New)
	if err != nil && ctx.Err() != nil {
		return "", busy(err)
	}
	return hash, err
}

// samePassword compares two typed passwords the way hashes do.
func samePassword(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// sameAsIssued is samePassword for a password that may be a temporary one: adding a blank to it
// does not make it a chosen password.
func sameAsIssued(w gatehouse.Password, old, chosen string) bool {
	return samePassword(asIssued(w, old), asIssued(w, chosen))
}

// setChosen writes a password that its owner has chosen, and ends everything else that was open
// for the user (invariant 5; ASVS 7.4.3).
func (s *Service) setChosen(tx *act.Unit, u *gatehouse.User, hash string, kept gatehouse.Kept) error {
	w := gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: tx.Now()}
	if err := tx.ReplacePassword(tx, *u, w, tx.Site.Policy.Password.History); err != nil {
		return err
	}
	was := *u
	u.Password = w
	_, err := tx.End(was, gatehouse.PasswordChanged, kept)
	return err
}

// tellChanged records a changed password and tells the owner.
func (s *Service) tellChanged(tx *act.Unit, u gatehouse.User, by mail.PasswordChanger) error {
	err := tx.Record(u, gatehouse.EventPasswordChanged, gatehouse.ResultOK, map[string]string{"by": string(by)})
	if err != nil {
		return err
	}
	return tx.Tell(u, mail.PasswordChanged{Username: u.Username, At: tx.Now(), IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u), By: by})
}
