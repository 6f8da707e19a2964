package gatehouse

import "time"

// passwordWarnings are the days before expiry on which a user is warned, the last one last (A08).
var passwordWarnings = []int{14, 7, 1}

const day = 24 * time.Hour

// PasswordExpiresAt returns when a chosen password expires; the zero time if never. A temporary
// one must be replaced at the next sign-in anyway.
func PasswordExpiresAt(p PasswordPolicy, w Password) time.Time {
	if p.MaxAge == 0 || w.Hash == "" || w.Temporary() {
		return time.Time{}
	}
	return w.SetAt.Add(p.MaxAge)
}

// PasswordWarningDue returns the warning that is due, in days before the expiry; 0: none. warned
// is the last one since the password was set. Each is sent once, none is sent late (a user not
// warned at 14 days is warned at 7), and after the expiry the sign-in itself says so.
func PasswordWarningDue(p PasswordPolicy, w Password, warned int, now time.Time) (days int) {
	ends := PasswordExpiresAt(p, w)
	if ends.IsZero() || !now.Before(ends) {
		return 0
	}
	for _, stage := range passwordWarnings {
		if ends.Sub(now) <= time.Duration(stage)*day {
			days = stage
		}
	}
	if warned != 0 && warned <= days {
		return 0
	}
	return days
}

// WarningSpan says which passwords a warning can be due for: those set after From and not after
// To.
type WarningSpan struct {
	// Days is the warning, in days before the expiry; Age is how old passwords become.
	Days     int
	Age      time.Duration
	From, To time.Time
}

// PasswordWarningSpans returns the spans in which PasswordWarningDue can return a warning; none if
// passwords do not expire.
func PasswordWarningSpans(p PasswordPolicy, now time.Time) []WarningSpan {
	if p.MaxAge == 0 {
		return nil
	}
	var spans []WarningSpan
	born := now.Add(-p.MaxAge) // passwords set then expire now
	for i, stage := range passwordWarnings {
		next := 0
		if i+1 < len(passwordWarnings) {
			next = passwordWarnings[i+1]
		}
		spans = append(spans, WarningSpan{stage, p.MaxAge, born.Add(time.Duration(next) * day), born.Add(time.Duration(stage) * day)})
	}
	return spans
}

// DaysUntil counts the days to a moment as a wall calendar does: 0 is today, 1 is tomorrow. A past
// moment is 0.
func DaysUntil(then, now time.Time, zone *time.Location) int {
	midnight := func(t time.Time) time.Time {
		year, month, date := t.In(zone).Date()
		return time.Date(year, month, date, 0, 0, 0, 0, time.UTC) // in UTC, where all days have 24 hours
	}
	return max(0, int(midnight(then).Sub(midnight(now))/day))
}
