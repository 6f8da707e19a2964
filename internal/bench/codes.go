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
	// coders is how many people there are who sign in with a code: each a few times, as
	// often as codes are sent in an hour.
	coders = 1200
	// codesAtOnce is how many sign in at once, and codesARound how often all of them do.
	codesAtOnce, codesARound = 8, 100
	// mostBeyondHash is the limit, in milliseconds of a processor.
	mostBeyondHash = 3
)

// codeRound are sign-ins with codes from browsers that the people have used before, from
// browsers that they have not, of which they are told by another mail, and the hashes
// that both are compared with.
type codeRound struct{ known, fresh, hashes round }

// measureCodes compares what the server takes for complete sign-ins with a code with what
// their hashes take alone, in turns.
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
		all, disturbed, err := quietly(ctx, b.count(12), func() (codeRound, processor, error) { return w.round(ctx) })
		if err != nil {
			return err
		}
		known := func(r codeRound) round { return r.known }
		fresh := func(r codeRound) round { return r.fresh }
		name := "sign-in with a code / hash, server's processor time beyond, "
		b.report.add(beyondHash(name+db.engine, all, disturbed, known))
		f := beyondHash(name+"new browser, "+db.engine, all, disturbed, fresh)
		f.Informational = true
		b.report.add(f)
		return nil
	})
}

func coder(i int) string { return fmt.Sprintf("coder-%04d", i%coders) }

// settleCoders adds those who sign in with a code, each with a browser that is known.
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

// browserOf is the token that a person's browser is known by.
func browserOf(username string) string { return "browser-of-" + username }

// beyondHash is what one sign-in takes of the server's processor time apart from the hash.
func beyondHash(name string, all []codeRound, disturbed bool, which func(codeRound) round) figure {
	var beyond, server, kernel, hash []float64
	for _, r := range all {
		s, h := which(r), r.hashes
		server, hash = append(server, millis(s.spent.server)/s.count), append(hash, millis(h.spent.own)/h.count)
		kernel = append(kernel, millis(s.spent.kernel)/s.count)
		beyond = append(beyond, server[len(server)-1]-hash[len(hash)-1])
	}
	return figure{Name: name, Value: median(beyond), Unit: "ms", Limit: mostBeyondHash, Bound: below, Disturbed: disturbed,
		Detail: fmt.Sprintf("%.2f ms, of which hash %.2f ms, and in the kernel %.2f ms; %d rounds, quartiles %.2f and %.2f", median(server), median(hash), median(kernel),
			len(all), quantile(beyond, 0.25), quantile(beyond, 0.75))}
}

// codeWalks are sign-ins with codes, one person after the other.
type codeWalks struct {
	*bench
	s      *server
	turn   atomic.Int64
	before round // the hashes of the round before
}

// round is a round, with the hashes before and after it.
func (w *codeWalks) round(ctx context.Context) (r codeRound, spent processor, err error) {
	if r.known, err = w.all(ctx, browserOf); err != nil {
		return r, spent, err
	}
	if r.fresh, err = w.all(ctx, func(string) string { return "" }); err != nil {
		return r, spent, err
	}
	after, err := w.limit.measure(1500 * time.Millisecond)
	if err != nil {
		return r, spent, err
	}
	r.hashes = round{count: w.before.count + after.count, spent: w.before.spent.plus(after.spent)}
	w.before = after
	return r, r.known.spent.plus(r.fresh.spent).plus(r.hashes.spent), nil
}

// all has people sign in with codes, several at once. browser is what their browsers are
// known by; empty: they are not.
func (w *codeWalks) all(ctx context.Context, browser func(username string) string) (r round, err error) {
	before := processorTime(w.s)
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
	pause(ctx, 300*time.Millisecond) // the last mails are handed over, which counts as well
	return round{count: codesARound, spent: processorTime(w.s).minus(before)}, <-errs
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
