package gatehouse

import "time"

// RepeatFor is how long posting the same form again returns the same outcome: after a double
// click, or a response that was lost and is requested again.
const RepeatFor = 2 * time.Minute

// Repeat is the outcome of a form that works once, kept for the browser in case it posts it again.
// It holds no secret: anything handed out is derived again from the cookie that came with the
// form, and only if it is still valid.
type Repeat struct {
	SiteID string
	UserID string
	// Made is the ID of what the form made: a sign-in in progress, a session, a run; empty if
	// nothing it made has to exist still.
	Made string
	// ReturnTo is the page after a finished sign-in.
	ReturnTo string
	At       time.Time
}

// Fresh reports whether the outcome can still be returned again.
func (r Repeat) Fresh(now time.Time) bool { return now.Sub(r.At).Abs() < RepeatFor }
