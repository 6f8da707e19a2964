package gatehouse

import "time"

// RepeatFor is how long a form that was posted once more gets the outcome that it had: a
// double click, or an answer that was lost on its way and asked for again.
const RepeatFor = 2 * time.Minute

// Repeat is what a form that works once has come to, kept for the browser that posts it
// again. It holds no secret: what was handed out is worked out again from the cookie that
// came with the form, and only if it is still worth something.
type Repeat struct {
	SiteID string
	UserID string
	// Made is the ID of what the form made: a sign-in in progress, a session, a run;
	// empty where it made nothing that has to be there still.
	Made string
	// ReturnTo is the page that a finished sign-in leads to.
	ReturnTo string
	At       time.Time
}

// Fresh reports whether the outcome may still be had again.
func (r Repeat) Fresh(now time.Time) bool { return now.Sub(r.At).Abs() < RepeatFor }
