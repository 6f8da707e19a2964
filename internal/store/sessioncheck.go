package store

import (
	"context"
	"slices"
	"strings"

	"gatehouse"
)

// signedIn is a session with its user and company, as far as pages need them.
type signedIn struct {
	name    sessionKey
	session gatehouse.Session
	user    gatehouse.User
	company gatehouse.Company
}

// sessionKey identifies a session: its site, and the hash of its token.
type sessionKey struct{ siteID, tokenHash string }

// Session is Queries.Session for every request with a session cookie: by far the most frequent
// query. It answers with the current state of the database, so a session that has ended, here or
// in another process, is noticed at the next request.
func (s *Store) Session(ctx context.Context, siteID, tokenHash string) (gatehouse.Session, gatehouse.User, gatehouse.Company, error) {
	found, err := s.checks.answer(ctx, s.Read(), &signedIn{name: sessionKey{siteID, tokenHash}})
	if err != nil {
		return gatehouse.Session{}, gatehouse.User{}, gatehouse.Company{}, err
	}
	f := found.(*signedIn)
	return f.session, f.user, f.company, nil
}

func (q Queries) signedIn(ctx context.Context, key sessionKey) (signedIn, error) {
	f := signedIn{name: key}
	err := q.answer(ctx, &f)
	return f, err
}

func (f *signedIn) key() any { return f.name }

func (f *signedIn) asks(found *bool) []ask {
	return []ask{{text: sessionText, args: []any{f.name.siteID, f.name.tokenHash}, row: func(scan func(...any) error) error {
		s, u, c := &f.session, &f.user, &f.company
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
