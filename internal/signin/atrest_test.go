package signin_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// Somebody with a copy of the database has no codes: keys of apps are sealed, each for its own row,
// and recovery codes are hashed with a key that is not in it (SP 800-63B-4 SFOV-1, LSV-4).
func TestFactorsAreStoredSealedOrHashed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, codes := s.withApp("msantos", nil)
		factors, err := s.Store.Read().Factors(ctx, u.SiteID, u.ID)
		s.must(err)
		stored, err := s.Store.Read().RecoveryCodes(ctx, u.SiteID, u.ID)
		s.must(err)
		if len(factors) != 1 || len(stored) != len(codes) {
			t.Fatalf("%d apps, %d codes", len(factors), len(stored))
		}
		f := factors[0]
		if bytes.Contains(f.Sealed, app.key) || bytes.Contains(f.Sealed, []byte(gatehouse.AppKeyText(app.key))) || bytes.Contains(f.Sealed, []byte(base64.StdEncoding.EncodeToString(app.key))) {
			t.Error("the key of an app is stored as it is")
		}
		if key, err := signin.OpenAppKey(s.Keys, f); err != nil || !bytes.Equal(key, app.key) {
			t.Errorf("the key of its own row: %v", err)
		}
		f.UserID = "usr-other"
		if _, err := signin.OpenAppKey(s.Keys, f); err == nil {
			t.Error("the key of an app opens in another user's row")
		}
		macs := map[string]bool{}
		for i, c := range stored {
			macs[c.MAC] = true
			if strings.Contains(c.MAC, codes[i]) || len(c.MAC) < 43 {
				t.Errorf("a recovery code is stored as %q", c.MAC)
			}
		}
		if len(macs) != len(codes) {
			t.Errorf("%d codes have %d hashes", len(codes), len(macs))
		}
	})
}

// What was set up stays on record when it is removed, with its time, address and device
// (SP 800-63B-4 AUTHB-2, AUTHB-5).
func TestFactorsAreOnRecordWhenTheyAreGone(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in := s.open(u, first, "")
		added := s.Clock.Now()
		s.addApp(in, "Phone")
		factors, err := s.Store.Read().Factors(ctx, u.SiteID, u.ID)
		s.must(err)
		s.Clock.Add(time.Minute)
		ses := s.session(in)
		in.Caller = ses.Caller(in.Caller)
		s.must(s.own().RemoveFactor(ctx, s.uk(), in, ses.Session, factors[0].ID))
		kinds := []gatehouse.EventKind{gatehouse.EventFactorAdded, gatehouse.EventFactorRemoved}
		all, err := s.Store.Read().EventPageOfUser(ctx, u.SiteID, u.ID, store.EventPage{Kinds: kinds, Limit: 100})
		s.must(err)
		if len(all) != 2 || s.User(u).Factors != 0 {
			t.Fatalf("%d events, %d factors", len(all), s.User(u).Factors)
		}
		for i, e := range all { // the newest first
			if e.Kind != kinds[1-i] || !e.At.Equal(added.Add(time.Duration(1-i)*time.Minute)) || e.IPAddress == "" || e.UserAgent == "" || e.Detail["kind"] == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}
