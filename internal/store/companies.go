package store

import (
	"context"
	"time"

	"gatehouse"
)

const companyColumns = `site_id, id, name, account_number, two_factor, two_factor_at, factor, factor_by, created_at, zone, suspended_at, suspended_by, suspended_why, merged_into, merged_at, ` + policyColumns

// policyColumns are what a company requires beyond its site, and policyOfCompany the same in queries
// that call the company c.
const (
	policyColumns   = `session_idle, session_length, trusted_device, password_length, password_names, password_age`
	policyOfCompany = `c.session_idle, c.session_length, c.trusted_device, c.password_length, c.password_names, c.password_age`
)

func policyFields(p *gatehouse.CompanyPolicy) []any {
	return []any{&p.SessionIdle, &p.SessionAbsolute, &p.TrustedDevice, &p.PasswordLength, &p.NoContextWords, &p.PasswordAge}
}

func companyFields(c *gatehouse.Company) []any {
	return append([]any{&c.SiteID, &c.ID, &c.Name, &c.AccountNumber, &c.TwoFactor, when{&c.TwoFactorAt}, &c.Factor, when{&c.FactorBy}, when{&c.CreatedAt}, &c.Zone,
		when{&c.SuspendedAt}, &c.SuspendedBy, &c.SuspendedWhy, &c.MergedInto, when{&c.MergedAt}},
		policyFields(&c.Policy)...)
}

// InsertCompany adds a company; Conflict if the site already has the account number.
func (q Queries) InsertCompany(ctx context.Context, c gatehouse.Company) error {
	_, err := q.exec(ctx, "insert company", `INSERT INTO companies (`+companyColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		append([]any{c.SiteID, c.ID, c.Name, c.AccountNumber, c.TwoFactor, micros(c.TwoFactorAt), string(c.Factor), micros(c.FactorBy), micros(c.CreatedAt), c.Zone,
			micros(c.SuspendedAt), c.SuspendedBy, c.SuspendedWhy, c.MergedInto, micros(c.MergedAt)},
			policyValues(c.Policy)...)...)
	return err
}

func policyValues(p gatehouse.CompanyPolicy) []any {
	return []any{int64(p.SessionIdle), int64(p.SessionAbsolute), int64(p.TrustedDevice), p.PasswordLength, p.NoContextWords, int64(p.PasswordAge)}
}

// UpdateCompany writes a company's name and account number.
func (q Queries) UpdateCompany(ctx context.Context, c gatehouse.Company) error {
	n, err := q.exec(ctx, "update company", `UPDATE companies
		SET name = $3, account_number = $4 WHERE site_id = $1 AND id = $2`,
		c.SiteID, c.ID, c.Name, c.AccountNumber)
	return oneRow(n, err)
}

// SetTwoFactor writes what a company requires of its users. It reports whether this call changed
// it.
func (q Queries) SetTwoFactor(ctx context.Context, siteID, id string, rule gatehouse.TwoFactorRule, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "set two-factor", `UPDATE companies SET two_factor = $3, two_factor_at = $4, factor = $5, factor_by = $6
		WHERE site_id = $1 AND id = $2 AND (two_factor <> $3 OR factor <> $5 OR factor_by <> $6)`,
		siteID, id, rule.On(), micros(now), string(rule.Factor()), micros(rule.By))
	return n == 1, err
}

// Company returns a company by ID.
func (q Queries) Company(ctx context.Context, siteID, id string) (c gatehouse.Company, err error) {
	err = q.one(ctx, "company", `SELECT `+companyColumns+` FROM companies WHERE site_id = $1 AND id = $2`,
		[]any{siteID, id}, companyFields(&c)...)
	return c, err
}

// HoldCompany waits until nobody else changes who leads a company, and makes others wait until the
// transaction ends: of two administrators who take each other's role at one moment, the second sees
// what the first has done.
func (q Queries) HoldCompany(ctx context.Context, siteID, id string) (c gatehouse.Company, err error) {
	err = q.one(ctx, "hold company", `SELECT `+companyColumns+` FROM companies WHERE site_id = $1 AND id = $2 `+q.d.hold,
		[]any{siteID, id}, companyFields(&c)...)
	return c, err
}

// CompanyByAccount returns a company by its account number. That of a company that was merged stands
// for the one that has its users now.
func (q Queries) CompanyByAccount(ctx context.Context, siteID, number string) (c gatehouse.Company, err error) {
	err = q.one(ctx, "company by account", `SELECT `+companyColumns+` FROM companies WHERE site_id = $1
		AND id = (SELECT CASE WHEN merged_into = '' THEN id ELSE merged_into END FROM companies WHERE site_id = $1 AND account_number = $2)`,
		[]any{siteID, number}, companyFields(&c)...)
	return c, err
}

// Companies returns up to limit companies of a site in the order of their account numbers, after
// the given number.
func (q Queries) Companies(ctx context.Context, siteID, after string, limit int) ([]gatehouse.Company, error) {
	var all []gatehouse.Company
	err := q.all(ctx, "companies", `SELECT `+companyColumns+` FROM companies
		WHERE site_id = $1 AND account_number > $2 ORDER BY account_number LIMIT $3`,
		[]any{siteID, after, limit}, func(scan func(...any) error) error {
			var c gatehouse.Company
			err := scan(companyFields(&c)...)
			all = append(all, c)
			return err
		})
	return all, err
}
