package store

import (
	"context"
	"time"

	"gatehouse"
)

const caseColumns = `site_id, id, number, user_id, company_id, email, name, locale, reference, title, state, confirmed,
	assigned_to, assignee, version, held, files, created_at, waiting_since, answered_at, closed_at, disowned`

func caseFields(c *gatehouse.Case) []any {
	return []any{&c.SiteID, &c.ID, &c.Number, &c.UserID, &c.CompanyID, &c.Email, &c.Name, &c.Locale, &c.Reference, &c.Title, &c.State, &c.Confirmed,
		&c.AssignedTo, &c.Assignee, &c.Version, &c.Held, &c.Files, when{&c.CreatedAt}, when{&c.WaitingSince}, when{&c.AnsweredAt}, when{&c.ClosedAt}, &c.Disowned}
}

// InsertCase adds a case; Conflict if its number is another one's.
func (q Queries) InsertCase(ctx context.Context, c gatehouse.Case) error {
	_, err := q.exec(ctx, "insert case", `INSERT INTO cases (site_id, id, number, user_id, company_id, email, email_key, name, locale, reference, title, state, confirmed, files, created_at, waiting_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		c.SiteID, c.ID, c.Number, c.UserID, c.CompanyID, c.Email, gatehouse.NameKey(c.Email), c.Name, c.Locale, c.Reference, c.Title, string(c.State), c.Confirmed,
		c.Files, micros(c.CreatedAt), micros(c.WaitingSince))
	return err
}

// CaseByNumber returns a case of a site.
func (q Queries) CaseByNumber(ctx context.Context, siteID, number string) (c gatehouse.Case, err error) {
	err = q.one(ctx, "case", `SELECT `+caseColumns+` FROM cases WHERE site_id = $1 AND number = $2`, []any{siteID, number}, caseFields(&c)...)
	return c, err
}

// CasesOfUser returns the newest cases of a user.
func (q Queries) CasesOfUser(ctx context.Context, siteID, userID string, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE site_id = $1 AND user_id = $2 AND user_id <> '' ORDER BY id DESC LIMIT $3`, siteID, userID, limit)
}

func (q Queries) cases(ctx context.Context, text string, args ...any) (all []gatehouse.Case, err error) {
	err = q.all(ctx, "cases", text, args, func(scan func(...any) error) error {
		var c gatehouse.Case
		err := scan(caseFields(&c)...)
		all = append(all, c)
		return err
	})
	return all, err
}

// ChangeCase writes a case that was read in the version before. It reports whether it was still in
// that version: if not, somebody else has changed it, and nothing is written.
func (q Queries) ChangeCase(ctx context.Context, c gatehouse.Case, before int) (bool, error) {
	n, err := q.exec(ctx, "change case", `UPDATE cases SET state = $4, confirmed = $5, assigned_to = $6, assignee = $7, version = $8, held = $9, files = $10,
		waiting_since = $11, answered_at = $12, closed_at = $13, disowned = $14 WHERE site_id = $1 AND id = $2 AND version = $3`,
		c.SiteID, c.ID, before, string(c.State), c.Confirmed, c.AssignedTo, c.Assignee, c.Version, c.Held, c.Files,
		micros(c.WaitingSince), micros(c.AnsweredAt), micros(c.ClosedAt), c.Disowned)
	return n == 1, err
}

