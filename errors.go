package gatehouse

import (
	"errors"
	"slices"
	"time"
)

// Kind sorts errors by what the client is told. internal/web/ui maps it to a status and a page;
// nothing else about an error reaches users.
type Kind int

// The kinds of errors, with the HTTP status they become.
const (
	Internal        Kind = iota // 500
	Invalid                     // 422: fields to fix
	Unauthenticated             // 401
	Forbidden                   // 403
	NotFound                    // 404
	Conflict                    // 409
	Gone                        // 410: used or expired
	TooMany                     // 429, with RetryAfter
	Unavailable                 // 503, with RetryAfter
)

// Error is an error that a user may see.
type Error struct {
	Kind Kind
	// Reason is a stable word for scripts and texts, such as "sign-in-failed".
	Reason string
	// Fields are the fields to fix, for Invalid.
	Fields []FieldError
	// RetryAfter is when to try again, for TooMany and Unavailable.
	RetryAfter time.Duration
	// Err is the cause, for the log only.
	Err error
}

// FieldError says what is wrong with one field. Reason and Args name a text of
// the site's language, not a sentence.
type FieldError struct {
	Field  string
	Reason string
	Args   map[string]string
}

// Faults collects what is wrong with a form, all at once.
type Faults []FieldError

// Add adds a fault. The arguments are names and values in turn.
func (f *Faults) Add(field, reason string, args ...string) {
	e := FieldError{Field: field, Reason: reason}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]string{}
		}
		e.Args[args[i]] = args[i+1]
	}
	*f = append(*f, e)
}

// At reports whether something is wrong with a field.
func (f Faults) At(field string) bool {
	return slices.ContainsFunc(f, func(e FieldError) bool { return e.Field == field })
}

// Err is nil if nothing is wrong, else Invalid with the fields.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Reason: "fields", Fields: f}
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Reason + ": " + e.Err.Error()
	}
	return e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error; Internal if it has none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// ReasonOf returns the reason of an error; empty if it has none.
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// ErrNotFound is what a store returns if the database was queried and has no such row. A database
// that cannot be queried is Unavailable: never "not found", never "wrong password".
var ErrNotFound = &Error{Kind: NotFound, Reason: "not-found"}
