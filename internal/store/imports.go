package store

import (
	"context"
	"time"

	"gatehouse"
)

const importColumns = `site_id, company_id, id, user_id, begun_by, file_name, state, created_at, started_at, ended_at, expires_at,
	headed, file_columns, invite, planned, mark, moved, done, after, merged`

func importFields(i *gatehouse.Import) []any {
	return []any{&i.SiteID, &i.CompanyID, &i.ID, &i.UserID, inText{&i.By}, &i.FileName, &i.State, when{&i.CreatedAt}, when{&i.StartedAt}, when{&i.EndedAt}, when{&i.ExpiresAt},
		&i.Headed, inText{&i.Columns}, &i.Invite, inText{&i.Planned}, &i.Mark, &i.Moved, inText{&i.Done}, &i.After, &i.Merged}
}

// importTables are those with imports. Who imports for a whole site is an operator, whose imports have a
// table of their own, without a company; both have the same columns and statements.
var importTables = []string{"site_imports", "imports"}

// importsOf is the table of a company's imports; of a site's, if there is no company.
func importsOf(companyID string) string {
	if companyID == "" {
		return "site_imports"
	}
	return "imports"
}

// InsertImport adds an uploaded file; file is sealed.
func (q Queries) InsertImport(ctx context.Context, i gatehouse.Import, file []byte) error {
	_, err := q.exec(ctx, "insert import", `INSERT INTO `+importsOf(i.CompanyID)+` (site_id, company_id, id, user_id, file_name, file, state, created_at, expires_at, headed, file_columns, merged)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		i.SiteID, i.CompanyID, i.ID, i.UserID, i.FileName, file, string(i.State), micros(i.CreatedAt), micros(i.ExpiresAt), i.Headed, asText(i.Columns), i.Merged)
	return err
}

// Import returns an import of a company's administrator or, without a company, of an operator.
func (q Queries) Import(ctx context.Context, siteID, companyID, userID, id string) (i gatehouse.Import, err error) {
	err = q.one(ctx, "import", `SELECT `+importColumns+` FROM `+importsOf(companyID)+` WHERE site_id = $1 AND company_id = $2 AND id = $3 AND user_id = $4`,
		[]any{siteID, companyID, id, userID}, importFields(&i)...)
	return i, err
}

// ImportsOf returns the latest imports of one of those, the newest first.
func (q Queries) ImportsOf(ctx context.Context, siteID, companyID, userID string, limit int) (all []gatehouse.Import, err error) {
	err = q.all(ctx, "imports", `SELECT `+importColumns+` FROM `+importsOf(companyID)+` WHERE site_id = $1 AND company_id = $2 AND user_id = $3 ORDER BY id DESC LIMIT $4`,
		[]any{siteID, companyID, userID, limit}, func(scan func(...any) error) error {
			var i gatehouse.Import
			err := scan(importFields(&i)...)
			all = append(all, i)
			return err
		})
	return all, err
}

// ImportFile returns the sealed file of an import; it is empty once the import was confirmed.
func (q Queries) ImportFile(ctx context.Context, i gatehouse.Import) (file []byte, err error) {
	err = q.one(ctx, "import file", `SELECT file FROM `+importsOf(i.CompanyID)+` WHERE site_id = $1 AND company_id = $2 AND id = $3`, []any{i.SiteID, i.CompanyID, i.ID}, &file)
	return file, err
}

// PlanImport writes the preview of an import that was not confirmed yet, with its lines. It reports
// whether the import was still waiting for one, and its preview was the one with the mark before.
func (q Queries) PlanImport(ctx context.Context, i gatehouse.Import, before string, lines []gatehouse.ImportLine) (bool, error) {
	n, err := q.exec(ctx, "plan import", `UPDATE `+importsOf(i.CompanyID)+` SET state = $4, headed = $5, file_columns = $6, planned = $7, mark = $8, moved = $9
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND started_at = 0 AND mark = $10`,
		i.SiteID, i.CompanyID, i.ID, string(gatehouse.ImportChecked), i.Headed, asText(i.Columns), asText(i.Planned), i.Mark, i.Moved, before)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := q.exec(ctx, "delete import lines", `DELETE FROM import_lines WHERE site_id = $1 AND import_id = $2`, i.SiteID, i.ID); err != nil {
		return false, err
	}
	rows := make([][]any, len(lines))
	for at, l := range lines {
		rows[at] = []any{i.SiteID, i.ID, l.Line, l.Username, l.Name, string(l.Outcome), asText(l.Detail), l.Mark, l.Moved, asText(l.Cells)}
	}
	return true, q.insertRows(ctx, insertImportLines, rows)
}

var insertImportLines = insertion("import_lines", "site_id, import_id, line, username, name, outcome, detail, mark, moved, cells")

// StartImport begins the work on an import, whose file is forgotten, and whose other lines are done.
// It reports whether the preview is still the one with its mark.
func (q Queries) StartImport(ctx context.Context, i gatehouse.Import) (bool, error) {
	n, err := q.exec(ctx, "start import", `UPDATE `+importsOf(i.CompanyID)+` SET state = $4, started_at = $5, invite = $6, begun_by = $7, done = $8, file = $9
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND started_at = 0 AND mark = $10`,
		i.SiteID, i.CompanyID, i.ID, string(gatehouse.ImportRunning), micros(i.StartedAt), i.Invite, asText(i.By), asText(i.Done), []byte{}, i.Mark)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.exec(ctx, "start import lines", `UPDATE import_lines SET reached = TRUE, cells = '{}'
		WHERE site_id = $1 AND import_id = $2 AND outcome IN ($3, $4)`,
		i.SiteID, i.ID, string(gatehouse.ImportUnchanged), string(gatehouse.ImportRefused))
	return true, err
}

// ImportDue reports whether an import is waiting. It is the cheap query of an idle server.
func (q Queries) ImportDue(ctx context.Context, now time.Time) (bool, error) {
	var due int64
	err := q.one(ctx, "import due", `SELECT COUNT(*) FROM (SELECT id FROM imports
		WHERE started_at > 0 AND ended_at = 0 AND lease_until <= $1
		UNION ALL SELECT id FROM site_imports WHERE started_at > 0 AND ended_at = 0 AND lease_until <= $1 LIMIT 1) AS first`, []any{micros(now)}, &due)
	return due > 0, err
}

// ClaimImport takes an import that nobody works on, so others skip it until the claim expires;
// NotFound if there is none. Those of operators, which are few, come first. It only saves work:
// AdvanceImport ensures that no line is done twice.
func (q Queries) ClaimImport(ctx context.Context, c Claim) (i gatehouse.Import, err error) {
	for _, table := range importTables {
		err = q.one(ctx, "claim import", `UPDATE `+table+` SET lease = $1, lease_until = $2
			WHERE (site_id, company_id, id) IN (SELECT site_id, company_id, id FROM `+table+`
				WHERE started_at > 0 AND ended_at = 0 AND lease_until <= $3 ORDER BY lease_until, id LIMIT 1 `+q.d.claim+`)
			RETURNING `+importColumns, []any{c.Lease, micros(c.Until), micros(c.Now)}, importFields(&i)...)
		if gatehouse.KindOf(err) != gatehouse.NotFound {
			return i, err
		}
	}
	return i, err
}

// AdvanceImport writes how far an import is, and extends the claim until then. It reports whether it
// was still where before says: if not, somebody else has done this part, and nothing may be written.
func (q Queries) AdvanceImport(ctx context.Context, before, now gatehouse.Import, until time.Time) (bool, error) {
	n, err := q.exec(ctx, "advance import", `UPDATE `+importsOf(now.CompanyID)+` SET state = $6, done = $7, after = $8, ended_at = $9, expires_at = $10, lease_until = $11
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND state = $4 AND after = $5 AND ended_at = 0`,
		now.SiteID, now.CompanyID, now.ID, string(before.State), before.After,
		string(now.State), asText(now.Done), now.After, micros(now.EndedAt), micros(now.ExpiresAt), micros(until))
	return n == 1, err
}

// ImportLines returns up to limit lines of an import after a line, with an outcome (empty: all), in
// the order of the file. moved: only those that the preview before showed differently.
func (q Queries) ImportLines(ctx context.Context, i gatehouse.Import, outcome gatehouse.ImportOutcome, moved bool, after, limit int) ([]gatehouse.ImportLine, error) {
	return q.importLines(ctx, `($3 = '' OR outcome = $3) AND (moved OR NOT $4)`, i, string(outcome), moved, after, limit)
}

// LinesToImport returns up to limit lines that an import does next.
func (q Queries) LinesToImport(ctx context.Context, i gatehouse.Import, limit int) ([]gatehouse.ImportLine, error) {
	return q.importLines(ctx, `outcome <> $3 AND reached = $4`, i, "", false, i.After, limit)
}

// LinesToInvite returns up to limit lines that made a user whom the import invites next.
func (q Queries) LinesToInvite(ctx context.Context, i gatehouse.Import, limit int) ([]gatehouse.ImportLine, error) {
	return q.importLines(ctx, `outcome = $3 AND invited = $4 AND reached AND user_id <> ''`, i, string(gatehouse.ImportNew), false, i.After, limit)
}

func (q Queries) importLines(ctx context.Context, which string, i gatehouse.Import, third string, fourth bool, after, limit int) (all []gatehouse.ImportLine, err error) {
	err = q.all(ctx, "import lines", `SELECT line, username, name, outcome, reached, detail, mark, moved, cells, user_id, invited FROM import_lines
		WHERE site_id = $1 AND import_id = $2 AND `+which+` AND line > $5 ORDER BY line LIMIT $6`,
		[]any{i.SiteID, i.ID, third, fourth, after, limit}, func(scan func(...any) error) error {
			var l gatehouse.ImportLine
			err := scan(&l.Line, &l.Username, &l.Name, &l.Outcome, &l.Reached, inText{&l.Detail}, &l.Mark, &l.Moved, inText{&l.Cells}, &l.UserID, &l.Invited)
			all = append(all, l)
			return err
		})
	return all, err
}

// FinishImportLines writes what has become of lines, and forgets their cells.
func (q Queries) FinishImportLines(ctx context.Context, i gatehouse.Import, lines []gatehouse.ImportLine) error {
	rows := make([][]any, len(lines))
	for at, l := range lines {
		rows[at] = []any{i.SiteID, i.ID, l.Line, l.Outcome, asText(l.Detail), l.UserID, yes(l.Invited)}
	}
	_, err := q.exec(ctx, "finish import lines", `WITH results AS MATERIALIZED (
			SELECT value ->> 0 AS site_id, value ->> 1 AS import_id, CAST(value ->> 2 AS INTEGER) AS line, value ->> 3 AS outcome,
			value ->> 4 AS detail, value ->> 5 AS user_id, CAST(value ->> 6 AS INTEGER) AS invited FROM `+q.d.each+`($1))
		UPDATE import_lines SET reached = TRUE, outcome = results.outcome, detail = results.detail, cells = '{}', user_id = results.user_id, invited = results.invited > 0
		FROM results WHERE import_lines.site_id = results.site_id AND import_lines.import_id = results.import_id AND import_lines.line = results.line`, inJSON(rows))
	return err
}

// StopImportLines leaves out the lines that an import has not reached. It returns how many.
func (q Queries) StopImportLines(ctx context.Context, i gatehouse.Import) (int, error) {
	n, err := q.exec(ctx, "stop import lines", `UPDATE import_lines SET reached = TRUE, outcome = $3, detail = $4, cells = '{}'
		WHERE site_id = $1 AND import_id = $2 AND NOT reached`,
		i.SiteID, i.ID, string(gatehouse.ImportRefused), asText(gatehouse.ImportDetail{Faults: []gatehouse.ImportFault{{Code: "stopped"}}}))
	return int(n), err
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// DeleteImport removes an import that was not confirmed. It reports whether there was one.
func (q Queries) DeleteImport(ctx context.Context, i gatehouse.Import) (bool, error) {
	n, err := q.exec(ctx, "delete import", `DELETE FROM `+importsOf(i.CompanyID)+` WHERE site_id = $1 AND company_id = $2 AND id = $3 AND started_at = 0`, i.SiteID, i.CompanyID, i.ID)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.exec(ctx, "delete import lines", `DELETE FROM import_lines WHERE site_id = $1 AND import_id = $2`, i.SiteID, i.ID)
	return true, err
}

// DropOldImports removes what came from files: imports that nobody goes on with, and those that are
// over. One that is being worked on stays.
func (q Queries) DropOldImports(ctx context.Context, now time.Time) error {
	for _, table := range importTables {
		_, err := q.exec(ctx, "drop import lines", `DELETE FROM import_lines WHERE (site_id, import_id) IN
			(SELECT site_id, id FROM `+table+` WHERE expires_at <= $1 AND (started_at = 0 OR ended_at > 0))`, micros(now))
		if err == nil {
			_, err = q.exec(ctx, "drop imports", `DELETE FROM `+table+` WHERE expires_at <= $1 AND (started_at = 0 OR ended_at > 0)`, micros(now))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
