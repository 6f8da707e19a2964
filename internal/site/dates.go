package site

import (
	"strconv"
	"strings"
	"time"
)

// FormatTime is a moment in full, in the site's zone: "21 November 2026, 14:32 GMT".
func (s *Site) FormatTime(lang string, t time.Time) string {
	return s.Text(lang, "date.time", "day", s.FormatDay(lang, t), "clock", s.FormatClock(lang, t))
}

// FormatDay is a day in the site's zone: "21 November 2026".
func (s *Site) FormatDay(lang string, t time.Time) string {
	t = s.local(t)
	month := s.Text(lang, "date.month."+strconv.Itoa(int(t.Month())))
	return s.Text(lang, "date.day", "day", strconv.Itoa(t.Day()), "month", month, "year", strconv.Itoa(t.Year()))
}

// FormatClock is the time of day with its zone: "14:32 GMT".
func (s *Site) FormatClock(lang string, t time.Time) string {
	t = s.local(t)
	zone, _ := t.Zone()
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") {
		zone = "UTC" + zone // a zone without letters of its own
	}
	return s.Text(lang, "date.clock", "clock", t.Format("15:04"), "zone", zone)
}

func (s *Site) local(t time.Time) time.Time {
	if s.Zone == nil {
		return t.UTC()
	}
	return t.In(s.Zone)
}

// FormatDuration is a time span in the largest unit that divides it evenly: "15 days",
// "24 hours", "90 minutes", "5 minutes".
func (s *Site) FormatDuration(lang string, d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return s.Text(lang, "duration.days", "n", int(d/day))
	case d >= time.Hour && d%time.Hour == 0:
		return s.Text(lang, "duration.hours", "n", int(d/time.Hour))
	case d >= time.Minute && d%time.Minute == 0:
		return s.Text(lang, "duration.minutes", "n", int(d/time.Minute))
	}
	return s.Text(lang, "duration.seconds", "n", int(d.Round(time.Second)/time.Second))
}
