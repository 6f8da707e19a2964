package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

const (
	// passkeysAtOnce is how many users sign in with a passkey at once.
	passkeysAtOnce = 8
	// appers is how many users have an app: a code works once, so each signs in once.
	appers = 1400
	// mostOfPasskey and mostOfAppCode are the limits, in milliseconds of the server's
	// processor time; leastPasskeys is the least number of sign-ins a second.
	mostOfPasskey, mostOfAppCode, leastPasskeys = 2, 2, 400
)

// factorBench are users with factors of their own, and the server that they sign in to.
type factorBench struct {
	*bench
	s    *server
	keys []*authenticator
	turn atomic.Int64 // the next user with an app
}

// measureFactors measures sign-ins with a passkey, and the codes of authenticator apps.
func measureFactors(ctx context.Context, b *bench, db *database) error {
	f := &factorBench{bench: b}
	if err := b.withStore(ctx, db, func(st *store.Store) error {
		return f.settleAll(ctx, st)
	}); err != nil {
		return err
	}
	return b.during(ctx, db, func(s *server) error {
		f.s = s
		if err := f.passkeys(ctx); err != nil {
			return err
		}
		return f.appCodes(ctx)
	})
}

func passkeyHolder(i int) string { return fmt.Sprintf("holder-%d", i) }
func apper(i int) string         { return fmt.Sprintf("apper-%04d", i) }

// appKey is the key of everybody's app.
const appKey = "a-key-of-20-bytes-ok"

// settleAll adds users with a passkey each, and users with an app each.
func (f *factorBench) settleAll(ctx context.Context, st *store.Store) error {
	holders, err := f.settle(ctx, st, "Westgate Ltd", passkeysAtOnce, passkeyHolder, nil)
	if err != nil {
		return err
	}
	others, err := f.settle(ctx, st, "Southgate Ltd", appers, apper, nil)
	if err != nil {
		return err
	}
	return st.Write(ctx, func(q store.Queries) error {
		f.keys = nil // the closure may run twice
		for _, u := range holders.users {
			if err := f.addPasskey(ctx, q, u); err != nil {
				return err
			}
		}
		for _, u := range others.users {
			if err := f.addApp(ctx, q, u); err != nil {
				return err
			}
		}
		return nil
	})
}

// factorOf is a new factor of a user.
func factorOf(u gatehouse.User, kind gatehouse.FactorKind) gatehouse.Factor {
	return gatehouse.Factor{ID: store.NewID("fac", u.CreatedAt), SiteID: u.SiteID, UserID: u.ID, Kind: kind, Name: "Phone", CreatedAt: u.CreatedAt}
}

func (f *factorBench) addPasskey(ctx context.Context, q store.Queries, u gatehouse.User) error {
	a, err := newAuthenticator()
	if err != nil {
		return err
	}
	if a.handle, err = q.PasskeyHandle(ctx, u.SiteID, u.ID, a.handle); err != nil {
		return err
	}
	f.keys = append(f.keys, a)
	_, err = q.InsertPasskey(ctx, gatehouse.Passkey{Factor: factorOf(u, gatehouse.FactorPasskey), CredentialID: a.id, Handle: a.handle,
		PublicKey: []byte(a.public), Transports: []string{"internal"}, Verified: true})
	return err
}

func (f *factorBench) addApp(ctx context.Context, q store.Queries, u gatehouse.User) error {
	app := factorOf(u, gatehouse.FactorApp)
	sealed, err := signin.SealAppKey(f.bench.keys, app, []byte(appKey))
	if err != nil {
		return err
	}
	if err := q.InsertFactor(ctx, app, sealed); err != nil {
		return err
	}
	if _, err := q.ConfirmFactor(ctx, app, u.CreatedAt); err != nil {
		return err
	}
	_, _, err = q.DeviceSignedIn(ctx, u.SiteID, u.ID, secret.HashToken(browserOf(u.Username)), store.NewID("dev", u.CreatedAt), "", "", u.LastSignInAt)
	return err
}

// passkeys measures sign-ins with a passkey, each user in their own known browser, from the
// sign-in page to the session.
func (f *factorBench) passkeys(ctx context.Context) error {
	all, disturbed, err := quietly(ctx, f.count(8), func() (round, processor, error) {
		st := &storm{end: make(chan struct{})}
		for i, key := range f.keys {
			st.all.Go(func() {
				c := f.s.client(f.s.host)
				c.remembers = true
				defer c.close()
				for !st.over() {
					if err := f.withPasskey(c, key); err != nil {
						st.fail(fmt.Errorf("%s: %w", passkeyHolder(i), err))
						return
					}
					st.done.Add(1)
				}
			})
		}
		pause(ctx, 500*time.Millisecond) // all browsers are known by then
		r := watch(ctx, f.s, &st.done, 1500*time.Millisecond)
		return r, r.spent, st.still()
	})
	if err != nil {
		return err
	}
	var rates []float64
	for _, r := range all {
		rates = append(rates, r.perSecond)
	}
	engine := f.s.db.engine
	f.report.add(figure{Name: fmt.Sprintf("sign-ins with a passkey by %d clients, %s", passkeysAtOnce, engine), Value: median(rates), Unit: "/s",
		Limit: leastPasskeys, Bound: atLeast, Disturbed: disturbed, Informational: engine == "postgres",
		Detail: fmt.Sprintf("%d rounds, quartiles %.0f and %.0f", len(rates), quantile(rates, 0.25), quantile(rates, 0.75))})
	f.report.add(serverTime("sign-in with a passkey, processor time of the server, "+engine, mostOfPasskey, all, disturbed))
	return nil
}

