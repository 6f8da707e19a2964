package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

const (
	// coders is how many users sign in with a code: each a few times, as often as codes
	// are sent in an hour.
	coders = 1200
	// codesAtOnce is how many sign in at once, and codesARound how often all of them do.
	codesAtOnce, codesARound = 8, 100
	// mostBeyondHashWithCode is the limit, in milliseconds of processor time.
	mostBeyondHashWithCode = 5
)

// codeRound are sign-ins with codes from known browsers, and from new ones, about which
// another mail tells the user.
type codeRound struct{ known, fresh round }

// measureCodes measures the cost of complete sign-ins with a code, apart from their
// hashes.
func measureCodes(ctx context.Context, b *bench, db *database) error {
	if err := b.settleCoders(ctx, db); err != nil {
		return err
	}
	b.sink.empty()
	return b.during(ctx, db, func(s *server) error {
		w := &codeWalks{bench: b, s: s}
		if _, _, err := w.round(ctx); err != nil { // to warm up
			return err
		}
		all, disturbed, err := quietly(ctx, b.count(8), func() (codeRound, processor, error) { return w.round(ctx) })
		if err != nil {
			return err
		}
		var known, fresh []round
		for _, r := range all {
			known, fresh = append(known, r.known), append(fresh, r.fresh)
		}
		name := "sign-in with a code / hash, processor time beyond, "
		b.report.add(beyondHash(name+db.engine, mostBeyondHashWithCode, known, disturbed))
		f := beyondHash(name+"new browser, "+db.engine, mostBeyondHashWithCode, fresh, disturbed)
		f.Informational = true
		b.report.add(f)
		return nil
	})
}

func coder(i int) string { return fmt.Sprintf("coder-%04d", i%coders) }

// settleCoders adds the users who sign in with a code, each with a known browser.
func (b *bench) settleCoders(ctx context.Context, db *database) error {
	return b.withStore(ctx, db, func(st *store.Store) error {
		all, err := b.settle(ctx, st, "Eastgate Ltd", coders, coder, func(s *settlement) { s.company.TwoFactor = true })
		if err != nil {
			return err
		}
		return st.Write(ctx, func(q store.Queries) error {
			for _, u := range all.users {
				_, _, err := q.DeviceSignedIn(ctx, u.SiteID, u.ID, secret.HashToken(browserOf(u.Username)), store.NewID("dev", u.CreatedAt), "", "", u.LastSignInAt)
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// browserOf is the token that identifies a user's browser.
func browserOf(username string) string { return "browser-of-" + username }

// codeWalks are sign-ins with codes, one user after another.
type codeWalks struct {
	*bench
	s    *server
	turn atomic.Int64
}

// round is a round of both.
func (w *codeWalks) round(ctx context.Context) (r codeRound, spent processor, err error) {
	if r.known, err = w.all(ctx, browserOf); err != nil {
		return r, spent, err
	}
	if r.fresh, err = w.all(ctx, func(string) string { return "" }); err != nil {
		return r, spent, err
	}
	return r, r.known.spent.plus(r.fresh.spent), nil
}

// all signs users in with codes, several at once. browser returns the tokens of known
// browsers; empty: they are not known.
func (w *codeWalks) all(ctx context.Context, browser func(username string) string) (r round, err error) {
	hash, before := w.s.hashing(), processorTime(w.s)
	var left atomic.Int64
	left.Store(codesARound)
	var all sync.WaitGroup
	errs := make(chan error, codesAtOnce)
	for range codesAtOnce {
		all.Go(func() {
			c := w.s.client(w.s.host)
			defer c.close()
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				username := coder(int(w.turn.Add(1)))
				if err := w.one(c, username, browser(username)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	pause(ctx, 300*time.Millisecond) // the last mails are handed over, which counts too
	r = round{count: codesARound, spent: processorTime(w.s).minus(before)}
	r.spent.hash = w.s.hashing() - hash
	return r, <-errs
}

// one signs in as somebody who follows the pages: the form, the page for codes, the code
// from the mail.
func (w *codeWalks) one(c *client, username, browser string) error {
	known := ""
	if browser != "" {
		known = "; " + c.cookie("gatehouse-device", browser)
	}
	signIn, token, err := c.open("/sign-in")
	if err != nil {
		return err
	}
	a, err := c.post("/sign-in", c.cookie("gatehouse-signin", signIn)+known, "form_token="+token+"&username="+username+"&password="+password)
	if err == nil && (a.status != 303 || a.signIn == "" || a.session != "") {
		err = fmt.Errorf("POST /sign-in: status %d, session %t: no code is asked for", a.status, a.session != "")
	}
	if err != nil {
		return err
	}
	cookies := c.cookie("gatehouse-signin", a.signIn) + known
	if a, err = c.get("/sign-in/code", cookies); err != nil {
		return err
	}
	token, found := a.formToken()
	if a.status != 200 || !found {
		return fmt.Errorf("GET /sign-in/code: status %d, form %t", a.status, found)
	}
	code, err := w.sink.code(username + "@northgate.example")
	if err != nil {
		return err
	}
	a, err = c.post("/sign-in/code", cookies, "form_token="+token+"&code="+code+"&send_automatically=no&send_automatically=yes")
	if err == nil && (a.status != 303 || a.session == "") {
		err = fmt.Errorf("POST /sign-in/code: status %d, session %t: %.400s", a.status, a.session != "", a.body)
	}
	return err
}
