package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gatehouse"
)

// TokenGrant is a family with everything that decides whether its tokens are valid at that moment.
// Session has no ID if it has ended.
type TokenGrant struct {
	Family      gatehouse.TokenFamily
	Application gatehouse.Application
	Session     gatehouse.Session
	User        gatehouse.User
	Company     gatehouse.Company
	// Grant is what the user has consented to, without the times of use.
	Grant gatehouse.Grant
	// Reach is the company administrators' setting.
	Reach gatehouse.Reach
}

// grantColumns and grantTables read a TokenGrant, with its family as f.
const (
	grantColumns = `f.id, f.application_id, f.user_id, f.session_id, f.subject, f.terms, f.created_at, f.used_at, f.ends_at, f.ended_at, f.ended, f.jkt,
		a.name, a.state, a.settings,
		COALESCE(s.id, ''), COALESCE(s.company_id, ''), COALESCE(s.created_at, 0), COALESCE(s.seen_at, 0), COALESCE(s.level, 0), COALESCE(s.methods, ''),
		u.company_id, u.username, u.first_name, u.last_name, u.email, u.email_confirmed, u.role, u.state, u.locale, u.locked_at, c.suspended_at, u.created_at, u.profile_changed_at,
		c.name, c.account_number, ` + policyOfCompany + `, COALESCE(g.scopes, ''), COALESCE(g.consented_at, 0), COALESCE(p.reach, '')`
	grantTables = ` JOIN applications a ON a.site_id = f.site_id AND a.id = f.application_id
		JOIN users u ON u.site_id = f.site_id AND u.id = f.user_id
		JOIN companies c ON c.site_id = f.site_id AND c.id = u.company_id
		LEFT JOIN grants g ON g.site_id = f.site_id AND g.user_id = f.user_id AND g.application_id = f.application_id
		LEFT JOIN platform_access p ON p.site_id = f.site_id AND p.company_id = u.company_id AND p.application_id = f.application_id
		LEFT JOIN sessions s ON s.site_id = f.site_id AND s.user_id = f.user_id AND s.id = f.session_id `
)

// grantRow is a row of a grant, which done completes.
type grantRow struct {
	TokenGrant
	methods, scopes string
}

func (g *grantRow) fields() []any {
	f, a, s, u := &g.Family, &g.Application, &g.Session, &g.User
	return slices.Concat([]any{&f.ID, &f.ApplicationID, &f.UserID, &f.SessionID, &f.Subject, inText{&f.Terms}, when{&f.CreatedAt}, when{&f.UsedAt},
		when{&f.EndsAt}, when{&f.EndedAt}, &f.Ended, &f.JKT,
		&a.Name, &a.State, inText{&a.Settings},
		&s.ID, &s.CompanyID, when{&s.CreatedAt}, when{&s.SeenAt}, &s.Assurance.Level, &g.methods,
		&u.CompanyID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale, when{&u.LockedAt}, when{&u.SuspendedAt}, when{&u.CreatedAt}, when{&u.ProfileChangedAt},
		&g.Company.Name, &g.Company.AccountNumber}, policyFields(&g.Company.Policy), []any{&g.scopes, when{&g.Grant.ConsentedAt}, &g.TokenGrant.Reach})
}

func (g *grantRow) done(siteID string) TokenGrant {
	f, s := &g.Family, &g.Session
	f.SiteID, g.Application.SiteID, g.User.SiteID, g.Company.SiteID = siteID, siteID, siteID, siteID
	g.Application.ID, g.User.ID, g.Company.ID = f.ApplicationID, f.UserID, g.User.CompanyID
	g.Grant.SiteID, g.Grant.UserID, g.Grant.ApplicationID, g.Grant.Scopes = siteID, f.UserID, f.ApplicationID, strings.Fields(g.scopes)
	if s.ID != "" {
		s.SiteID, s.UserID = siteID, f.UserID
		for m := range strings.FieldsSeq(g.methods) {
			s.Assurance.Methods = append(s.Assurance.Methods, gatehouse.Method(m))
		}
	}
	return g.TokenGrant
}

// holdFamily locks the family that a query reads against changes.
func (q Queries) holdFamily() string {
	if q.d.hold == "" {
		return ""
	}
	return q.d.hold + " OF f"
}

