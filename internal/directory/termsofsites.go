package directory

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// TermsOfSite is who has accepted what of a site's terms.
type TermsOfSite struct {
	// CountedAt is when it was counted: counting a million users takes longer than a page may.
	CountedAt time.Time
	Versions  []TermsVersion
	// Due is how many users have not accepted the version in force.
	Due int
}

// TermsVersion is a version of the terms: one that the site's folder has, or one that somebody has
// accepted while it had it.
type TermsVersion struct {
	store.TermsCount
	InForce bool
	// There: the site's folder has its text.
	There bool
}

// termsCounts keeps what was counted last, by site. Once there is something, nobody waits for the next
// count: it is made in the background, once at a time.
type termsCounts struct {
	mu       sync.Mutex
	last     map[string]TermsOfSite
	counting map[string]bool
}

// Terms returns who has accepted what, counted a moment ago.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Terms(ctx context.Context, st *site.Site, c gatehouse.Caller) (TermsOfSite, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSee); err != nil {
		return TermsOfSite{}, err
	}
	s.terms.mu.Lock()
	if s.terms.last == nil {
		s.terms.last, s.terms.counting = map[string]TermsOfSite{}, map[string]bool{}
	}
	last, known := s.terms.last[st.ID]
	begin := known && s.Now().Sub(last.CountedAt) >= overviewLasts && !s.terms.counting[st.ID]
	s.terms.counting[st.ID] = s.terms.counting[st.ID] || begin
	s.terms.mu.Unlock()
	switch {
	case !known:
		return s.countTerms(ctx, st)
	case begin: // for the next one
		go func() {
			if _, err := s.countTerms(context.WithoutCancel(ctx), st); err != nil {
				s.log().WarnContext(ctx, "counting who has accepted terms", "error", err)
			}
		}()
	}
	return last, nil
}

func (s *Service) countTerms(ctx context.Context, st *site.Site) (t TermsOfSite, err error) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	defer func() {
		s.terms.mu.Lock()
		defer s.terms.mu.Unlock()
		if s.terms.counting[st.ID] = false; err == nil {
			s.terms.last[st.ID] = t
		}
	}()
	q := s.Store.Read()
	t.CountedAt = s.Now()
	for _, v := range st.Terms { // newest first
		t.Versions = append(t.Versions, TermsVersion{store.TermsCount{Version: v.Version}, v.Version == st.TermsVersion, true})
	}
	counts, err := q.TermsCounts(ctx, st.ID)
	if err != nil {
		return t, err
	}
	for _, n := range slices.Backward(counts) {
		i := slices.IndexFunc(t.Versions, func(v TermsVersion) bool { return v.Version == n.Version })
		if i < 0 {
			t.Versions = append(t.Versions, TermsVersion{TermsCount: n})
			continue
		}
		t.Versions[i].TermsCount = n
	}
	if st.TermsVersion != "" {
		t.Due, err = q.CountTermsDue(ctx, st.ID, st.TermsVersion)
	}
	return t, err
}

// TermsPlace is a place in the list of those who have not accepted: after the user who has accepted
// this version last and has this username.
type TermsPlace struct{ Version, Username string }

// The users on a page of that list, and in a batch of its file.
const (
	termsOnPage  = 50
	termsOfBatch = 1000
)

// TermsDue returns users who have not accepted the version in force: by the version that they accepted
// last, none first, and by username; there are more if more. With a text, those whose name, username or
// address begins with it.
//
// Errors: Forbidden, Unavailable.
func (s *Service) TermsDue(ctx context.Context, st *site.Site, c gatehouse.Caller, typed string, after TermsPlace) (all []gatehouse.User, more bool, err error) {
	if err = operatorOnly(st, c, gatehouse.OperatorSee); err != nil || st.TermsVersion == "" {
		return nil, false, err
	}
	if typed != "" {
		query := gatehouse.ReadFindQuery(typed)
		all, err = bareAll(s.Store.Read().UsersNamed(ctx, st.ID, query.Typed, query.Words, mostFound+1))
		more = len(all) > mostFound
		all = slices.DeleteFunc(all[:min(len(all), mostFound)], func(u gatehouse.User) bool { return u.Deleted() || u.TermsAccepted == st.TermsVersion })
		return all, more, err
	}
	all, err = s.termsDue(ctx, st, after, termsOnPage+1)
	if more = len(all) > termsOnPage; more {
		all = all[:termsOnPage]
	}
	return all, more, err
}

func (s *Service) termsDue(ctx context.Context, st *site.Site, after TermsPlace, limit int) ([]gatehouse.User, error) {
	return bareAll(s.Store.Read().TermsDue(ctx, st.ID, st.TermsVersion, after.Version, gatehouse.NameKey(after.Username), limit))
}

// ExportTermsDue calls fn for everybody who has not accepted the version in force, in the order of
// TermsDue, after it has recorded that somebody takes this list away.
//
// Errors: Forbidden, Unavailable, and those of fn.
func (s *Service) ExportTermsDue(ctx context.Context, st *site.Site, c gatehouse.Caller, fn func(gatehouse.User) error) error {
	if err := operatorOnly(st, c, gatehouse.OperatorEvents); err != nil {
		return err
	}
	err := s.Do(ctx, st, c.For(gatehouse.OperatorEvents), func(tx *act.Unit) error {
		if err := tx.StillOperates(); err != nil {
			return err
		}
		n, err := tx.CountTermsDue(tx, st.ID, st.TermsVersion)
		if err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventUsersExported, gatehouse.ResultOK,
			map[string]string{"users": strconv.Itoa(n), "filter": "terms=" + st.TermsVersion})
	})
	for after := (TermsPlace{}); err == nil && st.TermsVersion != ""; {
		var batch []gatehouse.User
		if batch, err = s.termsDue(ctx, st, after, termsOfBatch); err != nil {
			return err
		}
		for _, u := range batch {
			if err := fn(u); err != nil {
				return err
			}
		}
		if len(batch) < termsOfBatch {
			return nil
		}
		last := batch[len(batch)-1]
		after = TermsPlace{last.TermsAccepted, last.Username}
	}
	return err
}
