package directory

import (
	"context"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// rolls are the rolls that this process keeps in memory. Each is brought up to date before it is used,
// by asking the database for what has changed: what another process did is seen as well. Nothing is
// lost if one is dropped; it is read again.
type rolls struct {
	mu   sync.Mutex
	kept map[rollOf]*keptRoll
}

// rollOf names the company of a roll.
type rollOf struct{ siteID, companyID string }

type keptRoll struct {
	mu   sync.Mutex
	roll *roll // nil until it is read
	// next is from where on to ask for what has changed.
	next int64
	// usedAt and people belong to rolls.mu.
	usedAt time.Time
	people int
}

// The limits of what is kept: how many users in all, which take about 200 bytes each, and how long
// one is kept that nobody looks at.
const (
	mostOnRolls = 300_000
	rollUnused  = 15 * time.Minute
)

// of returns the roll of a company to lock and use.
func (k *rolls) of(company rollOf, now time.Time) *keptRoll {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = map[rollOf]*keptRoll{}
	}
	one := k.kept[company]
	if one == nil {
		one = &keptRoll{}
		k.kept[company] = one
	}
	one.usedAt = now
	return one
}

// used notes the size of a roll, and drops those that are too many: the ones nobody has looked at for
// longest.
func (k *rolls) used(one *keptRoll, people int, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	one.people = people
	for {
		total, oldest := 0, rollOf{}
		for of, r := range k.kept {
			total += r.people
			if r != one && (oldest == rollOf{} || r.usedAt.Before(k.kept[oldest].usedAt)) {
				oldest = of
			}
		}
		if (oldest == rollOf{}) || total <= mostOnRolls && now.Sub(k.kept[oldest].usedAt) < rollUnused {
			return
		}
		delete(k.kept, oldest)
	}
}

// withRoll calls do with the roll of a company as it is now. do may not keep it.
func (s *Service) withRoll(ctx context.Context, st *site.Site, firm gatehouse.Company, do func(*roll)) error {
	one := s.rolls.of(rollOf{st.ID, firm.ID}, s.Now())
	one.mu.Lock()
	defer one.mu.Unlock()
	q := s.Store.Read()
	if one.roll == nil || one.roll.zone != st.ZoneOf(firm.Zone) {
		r, next, err := readRoll(ctx, q, st, firm)
		if err != nil {
			return err
		}
		one.roll, one.next = r, next
	} else {
		var changed []gatehouse.User
		next, err := q.ChangedUsers(ctx, st.ID, firm.ID, one.next, func(u gatehouse.User) error {
			changed = append(changed, u)
			return nil
		})
		if err != nil {
			return err
		}
		one.roll.bring(changed)
		one.next = next
	}
	do(one.roll)
	s.rolls.used(one, len(one.roll.people), s.Now())
	return nil
}
