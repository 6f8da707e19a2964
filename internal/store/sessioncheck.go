package store

import (
	"context"
	"slices"
	"strings"

	"gatehouse"
)

// SignedIn is a session with its user and company, as far as pages need them.
type SignedIn struct {
	gatehouse.Session
	User    gatehouse.User
	Company gatehouse.Company
}

type signedIn struct {
	name sessionKey
	SignedIn
}

// sessionKey identifies a session: its site, and the hash of its token.
type sessionKey struct{ siteID, tokenHash string }

// Session is Queries.Session for every request with a session cookie: by far the most frequent
// query. It answers with the current state of the database, so a session that has ended, here or
// in another process, is noticed at the next request. Several requests may get the same one: nobody
// changes it.
func (s *Store) Session(ctx context.Context, siteID, tokenHash string) (*SignedIn, error) {
	found, err := s.checks.answer(ctx, s.Read(), sessionKey{siteID, tokenHash})
	if err != nil {
		return nil, err
	}
	return &found.(*signedIn).SignedIn, nil
}

func (k sessionKey) check() check { return &signedIn{name: k} }

func (f *signedIn) asks(found *bool) []ask {
	return []ask{{text: sessionText, args: []any{f.name.siteID, f.name.tokenHash}, row: func(scan func(...any) error) error {
		s, u, c := &f.Session, &f.User, &f.Company
		var methods string
		*found = true
		err := scan(append([]any{&s.ID, &s.UserID, &s.CompanyID, when{&s.CreatedAt}, when{&s.SeenAt}, &s.IPAddress, &s.UserAgent, &s.DeviceID, &s.BindingID,
			&s.Assurance.Level, &methods, &s.Proved.Method, when{&s.Proved.At},
			&u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale,
			when{&u.LockedAt}, when{&u.SuspendedAt}, &u.ChallengeSet, &u.OwnTwoFactor, &u.Factors, &c.Name, &c.AccountNumber, &c.TwoFactor, when{&c.TwoFactorAt}, &c.Factor, when{&c.FactorBy}, &c.Zone},
			policyFields(&c.Policy)...)...)
		for m := range strings.FieldsSeq(methods) {
			s.Assurance.Methods = append(s.Assurance.Methods, gatehouse.Method(m))
		}
		s.Assurance.Methods = slices.Clip(s.Assurance.Methods) // several requests may get the same one
		s.SiteID, u.SiteID, c.SiteID = f.name.siteID, f.name.siteID, f.name.siteID
		u.ID, u.CompanyID, c.ID = s.UserID, s.CompanyID, s.CompanyID
		return err
	}}}
}

const sessionText = `SELECT s.id, s.user_id, s.company_id, s.created_at, s.seen_at, s.address, s.user_agent, s.device_id, s.binding_id,
	s.level, s.methods, s.proved, s.proved_at,
	u.username, u.first_name, u.last_name, u.email, u.email_confirmed, u.role, u.state, u.locale,
	u.locked_at, c.suspended_at, u.challenge_set, u.own_two_factor, u.factors, c.name, c.account_number, c.two_factor, c.two_factor_at, c.factor, c.factor_by, c.zone, ` + policyOfCompany + `
	FROM sessions s
	JOIN users u ON u.site_id = s.site_id AND u.id = s.user_id
	JOIN companies c ON c.site_id = s.site_id AND c.id = s.company_id
	WHERE s.site_id = $1 AND s.token_hash = $2`
