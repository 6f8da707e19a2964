package ui

import "context"

type stopKey struct{}

// WithStop returns the context that a server's requests have, with what is closed when
// the server is to stop. Requests that are answered at once need not know: they are
// waited for.
func WithStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// Stopping is closed when the server of a request is to stop, so that an answer without
// an end does not hold it up; nil, which waits for ever, where nobody says so.
func Stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}

// EventStream is the type of an answer that goes on for as long as somebody looks.
const EventStream = "text/event-stream"