// InsertFamily adds a family under the hash of its code.
func (q Queries) InsertFamily(ctx context.Context, codeHash string, f gatehouse.TokenFamily) error {
	return q.later(ctx, "insert family", `INSERT INTO token_families
		(site_id, id, code_hash, application_id, user_id, session_id, subject, terms, created_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		f.SiteID, f.ID, codeHash, f.ApplicationID, f.UserID, f.SessionID, f.Subject, asText(f.Terms), micros(f.CreatedAt), micros(f.EndsAt))
}

// HoldCode returns the family of a code that an application presents. Until the transaction ends,
// it keeps others from redeeming the code, from taking access to the application away, and from
// ending the session.
func (q Queries) HoldCode(ctx context.Context, siteID, applicationID, codeHash string) (TokenGrant, error) {
	var g grantRow
	if err := q.holdAccess(ctx, siteID, applicationID, codeHash); err != nil {
		return TokenGrant{}, err
	}
	err := q.one(ctx, "hold code", `SELECT `+grantColumns+` FROM token_families f`+grantTables+
		`WHERE f.site_id = $1 AND f.code_hash = $2 `+q.holdFamily(), []any{siteID, codeHash}, g.fields()...)
	return g.done(siteID), err
}

// RedeemCode records that a family's code was redeemed, with which key (empty: none), and how long
// the family may last.
func (q Queries) RedeemCode(ctx context.Context, siteID, familyID, jkt string, now, ends time.Time) error {
	return q.later(ctx, "redeem code", `UPDATE token_families SET used_at = $3, ends_at = $4, jkt = $5 WHERE site_id = $1 AND id = $2`,
		siteID, familyID, micros(now), micros(ends), jkt)
}

// EndFamily ends a family early. It reports whether this call did.
func (q Queries) EndFamily(ctx context.Context, siteID, familyID string, why gatehouse.FamilyEnd, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "end family", `UPDATE token_families SET ended_at = $3, ended = $4 WHERE site_id = $1 AND id = $2 AND ended_at = 0`,
		siteID, familyID, micros(now), why)
	return n == 1, err
}

// EndFamiliesOf ends all families of a user at an application.
func (q Queries) EndFamiliesOf(ctx context.Context, siteID, userID, applicationID string, why gatehouse.FamilyEnd, now time.Time) error {
	_, err := q.exec(ctx, "end families of", `UPDATE token_families SET ended_at = $4, ended = $5
		WHERE site_id = $1 AND user_id = $2 AND application_id = $3 AND ended_at = 0`, siteID, userID, applicationID, micros(now), why)
	return err
}

// Family returns a family by its ID.
func (q Queries) Family(ctx context.Context, siteID, familyID string) (TokenGrant, error) {
	f, err := q.answer(ctx, familyKey{siteID, familyID})
	return f.(*family).row.TokenGrant, err
}

// InsertRefreshToken adds a refresh token under its hash.
func (q Queries) InsertRefreshToken(ctx context.Context, hash string, t gatehouse.RefreshToken) error {
	return q.later(ctx, "insert refresh token", `INSERT INTO refresh_tokens (site_id, hash, family_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		t.SiteID, hash, t.FamilyID, micros(t.CreatedAt), micros(t.ExpiresAt))
}

// HoldRefreshToken returns a refresh token and its family, and locks the whole family against
// concurrent use.
func (q Queries) HoldRefreshToken(ctx context.Context, siteID, hash string) (t gatehouse.RefreshToken, _ TokenGrant, err error) {
	var g grantRow
	err = q.one(ctx, "hold refresh token", `SELECT t.created_at, t.expires_at, t.used_at, t.successor, `+grantColumns+`
		FROM refresh_tokens t JOIN token_families f ON f.site_id = t.site_id AND f.id = t.family_id`+grantTables+
		`WHERE t.site_id = $1 AND t.hash = $2 `+q.holdFamily(), []any{siteID, hash},
		append([]any{when{&t.CreatedAt}, when{&t.ExpiresAt}, when{&t.UsedAt}, &t.Successor}, g.fields()...)...)
	t.SiteID, t.FamilyID = siteID, g.Family.ID
	if err != nil || q.d.hold == "" {
		return t, g.done(siteID), err
	}
	// Changes by another transaction to the token while this one waited for the family are only
	// visible to a statement that begins afterwards.
	err = q.one(ctx, "refresh token", `SELECT used_at, successor FROM refresh_tokens WHERE site_id = $1 AND hash = $2`,
		[]any{siteID, hash}, when{&t.UsedAt}, &t.Successor)
	return t, g.done(siteID), err
}

// UseRefreshToken records that another refresh token has replaced a token.
func (q Queries) UseRefreshToken(ctx context.Context, siteID, hash string, now time.Time, successor []byte) error {
	return q.later(ctx, "use refresh token", `UPDATE refresh_tokens SET used_at = $3, successor = $4 WHERE site_id = $1 AND hash = $2`,
		siteID, hash, micros(now), successor)
}

// DeleteAccessToken ends an access token.
func (q Queries) DeleteAccessToken(ctx context.Context, siteID, hash string) error {
	_, err := q.exec(ctx, "delete access token", `DELETE FROM access_tokens WHERE site_id = $1 AND hash = $2`, siteID, hash)
	return err
}

// ProlongFamily sets how long a family may last.
func (q Queries) ProlongFamily(ctx context.Context, siteID, familyID string, ends time.Time) error {
	return q.later(ctx, "prolong family", `UPDATE token_families SET ends_at = $3 WHERE site_id = $1 AND id = $2`, siteID, familyID, micros(ends))
}