// InsertCaseMessage adds a message, and reports whether it is a new one: a mail that comes twice is
// not.
func (q Queries) InsertCaseMessage(ctx context.Context, m gatehouse.CaseMessage) (bool, error) {
	n, err := q.exec(ctx, "insert case message", `INSERT INTO case_messages (site_id, case_id, id, kind, by_id, by_name, by_mail, held, words, mark, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		m.SiteID, m.CaseID, m.ID, string(m.Kind), m.ByID, m.By, m.ByMail, m.Held, m.Words, m.Mark, micros(m.At))
	return n == 1, err
}

// CaseMessages returns up to limit messages of a case, the oldest first. all: also the notes of
// support, and what waits for a person.
func (q Queries) CaseMessages(ctx context.Context, siteID, caseID string, all bool, limit int) (found []gatehouse.CaseMessage, err error) {
	err = q.all(ctx, "case messages", `SELECT site_id, case_id, id, kind, by_id, by_name, by_mail, held, words, mark, at FROM case_messages
		WHERE site_id = $1 AND case_id = $2 AND ($3 OR kind <> $4 AND NOT held) ORDER BY id LIMIT $5`,
		[]any{siteID, caseID, all, string(gatehouse.CaseNote), limit}, func(scan func(...any) error) error {
			var m gatehouse.CaseMessage
			err := scan(&m.SiteID, &m.CaseID, &m.ID, &m.Kind, &m.ByID, &m.By, &m.ByMail, &m.Held, &m.Words, &m.Mark, when{&m.At})
			found = append(found, m)
			return err
		})
	return found, err
}

// CountCaseMessages counts the messages of a case.
func (q Queries) CountCaseMessages(ctx context.Context, siteID, caseID string) (n int, err error) {
	err = q.one(ctx, "count case messages", `SELECT COUNT(*) FROM case_messages WHERE site_id = $1 AND case_id = $2`, []any{siteID, caseID}, &n)
	return n, err
}

// SettleCaseMessage lets in a message that was held, or removes it. It reports whether it was held.
func (q Queries) SettleCaseMessage(ctx context.Context, siteID, caseID, id string, let bool) (bool, error) {
	text := `DELETE FROM case_messages WHERE site_id = $1 AND case_id = $2 AND id = $3 AND held`
	if let {
		text = `UPDATE case_messages SET held = FALSE WHERE site_id = $1 AND case_id = $2 AND id = $3 AND held`
	}
	n, err := q.exec(ctx, "settle case message", text, siteID, caseID, id)
	return n == 1, err
}

// SilentCases returns cases that have waited for their customer since before a time.
func (q Queries) SilentCases(ctx context.Context, before time.Time, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE state = $1 AND waiting_since <= $2 ORDER BY waiting_since, id LIMIT $3`,
		string(gatehouse.CaseAnswered), micros(before), limit)
}

// CasesToRemove returns cases that were closed before a time.
func (q Queries) CasesToRemove(ctx context.Context, before time.Time, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE closed_at > 0 AND closed_at <= $1 ORDER BY closed_at LIMIT $2`, micros(before), limit)
}

// RemoveCase removes a case that was closed before a time, with everything. It reports whether it
// did: it may have been opened again.
func (q Queries) RemoveCase(ctx context.Context, c gatehouse.Case, before time.Time) (bool, error) {
	if err := q.dropCaseParts(ctx, c.SiteID, c.ID); err != nil {
		return false, err
	}
	n, err := q.exec(ctx, "remove case", `DELETE FROM cases WHERE site_id = $1 AND id = $2 AND closed_at > 0 AND closed_at <= $3`, c.SiteID, c.ID, micros(before))
	return n == 1, err
}

// RemoveCasesOf removes the cases of a user who is gone.
func (q Queries) RemoveCasesOf(ctx context.Context, siteID, userID string) error {
	_, err := q.exec(ctx, "remove files of cases", `DELETE FROM case_file_parts WHERE site_id = $1 AND file_id IN (SELECT f.id FROM cases c
		JOIN case_files f ON f.site_id = c.site_id AND f.case_id = c.id WHERE c.site_id = $1 AND c.user_id = $2 AND c.user_id <> '')`, siteID, userID)
	if err == nil {
		_, err = q.exec(ctx, "remove cases", `DELETE FROM cases WHERE site_id = $1 AND user_id = $2 AND user_id <> ''`, siteID, userID)
	}
	return err
}
