package demo

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Deps are what seeding needs.
type Deps struct {
	Store  *store.Store
	Hasher *secret.Hasher
	Outbox *mail.Outbox
	Now    func() time.Time
}

// Seed fills an empty database with companies and users, and returns the accounts to
// try. A database that has companies stays as it is; passwords are the same at every
// start, so the accounts can be listed anyway. Sites other than the demo's own are
// skipped.
//
// The database gets everything in one transaction: a start that is interrupted leaves
// it empty.
func Seed(ctx context.Context, d Deps, sites []*site.Site) (Accounts, error) {
	var scenes []*scene
	reused := false
	for _, c := range append(slices.Clone(casts), operators) {
		for _, s := range sites {
			if s.ID != c.site {
				continue
			}
			there, err := d.Store.Read().Companies(ctx, s.ID, "", 1)
			if err != nil {
				return Accounts{}, err
			}
			reused = reused || len(there) > 0
			scenes = append(scenes, &scene{site: s, cast: c})
		}
	}
	if reused {
		return known(ctx, d, scenes)
	}
	hashes, err := hashAll(ctx, d.Hasher, scenes)
	if err != nil {
		return Accounts{}, fmt.Errorf("demo passwords: %w", err)
	}
	all := Accounts{store: d.Store, keys: d.Outbox.Keys}
	for _, sc := range scenes {
		sc.play(hashes, d.Now())
		all.add(SiteAccounts{sc.site, sc.cast.accounts(sc.site, true)})
	}
	err = d.Store.Write(ctx, func(q store.Queries) error {
		for _, sc := range scenes {
			if err := sc.insert(ctx, q, d.Outbox); err != nil {
				return fmt.Errorf("demo data of %s: %w", sc.site.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return Accounts{}, err
	}
	return all, all.addKeys(ctx, d.Now())
}

// known lists those of the accounts that are in the database.
func known(ctx context.Context, d Deps, scenes []*scene) (Accounts, error) {
	all := Accounts{Reused: true, store: d.Store, keys: d.Outbox.Keys}
	for _, sc := range scenes {
		list := SiteAccounts{Site: sc.site}
		for _, a := range sc.cast.accounts(sc.site, false) {
			_, err := d.Store.Read().UserByUsername(ctx, sc.site.ID, a.Username)
			switch {
			case err == nil:
				list.Accounts = append(list.Accounts, a)
			case gatehouse.KindOf(err) != gatehouse.NotFound:
				return Accounts{}, err
			}
		}
		all.add(list)
	}
	return all, all.addKeys(ctx, d.Now())
}

// hashAll hashes every password without a hash, each once, as many at a time as there
// are cores.
func hashAll(ctx context.Context, h *secret.Hasher, scenes []*scene) (map[string]string, error) {
	hashes := map[string]string{}
	for _, sc := range scenes {
		hashes[sharedPassword(sc.site)] = ""
		for _, p := range sc.cast.people {
			if p.answer != "" {
				hashes[gatehouse.AnswerKey(p.answer)] = ""
			}
			if p.hash == "" {
				hashes[p.password] = ""
			}
		}
	}
	for _, answer := range answers {
		hashes[gatehouse.AnswerKey(answer)] = ""
	}
	todo := make(chan string, len(hashes))
	for password := range hashes {
		todo <- password
	}
	close(todo)

	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for password := range todo {
				encoded, err := hash(ctx, h, password)
				mu.Lock()
				hashes[password], failed = encoded, errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return hashes, failed
}

// hash waits for its turn if the Hasher accepts fewer at a time than there are cores.
func hash(ctx context.Context, h *secret.Hasher, password string) (string, error) {
	for {
		encoded, err := h.Hash(ctx, password)
		if !errors.Is(err, secret.ErrBusy) {
			return encoded, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// insert writes a scene into the database.
func (sc *scene) insert(ctx context.Context, q store.Queries, outbox *mail.Outbox) error {
	for _, c := range sc.companies {
		if err := q.InsertCompany(ctx, c); err != nil {
			return err
		}
	}
	for _, u := range sc.users {
		if err := q.InsertUser(ctx, *u); err != nil {
			return fmt.Errorf("%s: %w", u.Username, err)
		}
	}
	if err := sc.insertChallenges(ctx, q, outbox.Keys); err != nil {
		return err
	}
	if err := sc.insertApps(ctx, q, outbox.Keys); err != nil {
		return err
	}
	for _, e := range sc.events {
		if err := q.InsertEvent(ctx, e); err != nil {
			return err
		}
	}
	for _, l := range sc.letters {
		if err := outbox.Enqueue(ctx, q, sc.site, l.to, l.message); err != nil {
			return err
		}
	}
	return nil
}
