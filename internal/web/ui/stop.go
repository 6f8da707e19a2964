package ui

import "context"

type stopKey struct{}

// WithStop adds a channel to the context of a server's requests that is closed when the
// server shuts down. Requests that are answered at once need not know: the server waits
// for them.
func WithStop(ctx context.Context, stop <-chan struct{}) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// Stopping is closed when the server of a request shuts down, so that a stream does not
// delay it; without one it is nil, which blocks forever.
func Stopping(ctx context.Context) <-chan struct{} {
	stop, _ := ctx.Value(stopKey{}).(<-chan struct{})
	return stop
}

// EventStream is the type of an answer that goes on for as long as the page is open.
const EventStream = "text/event-stream"
