package ui

import (
	"net/http"
	"strconv"
	"time"
)

// Why a form is refused: reasons, and the codes of errors.
const (
	// ReasonForm: its token does not match. It was opened too long ago, or in another
	// window.
	ReasonForm = "form-expired"
	// ReasonForeign: a page of another site sent it.
	ReasonForeign = "form-foreign"
	// ReasonCookies: it came without any cookie.
	ReasonCookies = "no-cookies"
)

// whichReason names the words of a reason.
var whichReason = map[string]string{ReasonForm: "form", ReasonForeign: "foreign", ReasonCookies: "cookies"}

// ErrorPage is the page for anything that did not work.
type ErrorPage struct {
	Status int
	// Reason distinguishes pages with the same status: ReasonForm and those like it.
	Reason string
	// RetryAfter is when to try again, for 429 and 503.
	RetryAfter time.Duration
}

func (ErrorPage) Template() string       { return "error" }
func (v ErrorPage) Title(p *Page) string { return p.T("problem." + v.Which() + "_title") }

// errorStatuses are the statuses with their own words.
var errorStatuses = map[int]bool{
	http.StatusBadRequest: true, http.StatusUnauthorized: true, http.StatusForbidden: true,
	http.StatusNotFound: true, http.StatusMethodNotAllowed: true, http.StatusConflict: true,
	http.StatusGone: true, http.StatusRequestEntityTooLarge: true, http.StatusMisdirectedRequest: true,
	http.StatusUnprocessableEntity: true, http.StatusTooManyRequests: true,
	http.StatusInternalServerError: true, http.StatusServiceUnavailable: true,
}

// Which names the words of the page: problem.WHICH_title, problem.WHICH_text.
func (v ErrorPage) Which() string {
	switch {
	case whichReason[v.Reason] != "":
		return whichReason[v.Reason]
	case errorStatuses[v.Status]:
		return strconv.Itoa(v.Status)
	case v.Status >= 400 && v.Status < 500:
		return "400"
	}
	return "500"
}

// Look is the icon and the colour of the page.
func (v ErrorPage) Look() (look struct{ Icon, Spot string }) {
	look.Icon, look.Spot = "triangle-alert", "spot spot-bad"
	switch v.Which() {
	case "404", "421":
		look.Icon, look.Spot = "search", "spot"
	case "401", "403":
		look.Icon, look.Spot = "lock", "spot"
	case "410", "429", "503":
		look.Icon, look.Spot = "clock", "spot spot-warn"
	case "form", "foreign", "cookies", "400", "405", "409", "413", "422":
		look.Icon, look.Spot = "circle-alert", "spot spot-warn"
	}
	return look
}

// MayRetry reports whether requesting the same page again can help.
func (v ErrorPage) MayRetry() bool {
	switch v.Which() {
	case "500", "503", "429", "form", "foreign", "cookies", "409":
		return true
	}
	return false
}

// OpenAgain reports whether the page of a form has to be opened again.
func (v ErrorPage) OpenAgain() bool { return whichReason[v.Reason] != "" }

// Wait is the time until the next try, rounded up to what people say: seconds up
// to two minutes, then minutes.
func (v ErrorPage) Wait() time.Duration {
	unit := time.Second
	if v.RetryAfter > 2*time.Minute {
		unit = time.Minute
	}
	return (v.RetryAfter + unit - 1).Truncate(unit)
}
