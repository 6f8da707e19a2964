package gatehouse

import "time"

// Retention says how long what has happened is kept; zero: for good. What it does not name has a time of its own:
// docs/retention.md has every table.
type Retention struct {
	// Events are the lines of the event log, and the counts of sign-ins by the hour.
	Events time.Duration
	// Messages are mails and text messages after they were sent or given up: to whom, about what and
	// with which reply. Their text goes as soon as they are sent.
	Messages time.Duration
	// Runs are enrolments and acts on many users after their end, with what became of each user.
	Runs time.Duration
}

var (
	// DefaultRetention is for servers that say nothing else.
	DefaultRetention = Retention{Events: 730 * day, Messages: 180 * day, Runs: 400 * day}
	// LeastRetention is what pages and mails need: the monthly report looks back over 90 days, and
	// support is asked about the mail of last week.
	LeastRetention = Retention{Events: 100 * day, Messages: 30 * day, Runs: 30 * day}
)
