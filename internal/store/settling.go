package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// Settling is what an attempt is judged by, all of it held that others could change.
type Settling struct {
	// User has no ID where there is no such account. It is held if the password was right.
	User     gatehouse.User
	Attempts gatehouse.Attempts
	// Open: the attempt was one of those that are being verified, and is none.
	Open bool
	// Company and Repeated are looked up if the password was right. Repeated: the form has
	// been posted before.
	Company  gatehouse.Company
	Repeated bool
}

// HoldSettling returns what an attempt is judged by, and takes it from those that are being
// verified. userID is empty for a name that is no account; repeat is the form's key.
func (q Queries) HoldSettling(ctx context.Context, o OpenAttempt, userID, repeat string, right bool, now time.Time) (s Settling, err error) {
	var counted bool
	var open int64
	user := userText
	if right {
		user = q.holdUserText()
	}
	var found bool
	asks := []ask{
		{text: user, args: []any{o.SiteID, userID}, row: into(&found, userFields(&s.User)...)},
		{text: countsText + q.d.hold, args: []any{o.SiteID, o.Subject, o.Device}, row: into(&counted, attemptFields(&s.Attempts)...)},
		{text: endOpenAttemptText, args: []any{o.SiteID, o.Subject, o.Device, o.ID}, changed: &open},
	}
	if right {
		asks = append(asks, companyOf(&s.Company, &found, userOfUser, o.SiteID, userID),
			ask{text: `SELECT 1 FROM repeats WHERE site_id = $1 AND key = $2`, args: []any{o.SiteID, repeat}, row: into(&s.Repeated, new(int))})
	}
	err = q.together(ctx, "settle", asks...)
	if err == nil && !counted { // what was counted for the browser has been forgotten meanwhile
		s.Attempts, err = q.HoldAttempts(ctx, o.SiteID, o.Subject, o.Device, now)
	}
	s.Open = open == 1
	return s, err
}

// Which user is meant, in the queries of companyOf.
const (
	userOfUser   = `$2`
	userOfSignIn = `(SELECT user_id FROM signins WHERE site_id = $1 AND token_hash = $2)`
)

// companyOf asks for a user's company.
func companyOf(c *gatehouse.Company, found *bool, user, siteID, key string) ask {
	return ask{text: `SELECT ` + companyColumns + ` FROM companies WHERE site_id = $1
		AND id = (SELECT company_id FROM users WHERE site_id = $1 AND id = ` + user + `)`, args: []any{siteID, key}, row: into(found, companyFields(c)...)}
}

// SignInFacts returns a sign-in in progress with its user and the company.
func (q Queries) SignInFacts(ctx context.Context, siteID, tokenHash string) (f gatehouse.SignInFacts, err error) {
	var c gatehouse.Company
	var in, user, company bool
	err = q.together(ctx, "facts of sign-in", signInOf(&f.SignIn, &in, siteID, tokenHash),
		ask{text: `SELECT ` + userColumns + ` FROM users WHERE site_id = $1 AND id = ` + userOfSignIn, args: []any{siteID, tokenHash}, row: into(&user, userFields(&f.User)...)},
		companyOf(&c, &company, userOfSignIn, siteID, tokenHash))
	if err == nil && !(in && user && company) {
		err = gatehouse.ErrNotFound
	}
	f.CompanyTwoFactor = c.TwoFactor
	return f, err
}

// HoldSignIn is SignInFacts with the account held, as HoldUser does.
func (q Queries) HoldSignIn(ctx context.Context, siteID, tokenHash string) (f gatehouse.SignInFacts, err error) {
	if f.SignIn, err = q.SignIn(ctx, siteID, tokenHash); err != nil {
		return f, err
	}
	var c gatehouse.Company
	var user, again, company bool
	err = q.together(ctx, "hold sign-in",
		ask{text: q.holdUserText(), args: []any{siteID, f.SignIn.UserID}, row: into(&user, userFields(&f.User)...)},
		signInOf(&f.SignIn, &again, siteID, tokenHash), // it may have ended while the account was waited for
		companyOf(&c, &company, userOfUser, siteID, f.SignIn.UserID))
	if err == nil && !(user && again && company) {
		err = gatehouse.ErrNotFound
	}
	f.CompanyTwoFactor = c.TwoFactor
	return f, err
}

func signInOf(in *gatehouse.SignIn, found *bool, siteID, tokenHash string) ask {
	return ask{text: signInText, args: []any{siteID, tokenHash}, row: func(scan func(...any) error) error {
		*found = true
		return scanSignIn(in, scan)
	}}
}

func scanSignIn(in *gatehouse.SignIn, scan func(...any) error) error {
	var steps string
	err := scan(&in.SiteID, &in.ID, &in.UserID, when{&in.CredentialsAt}, &in.Origin, when{&in.PasswordSetAt}, when{&in.TwoFactorAt},
		&in.TwoFactorMethod, &in.TrustDevice, &in.CodesEntered, &in.PasswordLength, &in.Wrong, &steps, &in.ReturnTo, when{&in.CreatedAt}, when{&in.ExpiresAt}, &in.Passkey)
	in.Steps = nil
	for step := range strings.FieldsSeq(steps) {
		in.Steps = append(in.Steps, gatehouse.Step(step))
	}
	return err
}
