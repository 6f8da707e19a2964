package account_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// A code that was mailed to an account's previous address opens nothing; confirming the present
// address ends none.
func TestB07ANewAddressEndsCodes(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		send := func(signIn string) {
			f.Clock.Add(time.Minute)
			now := f.Clock.Now()
			f.write(func(q store.Queries) error {
				return q.InsertCode(t.Context(), u.SiteID, u.ID, signIn, gatehouse.Code{ID: store.NewID("cod", now), MAC: signIn, SentAt: now, ExpiresAt: now.Add(5 * time.Minute)})
			})
		}
		works := func(signIn string) bool {
			codes, err := f.Store.Read().Codes(t.Context(), u.SiteID, signIn)
			if err != nil || len(codes) != 1 {
				t.Fatalf("%d codes, %v", len(codes), err)
			}
			return f.Clock.Now().Before(codes[0].ExpiresAt)
		}
		f.ask(u, "elsewhere@northgate.example")
		token := f.token("elsewhere@northgate.example", confirmPath)
		send("sin_1")
		if !works("sin_1") {
			t.Error("a change that waits ends codes")
		}
		if err := f.confirm(token); err != nil {
			t.Fatal(err)
		}
		if works("sin_1") {
			t.Error("the code in the old mailbox still works")
		}
	})
}

// Invariant 2, below all other guards: a code is used up once.
func TestACodeIsUsedUpOnce(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u, now := f.user("meridian-uk", "priya", nil), f.Clock.Now()
		code := gatehouse.Code{ID: store.NewID("cod", now), MAC: "mac", SentAt: now, ExpiresAt: now.Add(5 * time.Minute)}
		in := gatehouse.SignIn{ID: "sin_1", SiteID: u.SiteID, UserID: u.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
		f.write(func(q store.Queries) error {
			return errors.Join(q.InsertSignIn(t.Context(), "hash of a token", in), q.InsertCode(t.Context(), u.SiteID, u.ID, in.ID, code))
		})
		for _, want := range []bool{true, false} {
			f.write(func(q store.Queries) error {
				used, err := q.UseCode(t.Context(), u.SiteID, code.ID, now)
				if used != want {
					t.Errorf("used up: %v, want %v", used, want)
				}
				return err
			})
		}
	})
}
