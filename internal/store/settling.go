package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// Settling is the data to judge an attempt by, with everything held that others could change.
type Settling struct {
	// User has no ID if there is no such account. It is held if the password was right.
	User     gatehouse.User
	Attempts gatehouse.Attempts
	// Open: the attempt was among those being verified, and no longer is.
	Open bool
	// Company and Repeated are looked up if the password was right. Repeated: the form has been
	// posted before.
	Company  gatehouse.Company
	Repeated bool
}

// HoldSettling returns the data to judge an attempt by, and removes it from those being verified.
// userID is empty for an unknown name; repeat is the form's key.
func (q Queries) HoldSettling(ctx context.Context, o OpenAttempt, userID, repeat string, right bool, now time.Time) (s Settling, err error) {
	var counted bool
	var open int64
	user := userText
	if right {
		user = q.holdUserText()
	}
	var found bool
	who := ask{text: user, args: []any{o.SiteID, userID}, row: into(&found, userFields(&s.User)...)}
	if right && q.d.hold == "" { // nobody else can change either
		who.text, who.row = userAndCompanyText, into(&found, append(userFields(&s.User), companyFields(&s.Company)...)...)
	}
	asks := []ask{
		who,
		{text: countsText + q.d.hold, args: []any{o.SiteID, o.Subject, o.Device}, row: into(&counted, attemptFields(&s.Attempts)...)},
		{text: endOpenAttemptText, args: []any{o.SiteID, o.Subject, o.Device, o.ID}, changed: &open},
	}
	if right && q.d.hold != "" { // as it is once the account is held
		asks = append(asks, ask{text: companyOfUserText, args: []any{o.SiteID, userID}, row: into(&found, companyFields(&s.Company)...)})
	}
	if right {
		asks = append(asks, ask{text: `SELECT 1 FROM repeats WHERE site_id = $1 AND key = $2`, args: []any{o.SiteID, repeat}, row: into(&s.Repeated, new(int))})
	}
	err = q.together(ctx, "settle", asks...)
	if err == nil && !counted { // the device's counts have been deleted meanwhile
		s.Attempts, err = q.HoldAttempts(ctx, o.SiteID, o.Subject, o.Device, now)
	}
	s.Open = open == 1
	return s, err
}

// of returns a list of columns, for a query of several tables.
func of(table, columns string) string {
	names := strings.Split(columns, ",")
	for i, name := range names {
		names[i] = table + "." + strings.TrimSpace(name)
	}
	return strings.Join(names, ", ")
}

const (
	withCompany = ` JOIN companies c ON c.site_id = u.site_id AND c.id = u.company_id `
	withUser    = ` FROM signins i JOIN users u ON u.site_id = i.site_id AND u.id = i.user_id` + withCompany + `WHERE i.site_id = $1 AND i.token_hash = $2`
)

// A query over three tables replaces three statements, each of which would look up the rows of the
// others again.
var (
	companyOfUserText  = `SELECT ` + of("c", companyColumns) + ` FROM users u` + withCompany + `WHERE u.site_id = $1 AND u.id = $2`
	userAndCompanyText = `SELECT ` + of("u", ownUserColumns) + `, c.suspended_at` + `, ` + of("c", companyColumns) + ` FROM users u` + withCompany + `WHERE u.site_id = $1 AND u.id = $2`
	signInFactsText    = `SELECT ` + of("i", signInColumns) + `, ` + of("u", ownUserColumns) + `, c.suspended_at` + `, ` + companyRule + withUser
	signInAgainText    = `SELECT ` + of("i", signInColumns) + `, ` + companyRule + withUser
)

// SignInFacts returns a sign-in in progress with its user and the company.
func (q Queries) SignInFacts(ctx context.Context, siteID, tokenHash string) (f gatehouse.SignInFacts, err error) {
	var c gatehouse.Company
	found := false
	err = q.together(ctx, "facts of sign-in", ask{text: signInFactsText, args: []any{siteID, tokenHash},
		row: signInInto(&f.SignIn, &found, append(userFields(&f.User), ruleFields(&c)...)...)})
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	f.Company, f.Policy, f.Zone = c.Rule(), c.Policy, c.Zone
	return f, err
}

// companyRule are the columns of what a company requires of its users, and its time zone.
const companyRule = `c.two_factor, c.factor, c.factor_by, c.zone, ` + policyOfCompany

func ruleFields(c *gatehouse.Company) []any {
	return append([]any{&c.TwoFactor, &c.Factor, when{&c.FactorBy}, &c.Zone}, policyFields(&c.Policy)...)
}

// HoldSignIn is SignInFacts with the account held, as HoldUser does.
func (q Queries) HoldSignIn(ctx context.Context, siteID, tokenHash string) (f gatehouse.SignInFacts, err error) {
	if q.d.hold == "" { // nobody else can change anything
		return q.SignInFacts(ctx, siteID, tokenHash)
	}
	if f.SignIn, err = q.SignIn(ctx, siteID, tokenHash); err != nil {
		return f, err
	}
	var user, again bool
	var c gatehouse.Company
	err = q.together(ctx, "hold sign-in",
		ask{text: q.holdUserText(), args: []any{siteID, f.SignIn.UserID}, row: into(&user, userFields(&f.User)...)},
		// It may have ended while the account was waited for.
		ask{text: signInAgainText, args: []any{siteID, tokenHash}, row: signInInto(&f.SignIn, &again, ruleFields(&c)...)})
	if err == nil && !(user && again) {
		err = gatehouse.ErrNotFound
	}
	f.Company, f.Policy, f.Zone = c.Rule(), c.Policy, c.Zone
	return f, err
}

// signInInto scans the columns of a sign-in, and what follows them.
func signInInto(in *gatehouse.SignIn, found *bool, more ...any) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		*found = true
		var steps string
		err := scan(append([]any{&in.SiteID, &in.ID, &in.UserID, when{&in.CredentialsAt}, &in.Origin, when{&in.PasswordSetAt}, when{&in.TwoFactorAt},
			&in.TwoFactorMethod, &in.TrustDevice, &in.CodesEntered, &in.PasswordLength, &in.Wrong, &steps, &in.ReturnTo, when{&in.CreatedAt}, when{&in.ExpiresAt}, &in.Passkey,
			&in.FactorLater, &in.AppID}, more...)...)
		in.Steps = nil
		for step := range strings.FieldsSeq(steps) {
			in.Steps = append(in.Steps, gatehouse.Step(step))
		}
		return err
	}
}
