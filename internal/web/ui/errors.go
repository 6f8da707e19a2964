package ui

import (
	"errors"
	"net/http"

	"gatehouse"
)

var statuses = map[gatehouse.Kind]int{
	gatehouse.Invalid:         http.StatusUnprocessableEntity,
	gatehouse.Unauthenticated: http.StatusUnauthorized,
	gatehouse.Forbidden:       http.StatusForbidden,
	gatehouse.NotFound:        http.StatusNotFound,
	gatehouse.Conflict:        http.StatusConflict,
	gatehouse.Gone:            http.StatusGone,
	gatehouse.TooMany:         http.StatusTooManyRequests,
	gatehouse.Unavailable:     http.StatusServiceUnavailable,
}

// StatusOf returns the HTTP status of an error; 500 if it does not say.
func StatusOf(err error) int {
	if status, ok := statuses[gatehouse.KindOf(err)]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// ErrorPageOf returns the page for an error: what its kind may tell people, and nothing
// about its cause.
func ErrorPageOf(err error) ErrorPage {
	view := ErrorPage{Status: StatusOf(err)}
	var e *gatehouse.Error
	if errors.As(err, &e) {
		view.RetryAfter = e.RetryAfter
		if whichReason[e.Reason] != "" {
			view.Reason = e.Reason
		}
	}
	return view
}
