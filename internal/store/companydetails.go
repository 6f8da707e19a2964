package store

import (
	"context"
	"time"

	"gatehouse"
)

// CompanyDetails returns what administrators say about their company.
func (q Queries) CompanyDetails(ctx context.Context, siteID, id string) (d gatehouse.CompanyDetails, err error) {
	err = q.one(ctx, "company details", `SELECT zone, report_off FROM companies WHERE site_id = $1 AND id = $2`, []any{siteID, id}, &d.Zone, &d.NoReport)
	if err != nil {
		return d, err
	}
	err = q.all(ctx, "company contacts", `SELECT name, about, email, phone FROM company_contacts WHERE site_id = $1 AND company_id = $2 ORDER BY place`,
		[]any{siteID, id}, func(scan func(...any) error) error {
			var c gatehouse.Contact
			err := scan(&c.Name, &c.About, &c.Email, &c.Phone)
			d.Contacts = append(d.Contacts, c)
			return err
		})
	return d, err
}

// SetCompanyDetails replaces what administrators say about their company.
func (q Queries) SetCompanyDetails(ctx context.Context, siteID, id string, d gatehouse.CompanyDetails) error {
	n, err := q.exec(ctx, "set company details", `UPDATE companies SET zone = $3, report_off = $4 WHERE site_id = $1 AND id = $2`, siteID, id, d.Zone, d.NoReport)
	if err := oneRow(n, err); err != nil {
		return err
	}
	if _, err := q.exec(ctx, "remove company contacts", `DELETE FROM company_contacts WHERE site_id = $1 AND company_id = $2`, siteID, id); err != nil {
		return err
	}
	for i, c := range d.Contacts {
		_, err := q.exec(ctx, "insert company contact", `INSERT INTO company_contacts (site_id, company_id, place, name, about, email, phone)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, siteID, id, i, c.Name, c.About, c.Email, c.Phone)
		if err != nil {
			return err
		}
	}
	return nil
}

// CompaniesToReport returns up to limit companies of a site that want a report and whose last one was written
// before a time, those first that have waited longest.
func (q Queries) CompaniesToReport(ctx context.Context, siteID string, before time.Time, limit int) ([]gatehouse.Company, error) {
	var all []gatehouse.Company
	err := q.all(ctx, "companies to report", `SELECT `+companyColumns+` FROM companies
		WHERE site_id = $1 AND NOT report_off AND reported_at < $2 ORDER BY reported_at LIMIT $3`, []any{siteID, micros(before), limit}, func(scan func(...any) error) error {
		var c gatehouse.Company
		err := scan(companyFields(&c)...)
		all = append(all, c)
		return err
	})
	return all, err
}

// Reported records that a company's report is written. It reports whether this call did: another
// process may have.
func (q Queries) Reported(ctx context.Context, siteID, id string, before, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "reported", `UPDATE companies SET reported_at = $4 WHERE site_id = $1 AND id = $2 AND reported_at < $3`,
		siteID, id, micros(before), micros(now))
	return n == 1, err
}

// RoleChanges returns up to limit events of a company that made somebody an administrator, or no
// longer one, from one time to before another, oldest first.
func (q Queries) RoleChanges(ctx context.Context, siteID, companyID string, from, to time.Time, limit int) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND company_id = $2 AND kind = 'user.changed' AND at >= $3 AND at < $4 AND detail LIKE '%"role_before"%'
		ORDER BY at LIMIT $5`, siteID, companyID, micros(from), micros(to), limit)
}
