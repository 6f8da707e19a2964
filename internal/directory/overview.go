package directory

import (
	"context"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Overview is what operators see first: how the sites are, as far as the database knows.
type Overview struct {
	// CountedAt is when it was counted: counting a million users takes longer than a page may.
	CountedAt time.Time
	Sites     []SiteOverview
	// Mail is what was sent in the last 24 hours and what waits, by kind, over all sites.
	Mail []MailOverview
	// Database is how long the database took for the smallest of questions.
	Database time.Duration
}

// SiteOverview is how much a site has, and its sign-ins.
type SiteOverview struct {
	ID, Name  string
	Companies int
	Users     int
	Sessions  int
	// Hours are the completed sign-ins of the last 24 hours, the oldest first; the last is the one
	// that is not over. Worked and Failed are their sums.
	Hours          []int
	Worked, Failed int
	// ByHour are all of them, by outcome, in the same order.
	ByHour []HourOfSignIns
}

// HourOfSignIns is how many sign-ins there were in an hour, by outcome.
type HourOfSignIns struct {
	From time.Time
	N    map[gatehouse.SignInOutcome]int
}

// Hours are the sign-ins at all sites.
func (o Overview) Hours() []HourOfSignIns {
	var all []HourOfSignIns
	for _, s := range o.Sites {
		for i, h := range s.ByHour {
			if i == len(all) {
				all = append(all, HourOfSignIns{h.From, map[gatehouse.SignInOutcome]int{}})
			}
			for outcome, n := range h.N {
				all[i].N[outcome] += n
			}
		}
	}
	return all
}

// MailOverview is what became of the messages of a kind in the last 24 hours; Waiting are those of
// any age.
type MailOverview struct {
	Group                  gatehouse.MailGroup
	Sent, Waiting, Bounced int
}

// Sums over all sites.
func (o Overview) Sum(of func(SiteOverview) int) (n int) {
	for _, s := range o.Sites {
		n += of(s)
	}
	return n
}

// overviewHours is how far back the overview looks; overviewLasts is how old its numbers may be.
const (
	overviewHours = 24
	overviewLasts = 30 * time.Second
)

// overviews keeps the last Overview. Once there is one, nobody waits for the next: it is counted in
// the background, once at a time.
type overviews struct {
	mu       sync.Mutex
	last     Overview
	counting bool
}

// Overview returns how the sites are, counted a moment ago.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Overview(ctx context.Context, c gatehouse.Caller, sites []*site.Site) (Overview, error) {
	if !c.Operates(gatehouse.OperatorSee) {
		return Overview{}, errForbidden
	}
	s.overviews.mu.Lock()
	last, old := s.overviews.last, s.Now().Sub(s.overviews.last.CountedAt) >= overviewLasts
	begin := old && !s.overviews.counting
	s.overviews.counting = s.overviews.counting || begin
	s.overviews.mu.Unlock()
	switch {
	case last.CountedAt.IsZero():
		return s.count(ctx, sites)
	case begin: // for the next one
		go func() {
			if _, err := s.count(context.WithoutCancel(ctx), sites); err != nil {
				s.log().WarnContext(ctx, "counting for the operators' overview", "error", err)
			}
		}()
	}
	var err error
	last.Database, err = s.Store.Latency(ctx)
	return last, err
}

// count makes a new Overview.
func (s *Service) count(ctx context.Context, sites []*site.Site) (o Overview, err error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	o.CountedAt = s.Now()
	defer func() {
		s.overviews.mu.Lock()
		defer s.overviews.mu.Unlock()
		if s.overviews.counting = false; err == nil {
			s.overviews.last = o
		}
	}()
	q := s.Store.Read()
	mail := map[gatehouse.MailGroup]*MailOverview{}
	group := func(kind string) *MailOverview {
		g := gatehouse.MailGroupOf(kind)
		if mail[g] == nil {
			mail[g] = &MailOverview{Group: g}
		}
		return mail[g]
	}
	for _, st := range sites {
		one, err := s.countSite(ctx, q, st, o.CountedAt)
		if err != nil {
			return o, err
		}
		o.Sites = append(o.Sites, one)
		counts, err := q.MailSince(ctx, st.ID, o.CountedAt.Add(-overviewHours*time.Hour))
		if err != nil {
			return o, err
		}
		for _, n := range counts {
			switch n.State {
			case store.MessageSent:
				group(n.Kind).Sent += n.N
			case store.MessageBounced, store.MessageRefused:
				group(n.Kind).Bounced += n.N
			}
		}
	}
	waiting, err := q.MailWaiting(ctx)
	for _, n := range waiting {
		group(n.Kind).Waiting += n.N
	}
	if err != nil {
		return o, err
	}
	for _, g := range gatehouse.MailGroups {
		if mail[g] != nil {
			o.Mail = append(o.Mail, *mail[g])
		}
	}
	o.Database, err = s.Store.Latency(ctx)
	return o, err
}

func (s *Service) countSite(ctx context.Context, q store.Queries, st *site.Site, now time.Time) (SiteOverview, error) {
	one := SiteOverview{ID: st.ID, Name: st.Name, Hours: make([]int, overviewHours)}
	n, err := q.SiteCounts(ctx, st.ID, now)
	if err != nil {
		return one, err
	}
	one.Companies, one.Users, one.Sessions = n.Companies, n.Users, n.Sessions
	to := now.Truncate(time.Hour).Add(time.Hour)
	from := to.Add(-overviewHours * time.Hour)
	for i := range overviewHours {
		one.ByHour = append(one.ByHour, HourOfSignIns{from.Add(time.Duration(i) * time.Hour), map[gatehouse.SignInOutcome]int{}})
	}
	counts, err := q.SiteSignIns(ctx, st.ID, from, to)
	for _, c := range counts {
		if i := int(c.Hour.Sub(from) / time.Hour); i >= 0 && i < overviewHours {
			one.ByHour[i].N[c.Outcome] += c.N
		}
		switch c.Outcome {
		case gatehouse.SignInWorked:
			one.Worked += c.N
			if i := int(c.Hour.Sub(from) / time.Hour); i >= 0 && i < overviewHours {
				one.Hours[i] += c.N
			}
		case gatehouse.SignInFailed:
			one.Failed += c.N
		}
	}
	return one, err
}
