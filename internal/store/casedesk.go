package store

import (
	"context"
	"time"

	"gatehouse"
)

// CasesIn returns up to limit cases of all sites in a state, from a place in the list on: those first
// who have waited longest.
func (q Queries) CasesIn(ctx context.Context, state gatehouse.CaseState, after time.Time, afterID string, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE state = $1 AND (waiting_since, id) > ($2, $3) ORDER BY waiting_since, id LIMIT $4`,
		string(state), micros(after), afterID, limit)
}

// CasesAssigned is CasesIn for the cases of one operator; without an ID, for those of nobody.
func (q Queries) CasesAssigned(ctx context.Context, operatorID string, state gatehouse.CaseState, after time.Time, afterID string, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE assigned_to = $1 AND state = $2 AND (waiting_since, id) > ($3, $4) ORDER BY waiting_since, id LIMIT $5`,
		operatorID, string(state), micros(after), afterID, limit)
}

// FindCases returns up to limit cases of all sites with a number, a reference, or an address.
func (q Queries) FindCases(ctx context.Context, number, reference, email string, limit int) ([]gatehouse.Case, error) {
	return q.cases(ctx, `SELECT `+caseColumns+` FROM cases WHERE number = $1 AND number <> ''
		UNION SELECT `+caseColumns+` FROM cases WHERE reference = $2 AND reference <> ''
		UNION SELECT `+caseColumns+` FROM cases WHERE email_key = $3 AND email_key <> '' ORDER BY created_at DESC, id LIMIT $4`,
		number, reference, gatehouse.NameKey(email), limit)
}

// CountCases counts the cases in a state, up to most.
func (q Queries) CountCases(ctx context.Context, state gatehouse.CaseState, most int) (n int, err error) {
	err = q.one(ctx, "count cases", `SELECT COUNT(*) FROM (SELECT id FROM cases WHERE state = $1 LIMIT $2) AS first`, []any{string(state), most}, &n)
	return n, err
}

// FirstAnswers returns how many cases were first answered since a time, and how long that took on
// average.
func (q Queries) FirstAnswers(ctx context.Context, since time.Time) (n int, average time.Duration, err error) {
	var sum int64
	err = q.one(ctx, "first answers", `SELECT COUNT(*), CAST(COALESCE(SUM(answered_at - created_at), 0) AS BIGINT) FROM cases WHERE answered_at > 0 AND answered_at >= $1`,
		[]any{micros(since)}, &n, &sum)
	if n > 0 {
		average = time.Duration(sum/int64(n)) * time.Microsecond
	}
	return n, average, err
}
