package gatehouse

import (
	"slices"
	"time"
)

// AlertKind is what operators are told of.
type AlertKind string

// The kinds of alerts, those about an attack first.
const (
	// AlertGuessing: many refused attempts from one block of addresses. The cause is the block.
	AlertGuessing AlertKind = "guessing"
	AlertLocks    AlertKind = "locks"
	AlertBounces  AlertKind = "bounces"
	// AlertRelay: the mail server puts messages off. AlertMailAge: one has waited for too long.
	AlertRelay   AlertKind = "relay"
	AlertMailAge AlertKind = "mail-age"
	// AlertEnrolment: an enrolment of Enhanced Security failed for users. The cause is its site.
	AlertEnrolment AlertKind = "enrolment"
	// AlertJob: a job fails, or does not end. The cause is its name.
	AlertJob AlertKind = "job"
	// AlertSigningKeys: the keys of a site, the cause, were not replaced. AlertKeyFile: the key file is old.
	AlertSigningKeys AlertKind = "signing-keys"
	AlertKeyFile     AlertKind = "key-file"
	// AlertCertificate: the TLS certificate ends soon.
	AlertCertificate AlertKind = "certificate"
)

// AlertKinds are all of them.
var AlertKinds = []AlertKind{AlertGuessing, AlertLocks, AlertBounces, AlertRelay, AlertMailAge, AlertEnrolment, AlertJob, AlertSigningKeys, AlertKeyFile, AlertCertificate}

// The times that alerts look back: for attempts of one block of addresses; for locks, returned mail and
// failures of enrolments.
const (
	AlertGuessingWindow = 10 * time.Minute
	AlertWindow         = time.Hour
)

const (
	// alertCalm is for how long a cause has to be over before its alert is closed: one that comes and
	// goes is one alert.
	alertCalm = 15 * time.Minute
	// AlertCauses is for how many causes of one kind there are alerts of their own. A storm from a
	// thousand blocks of addresses is one more alert, not a thousand mails.
	AlertCauses = 5
	// AlertMany is the cause of the alert about all further ones.
	AlertMany = "many"
	// alertNotedEvery is how often an open alert writes that it still holds.
	alertNotedEvery = 5 * time.Minute
)

// Shown is a value as people read it: seconds as minutes.
func (k AlertKind) Shown(value int64) int64 {
	if k == AlertMailAge || k == AlertJob {
		return value / 60
	}
	return value
}

// AlertThresholds are the values from which on there is an alert: numbers, for AlertMailAge and AlertJob
// seconds, for keys and the certificate days. 0: never.
type AlertThresholds map[AlertKind]int64

// DefaultAlerts are the thresholds of the house.
var DefaultAlerts = AlertThresholds{AlertGuessing: 100, AlertLocks: 20, AlertBounces: 50, AlertRelay: 20, AlertMailAge: 15 * 60,
	AlertEnrolment: 10, AlertJob: 15 * 60, AlertSigningKeys: 100, AlertKeyFile: 730, AlertCertificate: 14}

// AlertFact is how something stands that there may be an alert about.
type AlertFact struct {
	Kind  AlertKind
	Cause string
	Value int64
}

// Opens reports whether the fact is reason for an alert.
func (t AlertThresholds) Opens(f AlertFact) bool {
	at := t[f.Kind]
	switch {
	case at <= 0:
		return false
	case f.Kind == AlertCertificate: // days that are left
		return f.Value <= at
	}
	return f.Value >= at
}

// Holds reports whether an open alert goes on: numbers have to fall below half of the threshold, so that
// one that moves around it is one alert.
func (t AlertThresholds) Holds(f AlertFact) bool {
	switch at := t[f.Kind]; f.Kind {
	case AlertGuessing, AlertLocks, AlertBounces, AlertRelay:
		return at > 0 && 2*f.Value >= at
	}
	return t.Opens(f)
}

// Alert is something that operators are told of once: open until it is over for a while.
type Alert struct {
	ID    string
	Kind  AlertKind
	Cause string
	// Value is the worst so far, Threshold what it was measured against.
	Value, Threshold int64
	// OpenedAt is when it began, SeenAt when it was last so, ClosedAt when it was over: zero while it is open.
	OpenedAt, SeenAt, ClosedAt time.Time
	// AckedAt and AckedBy are the operator who has taken it on.
	AckedAt time.Time
	AckedBy string
}

// Open reports whether it is not over.
func (a Alert) Open() bool { return a.ClosedAt.IsZero() }

// AlertSteps are what becomes of the alerts.
type AlertSteps struct {
	Opens []AlertFact
	// Holds are open ones to note again, Closes those that are over.
	Holds, Closes []Alert
}

// NextAlerts says what becomes of the open alerts, and which ones are new.
func (t AlertThresholds) NextAlerts(open []Alert, facts []AlertFact, now time.Time) (steps AlertSteps) {
	facts = t.folded(open, facts)
	for _, a := range open {
		i := slices.IndexFunc(facts, func(f AlertFact) bool { return f.Kind == a.Kind && f.Cause == a.Cause })
		switch {
		case i >= 0 && t.Holds(facts[i]):
			f := facts[i]
			worse := f.Value > a.Value
			if f.Kind == AlertCertificate {
				worse = f.Value < a.Value
			}
			if worse || now.Sub(a.SeenAt) >= alertNotedEvery {
				if worse {
					a.Value = f.Value
				}
				a.SeenAt = now
				steps.Holds = append(steps.Holds, a)
			}
		case now.Sub(a.SeenAt) >= alertCalm:
			a.ClosedAt = now
			steps.Closes = append(steps.Closes, a)
		}
	}
	for _, f := range facts {
		known := slices.ContainsFunc(open, func(a Alert) bool { return f.Kind == a.Kind && f.Cause == a.Cause })
		if !known && t.Opens(f) {
			steps.Opens = append(steps.Opens, f)
		}
	}
	return steps
}

// folded are the facts, of which those beyond AlertCauses of one kind are one, with the highest value of them.
func (t AlertThresholds) folded(open []Alert, facts []AlertFact) (all []AlertFact) {
	own, more := map[AlertKind]int{}, map[AlertKind]int64{}
	for _, a := range open {
		if a.Cause != AlertMany {
			own[a.Kind]++
		}
	}
	for _, f := range facts {
		known := slices.ContainsFunc(open, func(a Alert) bool { return f.Kind == a.Kind && f.Cause == a.Cause })
		switch {
		case known || !t.Opens(f):
			all = append(all, f)
		case own[f.Kind] < AlertCauses:
			own[f.Kind]++
			all = append(all, f)
		default:
			more[f.Kind] = max(more[f.Kind], f.Value)
		}
	}
	for _, k := range AlertKinds {
		if more[k] != 0 {
			all = append(all, AlertFact{k, AlertMany, more[k]})
		}
	}
	return all
}

// alertCallFor is for how long a webhook is tried that does not answer.
const alertCallFor = 24 * time.Hour

// NextAlertCall says when the webhook is called again after so many tries that failed, or that it is not:
// twice as late each time, from ten seconds up to an hour, with chance, from 0 to 1, so that not everything
// comes back at once when a receiver does.
func NextAlertCall(tries int, age time.Duration, chance float64) (wait time.Duration, more bool) {
	wait = min(time.Hour, 5*time.Second<<min(max(tries, 1), 20))
	wait += time.Duration(chance * float64(wait) / 2)
	return wait, age+wait <= alertCallFor
}
