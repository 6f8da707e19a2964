package store

import (
	"context"

	"gatehouse"
	"gatehouse/internal/trace"
)

// span begins the span of a query, by its name in the code: the texts of statements are long, and
// their arguments are data.
func (d dialect) span(ctx context.Context, what string) trace.Span {
	span := trace.Begin(ctx, trace.Query, what)
	if span.On() {
		span.Say(trace.Database, d.system)
	}
	return span
}

// endSpan ends the span of a query. No rows, and a transaction that says no, are not failures.
func endSpan(span trace.Span, err error) {
	if !span.On() {
		return
	}
	if err != nil && (isLost(err) || gatehouse.KindOf(err) == gatehouse.Unavailable) {
		span.Fail("database-unavailable")
	}
	span.End()
}
