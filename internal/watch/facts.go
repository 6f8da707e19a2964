package watch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatehouse"
)

// facts is how everything stands that there may be an alert about.
func (a *Alerts) facts(ctx context.Context, now time.Time) (all []gatehouse.AlertFact, err error) {
	for _, of := range []func(context.Context, time.Time) ([]gatehouse.AlertFact, error){a.guesses, a.mailFacts, a.enrolments, a.keys, a.jobs} {
		found, err := of(ctx, now)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

const day = 24 * time.Hour

// mostWaiting is how many waiting messages of a site are looked at: more would not change what is said.
const mostWaiting = 20_000

// guesses are refused attempts by the block of addresses they came from, the most first, and locks.
func (a *Alerts) guesses(ctx context.Context, now time.Time) (all []gatehouse.AlertFact, err error) {
	q := a.Store.Read()
	from, err := q.RefusedFrom(ctx, now.Add(-gatehouse.AlertGuessingWindow))
	if err != nil {
		return nil, err
	}
	blocks := map[string]int64{}
	for address, n := range from {
		if block := blockOf(address); block != "" {
			blocks[block] += int64(n)
		}
	}
	for block, n := range blocks {
		all = append(all, gatehouse.AlertFact{Kind: gatehouse.AlertGuessing, Cause: block, Value: n})
	}
	slices.SortFunc(all, func(x, y gatehouse.AlertFact) int {
		return cmp.Or(cmp.Compare(y.Value, x.Value), cmp.Compare(x.Cause, y.Cause))
	})
	locks, err := q.LocksSince(ctx, now.Add(-gatehouse.AlertWindow))
	return append(all, gatehouse.AlertFact{Kind: gatehouse.AlertLocks, Value: int64(locks)}), err
}

// mailFacts are what waits and what came back, of all sites; what an operator holds is meant to wait.
func (a *Alerts) mailFacts(ctx context.Context, now time.Time) ([]gatehouse.AlertFact, error) {
	q := a.Store.Read()
	held := map[string]bool{}
	holds, err := q.MailHolds(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		held[h.SiteID] = true
	}
	bounced, put, oldest := 0, 0, now
	for _, id := range a.siteIDs() {
		n, err := q.BouncesSince(ctx, id, now.Add(-gatehouse.AlertWindow))
		if err != nil {
			return nil, err
		}
		bounced += n
		deferred, since, err := q.WaitingMail(ctx, id, mostWaiting)
		if err != nil {
			return nil, err
		}
		if held[id] {
			continue
		}
		if put += deferred; !since.IsZero() && since.Before(oldest) {
			oldest = since
		}
	}
	return []gatehouse.AlertFact{{Kind: gatehouse.AlertBounces, Value: int64(bounced)}, {Kind: gatehouse.AlertRelay, Value: int64(put)},
		{Kind: gatehouse.AlertMailAge, Value: int64(now.Sub(oldest) / time.Second)}}, nil
}

// siteIDs are all sites that send mail, the operators' among them.
func (a *Alerts) siteIDs() (ids []string) {
	for _, st := range a.Sites.All() {
		ids = append(ids, st.ID)
	}
	return append(ids, gatehouse.OperatorsSite)
}

func (a *Alerts) enrolments(ctx context.Context, now time.Time) ([]gatehouse.AlertFact, error) {
	return a.Store.Read().EnrolmentFailures(ctx, now.Add(-gatehouse.AlertWindow))
}

// keys are the ages of keys, and how long the certificate is good, in days.
func (a *Alerts) keys(ctx context.Context, now time.Time) (all []gatehouse.AlertFact, err error) {
	for _, st := range a.Sites.All() {
		keys, _, err := a.Store.Read().SigningKeys(ctx, st.ID)
		if err != nil {
			return nil, err
		}
		var newest time.Time
		for _, k := range keys {
			if k.CreatedAt.After(newest) {
				newest = k.CreatedAt
			}
		}
		if !newest.IsZero() {
			all = append(all, gatehouse.AlertFact{Kind: gatehouse.AlertSigningKeys, Cause: st.ID, Value: int64(now.Sub(newest) / day)})
		}
	}
	if !a.KeyFileAt.IsZero() {
		all = append(all, gatehouse.AlertFact{Kind: gatehouse.AlertKeyFile, Value: int64(now.Sub(a.KeyFileAt) / day)})
	}
	if a.Certificate != nil {
		if ends := a.Certificate(); !ends.IsZero() {
			all = append(all, gatehouse.AlertFact{Kind: gatehouse.AlertCertificate, Value: int64(ends.Sub(now) / day)})
		}
	}
	return all, nil
}

// jobs are how long each job has failed or has not ended, on the process where it is worst.
func (a *Alerts) jobs(ctx context.Context, now time.Time) (all []gatehouse.AlertFact, err error) {
	known, err := a.Store.Read().JobsSince(ctx, now.Add(-2*gatehouse.ProcessNotedEvery-time.Minute))
	if err != nil {
		return nil, err
	}
	known = slices.DeleteFunc(known, func(j gatehouse.JobState) bool { return j.Process == a.Store.ProcessID() })
	worst := map[string]int64{}
	for _, j := range append(known, a.Watch.Book.Jobs()...) {
		worst[j.Name] = max(worst[j.Name], int64(j.Trouble(now)/time.Second))
	}
	for name, seconds := range worst {
		all = append(all, gatehouse.AlertFact{Kind: gatehouse.AlertJob, Cause: name, Value: seconds})
	}
	slices.SortFunc(all, func(x, y gatehouse.AlertFact) int { return cmp.Compare(x.Cause, y.Cause) })
	return all, nil
}
