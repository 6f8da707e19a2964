package sso

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Logouts notifies applications that sessions have ended (OpenID Connect Back-Channel Logout 1.0).
// Everything that ends a session records, in its transaction, which applications have to be
// notified (store.Queries.NoteLogin); this sends the notices. Any number of processes may run one
// on the same database. Each application has its own lane, so one that does not respond delays
// nobody else.
type Logouts struct {
	*Service
	// Sites returns a site by its ID; nil if this process has no such site.
	Sites func(id string) *site.Site
	// Counted is called with the result of each try.
	Counted func(result string)

	once  sync.Once
	nudge chan struct{}
	lanes sync.WaitGroup
	mu    sync.Mutex
	busy  map[store.Lane]bool
}

const (
	// logoutPoll is how often to look for what another process has recorded, or what to try again.
	logoutPoll = 2 * time.Second
	// logoutLease is how long a claim lasts: several times as long as a request may take.
	logoutLease = time.Minute
	// atOnce is how many requests one application gets at a time.
	atOnce = 4
	// recordTime is how long recording the result of a try may take.
	recordTime = 10 * time.Second
)

// logoutEvent is the event in a logout token (Back-Channel Logout 2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// typeLogout keeps a logout token from being mistaken for an ID token (Back-Channel Logout 2.4).
const typeLogout = "logout+jwt"

// Nudge makes it look for ended sessions: call it after a transaction that has ended some.
func (l *Logouts) Nudge() {
	l.once.Do(l.init)
	select {
	case l.nudge <- struct{}{}:
	default: // it is already awake
	}
}

func (l *Logouts) init() {
	l.nudge, l.busy = make(chan struct{}, 1), map[store.Lane]bool{}
}

// Run notifies applications until ctx ends, and returns when the pending requests have finished.
func (l *Logouts) Run(ctx context.Context) {
	l.once.Do(l.init)
	tick := time.NewTicker(logoutPoll)
	defer tick.Stop()
	for {
		due, err := l.Store.Read().DueLogouts(ctx, l.Now())
		if err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "logouts: looking for them", "error", err)
		}
		for _, lane := range due {
			if l.enter(lane) {
				l.lanes.Go(func() { l.drive(ctx, lane) })
			}
		}
		select {
		case <-ctx.Done():
			l.lanes.Wait()
			return
		case <-l.nudge:
		case <-tick.C:
		}
	}
}

func (l *Logouts) enter(lane store.Lane) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[lane] {
		return false
	}
	l.busy[lane] = true
	return true
}

func (l *Logouts) leave(lane store.Lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, lane)
}

// drive sends one application all due notices. What was added between its last claim and its end
// is checked for once more.
func (l *Logouts) drive(ctx context.Context, lane store.Lane) {
	done := false
	defer func() {
		if done {
			l.Nudge()
		}
	}()
	defer l.leave(lane)
	defer func() {
		if p := recover(); p != nil {
			l.Log.ErrorContext(ctx, "logouts: panic", "site", lane.SiteID, "application", lane.ApplicationID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	st := l.Sites(lane.SiteID)
	for st != nil && ctx.Err() == nil {
		more, err := l.some(context.WithoutCancel(ctx), st, lane)
		if err != nil {
			l.Log.ErrorContext(ctx, "logouts", "site", lane.SiteID, "application", lane.ApplicationID, "error", err)
		}
		if done = err == nil && !more; done || err != nil {
			return
		}
	}
}

// some notifies an application of a few sessions, concurrently. It reports whether there may be
// more.
func (l *Logouts) some(ctx context.Context, st *site.Site, lane store.Lane) (bool, error) {
	now := l.Now()
	until := now.Add(logoutLease).Truncate(time.Microsecond)
	var claimed []gatehouse.PlatformLogin
	err := l.Store.Write(ctx, func(q store.Queries) (err error) {
		claimed, err = q.ClaimLogouts(ctx, lane, now, until, atOnce)
		return err
	})
	if err != nil || len(claimed) == 0 {
		return false, err
	}
	a, err := l.Store.Read().Application(ctx, lane.SiteID, lane.ApplicationID)
	if err != nil {
		return false, err
	}
	results := make([]gatehouse.PlatformLogin, len(claimed))
	var all sync.WaitGroup
	for i, login := range claimed {
		all.Go(func() { results[i] = l.tell(ctx, st, a, login) })
	}
	all.Wait()
	for _, result := range results {
		if err := l.record(ctx, st, a, result, until); err != nil {
			return false, err
		}
	}
	return true, nil
}

// tell notifies an application that one session has ended, and returns the result.
func (l *Logouts) tell(ctx context.Context, st *site.Site, a gatehouse.Application, login gatehouse.PlatformLogin) gatehouse.PlatformLogin {
	address := a.Settings.BackchannelLogoutURI
	if address == "" {
		login.Told, login.DueAt = gatehouse.LogoutUntold, time.Time{}
		return login
	}
	token, err := l.LogoutToken(ctx, st, a, login)
	if err == nil {
		err = l.Outbound.Post(ctx, address, url.Values{"logout_token": {token}})
	}
	now := l.Now()
	login.ToldAt = now
	if err == nil {
		login.Told, login.DueAt, login.Problem = gatehouse.LogoutConfirmed, time.Time{}, ""
		return login
	}
	login.Tries++
	login.Problem = strings.ToValidUTF8(err.Error(), "")
	if login.DueAt = login.NextLogout(now); login.DueAt.IsZero() {
		login.Told = gatehouse.LogoutFailed
	}
	return login
}

// errLost: the claim had expired, and another process notifies it.
var errLost = errors.New("the claim has run out")

// record records the result of notifying an application. Giving up is an event about the user:
// somewhere a session of theirs may still be open.
func (l *Logouts) record(ctx context.Context, st *site.Site, a gatehouse.Application, login gatehouse.PlatformLogin, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	err := l.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System, Name: "logouts"}, func(tx *act.Unit) error {
		ours, err := tx.FinishLogout(tx, login, until)
		if err == nil && !ours {
			err = errLost
		}
		if err != nil || login.Told != gatehouse.LogoutFailed {
			return err
		}
		u, err := tx.User(tx, st.ID, login.UserID)
		if err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventLogoutFailed, gatehouse.ResultExpired, about(a, "name", a.Name))
	})
	if errors.Is(err, errLost) {
		return nil
	}
	result, level := string(login.Told), slog.LevelDebug
	switch {
	case login.Told == gatehouse.LogoutFailed:
		level = slog.LevelError
	case login.Problem != "":
		result, level = "deferred", slog.LevelWarn
	}
	l.Log.Log(ctx, level, "logouts: "+result, "site", st.ID, "application", a.ID, "tries", login.Tries, "problem", login.Problem)
	if err == nil && login.Told != gatehouse.LogoutUntold && l.Counted != nil {
		l.Counted(result)
	}
	return err
}

// LogoutToken makes the token that notifies an application that a session has ended. It has both
// sub and sid, and never a nonce (Back-Channel Logout 2.4).
func (s *Service) LogoutToken(ctx context.Context, st *site.Site, a gatehouse.Application, login gatehouse.PlatformLogin) (string, error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	now := s.Now()
	return r.sign(a.Settings.IDTokenAlg, typeLogout, map[string]any{
		"iss": Issuer(st), "aud": a.ID, "sub": login.Subject, "sid": login.SID,
		"iat": now.Unix(), "exp": now.Add(gatehouse.LogoutTokenLifetime).Unix(), "jti": secret.NewToken(),
		"events": map[string]any{logoutEvent: struct{}{}},
	}, now)
}
