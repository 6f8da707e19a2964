package site

import (
	"fmt"
	"regexp"
	"testing"
	"time"
)

// datesIn is what times and time spans look like in Gatehouse's languages.
var datesIn = map[string]struct{ moment, march, spans string }{
	"en-GB": {`^21 November 2026, 14:32 UTC$`, `^1 March 2026$`, `^1 day, 15 days, 1 hour, 24 hours, 90 minutes, 1 second$`},
	"en-AU": {`^21 November 2026, 14:32 UTC$`, `^1 March 2026$`, `^1 day, 15 days, 1 hour, 24 hours, 90 minutes, 1 second$`},
	"de": {`^21\. November 2026, 14:32 Uhr \(?UTC\)?$`, `^1\. März 2026$`,
		`^1 Tag, 15 Tage, 1 Stunde, 24 Stunden, 90 Minuten, 1 Sekunde$`},
	"fr": {`^21 novembre 2026(,| à) 14:32 \(?UTC\)?$`, `^1(er)? mars 2026$`,
		`^1 jour, 15 jours, 1 heure, 24 heures, 90 minutes, 1 seconde$`},
}

// Pages and mails write times in the language of the sentence around them: each of
// Gatehouse's languages has all the words for it, in its own order.
func TestDatesInEveryLanguage(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)
	for lang := range house() {
		want, known := datesIn[lang]
		if !known {
			t.Errorf("%s is not in the table", lang)
			continue
		}
		s := &Site{}
		spans := s.Text(lang, "duration.days", "n", 1)
		for _, d := range []time.Duration{15 * 24 * time.Hour, time.Hour, 24 * time.Hour, 90 * time.Minute, time.Second} {
			spans += ", " + s.FormatDuration(lang, d)
		}
		for got, pattern := range map[string]string{
			s.FormatTime(lang, at): want.moment, s.FormatDay(lang, at.AddDate(0, -8, -20)): want.march, spans: want.spans,
		} {
			if !regexp.MustCompile(pattern).MatchString(got) {
				t.Errorf("%s writes %q, want %s", lang, got, pattern)
			}
		}
		months := map[string]bool{}
		for month := range 12 {
			months[s.FormatDay(lang, at.AddDate(0, month, 0))] = true
		}
		if len(months) != 12 {
			t.Errorf("%s has the months %v", lang, months)
		}
	}
}

// A language with its own words for dates, another order and a zone in brackets needs
// nothing but texts.
func TestDatesFollowTheTexts(t *testing.T) {
	s := load(t, map[string]string{"texts/en-AU.yaml": `date.day: "{year}, {month} {day}."
date.clock: "({zone}) {clock}"
date.time: "{clock} / {day}"
`})
	at := time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)
	if got := fmt.Sprint(s.FormatTime("en-AU", at), "; ", s.FormatTime("en-GB", at)); got != "(GMT) 14:32 / 2026, November 21.; 21 November 2026, 14:32 GMT" {
		t.Error(got)
	}
}
