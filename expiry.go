package gatehouse

import "time"

// passwordWarnings are the stages at which somebody is warned that the password
// expires: so many days before, the last one last (A08).
var passwordWarnings = []int{14, 7, 1}

const day = 24 * time.Hour

// PasswordExpiresAt returns when a chosen password is too old; the zero time for one
// that never is. A temporary one must be replaced at the next sign-in anyway.
func PasswordExpiresAt(p PasswordPolicy, w Password) time.Time {
	if p.MaxAge == 0 || w.Hash == "" || w.Temporary() {
		return time.Time{}
	}
	return w.SetAt.Add(p.MaxAge)
}

// PasswordWarningDue returns the warning that is due, in days before the expiry; 0:
// none. warned is the last one since the password was set. Each comes once, none
// comes late (who was not warned at 14 days hears of it at 7), and after the expiry
// the sign-in itself says so.
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

// WarningSpan says which passwords a warning can be due for: those set after From and
// not after To.
type WarningSpan struct {
	// Days is the warning, in days before the expiry.
	Days     int
	From, To time.Time
}

// PasswordWarningSpans are where to look for passwords that PasswordWarningDue has
// something to say about; none where passwords do not expire.
func PasswordWarningSpans(p PasswordPolicy, now time.Time) []WarningSpan {
	if p.MaxAge == 0 {
		return nil
	}
	var spans []WarningSpan
	born := now.Add(-p.MaxAge) // what was set then expires now
	for i, stage := range passwordWarnings {
		next := 0
		if i+1 < len(passwordWarnings) {
			next = passwordWarnings[i+1]
		}
		spans = append(spans, WarningSpan{stage, born.Add(time.Duration(next) * day), born.Add(time.Duration(stage) * day)})
	}
	return spans
}

// DaysUntil counts the days to a moment as a calendar on the wall does: 0 is today, 1
// is tomorrow. A moment that has passed is 0.
func DaysUntil(then, now time.Time, zone *time.Location) int {
	midnight := func(t time.Time) time.Time {
		year, month, date := t.In(zone).Date()
		return time.Date(year, month, date, 0, 0, 0, 0, time.UTC) // where all days have 24 hours
	}
	return max(0, int(midnight(then).Sub(midnight(now))/day))
}
