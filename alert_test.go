package gatehouse

import (
	"fmt"
	"testing"
	"time"
)

// Every kind has a threshold, and opens at it and not before; numbers go on until they are below half.
func TestAlertThresholds(t *testing.T) {
	for _, kind := range AlertKinds {
		at := DefaultAlerts[kind]
		if at <= 0 {
			t.Errorf("%s has no threshold", kind)
		}
		fact := func(v int64) AlertFact { return AlertFact{Kind: kind, Value: v} }
		beyond, before, rests := at, at-1, at-1
		switch kind {
		case AlertCertificate:
			before, rests = at+1, at+1
		case AlertGuessing, AlertLocks, AlertBounces, AlertRelay:
			rests = (at - 1) / 2
			if !DefaultAlerts.Holds(fact((at + 1) / 2)) {
				t.Errorf("%s ends at half of it", kind)
			}
		}
		if !DefaultAlerts.Opens(fact(beyond)) || DefaultAlerts.Opens(fact(before)) || !DefaultAlerts.Holds(fact(beyond)) || DefaultAlerts.Holds(fact(rests)) {
			t.Errorf("%s: wrong around %d", kind, at)
		}
		off := AlertThresholds{kind: 0}
		if off.Opens(fact(0)) || off.Opens(fact(1<<40)) || off.Holds(fact(1<<40)) {
			t.Errorf("%s cannot be turned off", kind)
		}
	}
	if !DefaultAlerts.Opens(AlertFact{Kind: AlertCertificate, Value: -3}) {
		t.Error("a certificate that has ended")
	}
}

// An alert opens once, stays while it holds, is not closed by a lull, and closes when it is over.
func TestNextAlerts(t *testing.T) {
	at := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	storm := AlertFact{AlertGuessing, "203.0.113.0/24", 120}
	if s := DefaultAlerts.NextAlerts(nil, []AlertFact{storm, {AlertLocks, "", 19}}, at); len(s.Opens) != 1 || s.Opens[0] != storm || len(s.Holds)+len(s.Closes) != 0 {
		t.Errorf("opens: %+v", s)
	}
	open := Alert{ID: "alt_1", Kind: AlertGuessing, Cause: storm.Cause, Value: 120, SeenAt: at}
	for name, c := range map[string]struct {
		value                int64
		after                time.Duration
		opens, holds, closes int
	}{
		"the same":               {120, time.Minute, 0, 0, 0},
		"worse":                  {200, time.Minute, 0, 1, 0},
		"for some time":          {120, alertNotedEvery, 0, 1, 0},
		"less, and still at it":  {50, alertNotedEvery, 0, 1, 0},
		"a lull":                 {49, alertCalm - 1, 0, 0, 0},
		"over":                   {49, alertCalm, 0, 0, 1},
		"over, nothing is known": {0, alertCalm, 0, 0, 1},
	} {
		var facts []AlertFact
		if c.value > 0 {
			facts = []AlertFact{{AlertGuessing, storm.Cause, c.value}}
		}
		s := DefaultAlerts.NextAlerts([]Alert{open}, facts, at.Add(c.after))
		if len(s.Opens) != c.opens || len(s.Holds) != c.holds || len(s.Closes) != c.closes {
			t.Errorf("%s: %+v", name, s)
		}
		if c.holds == 1 && s.Holds[0].Value != max(c.value, 120) {
			t.Errorf("%s: the worst is %d", name, s.Holds[0].Value)
		}
	}
	cert := Alert{Kind: AlertCertificate, Value: 10, SeenAt: at}
	if s := DefaultAlerts.NextAlerts([]Alert{cert}, []AlertFact{{AlertCertificate, "", 9}}, at); len(s.Holds) != 1 || s.Holds[0].Value != 9 {
		t.Errorf("fewer days are worse: %+v", s)
	}
}

// A storm from very many blocks is a few alerts, and stays so.
func TestAStormIsFewAlerts(t *testing.T) {
	at := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	var facts []AlertFact
	for i := range 1000 {
		facts = append(facts, AlertFact{AlertGuessing, fmt.Sprintf("10.0.%d.0/24", i), int64(100 + i)})
	}
	var open []Alert
	for range 3 {
		for _, f := range DefaultAlerts.NextAlerts(open, facts, at).Opens {
			open = append(open, Alert{Kind: f.Kind, Cause: f.Cause, Value: f.Value, SeenAt: at})
		}
	}
	if len(open) != AlertCauses+1 || open[AlertCauses].Cause != AlertMany || open[AlertCauses].Value != 1099 {
		t.Errorf("%d alerts: %+v", len(open), open)
	}
}

// A webhook is tried later and later, and for a day.
func TestNextAlertCall(t *testing.T) {
	for _, c := range []struct {
		tries  int
		age    time.Duration
		chance float64
		want   time.Duration
		more   bool
	}{
		{1, 0, 0, 10 * time.Second, true},
		{2, 0, 0, 20 * time.Second, true},
		{1, 0, 1, 15 * time.Second, true},
		{50, 0, 0, time.Hour, true},
		{50, 23 * time.Hour, 0, time.Hour, true},
		{50, 23*time.Hour + 1, 0, time.Hour, false},
	} {
		if wait, more := NextAlertCall(c.tries, c.age, c.chance); wait != c.want || more != c.more {
			t.Errorf("%+v: %s, %v", c, wait, more)
		}
	}
}