// serverTime is the server's processor time per operation, without the hash; the database's
// is in the detail.
func serverTime(name string, limit float64, rounds []round, disturbed bool) figure {
	var server, kernel, database []float64
	for _, r := range rounds {
		s, k, d := r.beyond()
		server, kernel, database = append(server, s), append(kernel, k), append(database, d)
	}
	return figure{Name: name, Value: median(server), Unit: "ms", Limit: limit, Bound: below, Disturbed: disturbed,
		Detail: fmt.Sprintf("in the kernel %.2f ms, database beside it %.2f ms; %d rounds, quartiles %.2f and %.2f",
			median(kernel), median(database), len(rounds), quantile(server, 0.25), quantile(server, 0.75))}
}

// withPasskey signs in with a passkey: the page, the options, the answer.
func (f *factorBench) withPasskey(c *client, key *authenticator) error {
	signIn, token, err := c.open("/sign-in")
	if err != nil {
		return err
	}
	cookies := c.cookie("gatehouse-signin", signIn)
	if c.device != "" {
		cookies += "; " + c.cookie("gatehouse-device", c.device)
	}
	a, err := c.get("/sign-in/passkey/options", cookies)
	if err != nil {
		return err
	}
	var asked struct {
		Challenge string `json:"challenge"`
		RPID      string `json:"rpId"`
	}
	if err := json.Unmarshal(a.body, &asked); err != nil {
		return fmt.Errorf("GET /sign-in/passkey/options: status %d: %w", a.status, err)
	}
	answer, err := key.answer(asked.RPID, "http://"+f.s.host, asked.Challenge)
	if err != nil {
		return err
	}
	a, err = c.post("/sign-in/passkey", cookies, "form_token="+token+"&answer="+url.QueryEscape(answer))
	if err == nil && (a.status != 303 || a.session == "") {
		err = fmt.Errorf("POST /sign-in/passkey: status %d, session %t", a.status, a.session != "")
	}
	return err
}

// appCodes measures what a code of an app costs: the page for it, and the code. The
// passwords, with their hashes, come before.
func (f *factorBench) appCodes(ctx context.Context) error {
	if _, _, err := f.codes(ctx); err != nil { // to warm up
		return err
	}
	all, disturbed, err := quietly(ctx, f.count(8), func() (round, processor, error) { return f.codes(ctx) })
	if err != nil {
		return err
	}
	f.report.add(serverTime("code of an app, processor time of the server beyond the hash, "+f.s.db.engine, mostOfAppCode, all, disturbed))
	return nil
}

// codes is a round of codes, each of another user.
func (f *factorBench) codes(ctx context.Context) (r round, spent processor, err error) {
	waiting, err := f.passwords(ctx)
	if err != nil {
		return r, spent, err
	}
	pause(ctx, 300*time.Millisecond) // what the passwords left to do is not the codes'
	hash, before := f.s.hashing(), processorTime(f.s)
	if err := f.each(ctx, len(waiting), func(c *client, i int) error { return f.enterCode(c, waiting[i]) }); err != nil {
		return r, spent, err
	}
	r = round{count: float64(len(waiting)), spent: processorTime(f.s).minus(before)}
	r.spent.hash = f.s.hashing() - hash
	return r, r.spent, nil
}

// passwords signs users in as far as the page for codes, each in their own known browser, and
// returns the cookies.
func (f *factorBench) passwords(ctx context.Context) ([]string, error) {
	waiting := make([]string, codesARound)
	return waiting, f.each(ctx, len(waiting), func(c *client, i int) error {
		username := apper(int(f.turn.Add(1) - 1))
		c.device = browserOf(username)
		t, err := c.signIn(username, password)
		if err == nil && (t.status != 303 || t.signIn == "" || t.session != "") {
			err = fmt.Errorf("no code is asked for: %w", t.unexpected())
		}
		waiting[i] = c.cookie("gatehouse-signin", t.signIn) + "; " + c.cookie("gatehouse-device", c.device)
		return err
	})
}

// enterCode opens the page for codes, and enters what the app shows.
func (f *factorBench) enterCode(c *client, cookies string) error {
	a, err := c.get("/sign-in/code", cookies)
	if err != nil {
		return err
	}
	token, found := a.formToken()
	if a.status != 200 || !found {
		return fmt.Errorf("GET /sign-in/code: status %d, form %t", a.status, found)
	}
	code := gatehouse.AppCode([]byte(appKey), gatehouse.AppStep(time.Now()))
	a, err = c.post("/sign-in/code", cookies, "form_token="+token+"&way=app&code="+code)
	if err == nil && (a.status != 303 || a.session == "") {
		err = fmt.Errorf("POST /sign-in/code: status %d, session %t: %.400s", a.status, a.session != "", a.body)
	}
	return err
}

// each does something so many times, several at once, and returns an error if there is one.
func (f *factorBench) each(ctx context.Context, count int, do func(c *client, i int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, codesAtOnce)
	for range codesAtOnce {
		all.Go(func() {
			c := f.s.client(f.s.host)
			defer c.close()
			for i := int(next.Add(1)) - 1; i < count && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(c, i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	return <-errs
}
