package store

import (
	"context"
	"time"

	"gatehouse"
)

// PutCasePart writes a sealed piece of a file that belongs to no case yet.
func (q Queries) PutCasePart(ctx context.Context, siteID, fileID string, part int, body []byte, now time.Time) error {
	_, err := q.exec(ctx, "put case file", `INSERT INTO case_file_parts (site_id, file_id, part, body, at) VALUES ($1, $2, $3, $4, $5)`,
		siteID, fileID, part, body, micros(now))
	return err
}

// InsertCaseFile adds a file whose pieces were written before.
func (q Queries) InsertCaseFile(ctx context.Context, f gatehouse.CaseFile) error {
	n, err := q.exec(ctx, "own case file", `UPDATE case_file_parts SET owned = TRUE WHERE site_id = $1 AND file_id = $2`, f.SiteID, f.ID)
	if err = oneRow(n, err); err != nil {
		return err
	}
	_, err = q.exec(ctx, "insert case file", `INSERT INTO case_files (site_id, case_id, id, message_id, name, kind, size, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		f.SiteID, f.CaseID, f.ID, f.MessageID, f.Name, string(f.Kind), f.Size, micros(f.At))
	return err
}

const caseFileColumns = `site_id, case_id, id, message_id, name, kind, size, at`

func caseFileFields(f *gatehouse.CaseFile) []any {
	return []any{&f.SiteID, &f.CaseID, &f.ID, &f.MessageID, &f.Name, &f.Kind, &f.Size, when{&f.At}}
}

// CaseFiles returns the files of a case, the oldest first.
func (q Queries) CaseFiles(ctx context.Context, siteID, caseID string) (all []gatehouse.CaseFile, err error) {
	err = q.all(ctx, "case files", `SELECT `+caseFileColumns+` FROM case_files WHERE site_id = $1 AND case_id = $2 ORDER BY id`,
		[]any{siteID, caseID}, func(scan func(...any) error) error {
			var f gatehouse.CaseFile
			err := scan(caseFileFields(&f)...)
			all = append(all, f)
			return err
		})
	return all, err
}

// CaseFile returns a file of a case.
func (q Queries) CaseFile(ctx context.Context, siteID, caseID, id string) (f gatehouse.CaseFile, err error) {
	err = q.one(ctx, "case file", `SELECT `+caseFileColumns+` FROM case_files WHERE site_id = $1 AND case_id = $2 AND id = $3`,
		[]any{siteID, caseID, id}, caseFileFields(&f)...)
	return f, err
}

// CaseParts returns the sealed pieces of a file.
func (q Queries) CaseParts(ctx context.Context, f gatehouse.CaseFile) (all [][]byte, err error) {
	err = q.all(ctx, "case file parts", `SELECT body FROM case_file_parts WHERE site_id = $1 AND file_id = $2 ORDER BY part`,
		[]any{f.SiteID, f.ID}, func(scan func(...any) error) error {
			var body []byte
			err := scan(&body)
			all = append(all, body)
			return err
		})
	return all, err
}

// dropCaseParts removes the content of a case's files.
func (q Queries) dropCaseParts(ctx context.Context, siteID, caseID string) error {
	_, err := q.exec(ctx, "drop case file parts", `DELETE FROM case_file_parts WHERE site_id = $1 AND file_id IN
		(SELECT id FROM case_files WHERE site_id = $1 AND case_id = $2)`, siteID, caseID)
	return err
}

// DropCaseFiles removes the files of a case.
func (q Queries) DropCaseFiles(ctx context.Context, siteID, caseID string) error {
	err := q.dropCaseParts(ctx, siteID, caseID)
	if err == nil {
		_, err = q.exec(ctx, "drop case files", `DELETE FROM case_files WHERE site_id = $1 AND case_id = $2`, siteID, caseID)
	}
	if err == nil {
		_, err = q.exec(ctx, "no case files", `UPDATE cases SET files = 0 WHERE site_id = $1 AND id = $2`, siteID, caseID)
	}
	return err
}

// DropFilesOfMessage removes the files of a message that was not let in.
func (q Queries) DropFilesOfMessage(ctx context.Context, siteID, caseID, messageID string) error {
	_, err := q.exec(ctx, "drop parts of message", `DELETE FROM case_file_parts WHERE site_id = $1 AND file_id IN
		(SELECT id FROM case_files WHERE site_id = $1 AND case_id = $2 AND message_id = $3)`, siteID, caseID, messageID)
	if err == nil {
		_, err = q.exec(ctx, "drop files of message", `DELETE FROM case_files WHERE site_id = $1 AND case_id = $2 AND message_id = $3`, siteID, caseID, messageID)
	}
	return err
}

// CasesWithFiles returns cases that were closed before a time and still have files.
func (q Queries) CasesWithFiles(ctx context.Context, before time.Time, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE files > 0 AND closed_at > 0 AND closed_at <= $1 ORDER BY closed_at LIMIT $2`, micros(before), limit)
}

// DropLooseParts removes pieces of files that never came to belong to a case.
func (q Queries) DropLooseParts(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop loose parts", `DELETE FROM case_file_parts WHERE NOT owned AND at <= $1`, micros(before))
	return err
}
