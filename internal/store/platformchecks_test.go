package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// Any change, by this process or by another one on the same database, is visible to the next
// request of a platform: a store with a warm cache always answers the same as the database itself.
func TestAPlatformsCheckIsNeverOld(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		ctx := t.Context()
		processes := []*store.Store{open(t, url), open(t, url)}
		a, f := testGrant(t, processes[0], "one")
		chance, good := rand.New(rand.NewPCG(3, 4)), 0 //nolint:gosec // not a secret
		for i := range 300 {
			hash, now := fmt.Sprint(chance.IntN(3)), noon.Add(time.Duration(i)*time.Second)
			if chance.IntN(3) == 0 {
				write(t, processes[chance.IntN(2)], func(q store.Queries) error {
					switch chance.IntN(7) {
					case 0:
						a.State = [2]gatehouse.ApplicationState{gatehouse.ApplicationActive, gatehouse.ApplicationDisabled}[i%2]
						return q.UpdateApplication(ctx, a)
					case 1:
						return q.DeleteApplicationSecret(ctx, "one", a.ID, hash)
					case 2:
						if err := q.DeleteApplicationSecret(ctx, "one", a.ID, hash); err != nil {
							return err
						}
						return q.InsertApplicationSecret(ctx, "one", a.ID, store.ApplicationSecret{Hash: hash, CreatedAt: now})
					case 3:
						return q.DeleteAccessToken(ctx, "one", hash)
					case 4, 5:
						if err := q.DeleteAccessToken(ctx, "one", hash); err != nil {
							return err
						}
						return q.InsertAccessToken(ctx, hash, gatehouse.AccessToken{SiteID: "one", ApplicationID: a.ID, FamilyID: []string{f.ID, ""}[i%2], CreatedAt: now, ExpiresAt: noon})
					}
					return store.Run(ctx, q, `UPDATE token_families SET ended_at = $1 WHERE site_id = 'one' AND id = $2`, (i%2)*1000, f.ID)
				})
			}
			s := processes[chance.IntN(2)]
			asked, direct := platformChecks(t, s, i%2 == 0, a.ID, hash, f.ID), platformChecks(t, store.Unkept(s), false, a.ID, hash, f.ID)
			if !reflect.DeepEqual(asked, direct) {
				t.Fatalf("step %d: a request is answered %+v, the database has %+v", i, asked, direct)
			}
			if asked[3] != nil {
				good++
			}
		}
		if good < 30 {
			t.Errorf("only %d tokens were found", good)
		}
	})
}

// platformChecks returns a store's answers to everything that platforms' requests check, the second
// ones along with the first, or each by itself.
func platformChecks(t *testing.T, s *store.Store, along bool, application, token, family string) []any {
	t.Helper()
	ofToken, ofFamily := t.Context(), t.Context()
	if along {
		ofToken, ofFamily = s.AccessAhead(ofToken, "one", token), s.FamilyAhead(ofFamily, "one", family)
	}
	client, secrets, clientErr := s.Client(ofToken, "one", application)
	access, grant, accessErr := s.Access(ofToken, "one", token)
	if _, _, err := s.Client(ofFamily, "one", application); gatehouse.KindOf(err) != gatehouse.KindOf(clientErr) {
		t.Errorf("the same application twice: %v, %v", clientErr, err)
	}
	whole, familyErr := s.Family(ofFamily, "one", family)
	var found any
	if accessErr == nil {
		found = access
	}
	if grant == nil {
		grant = new(store.TokenGrant)
	}
	_, _, elsewhere := s.Access(t.Context(), "two", token)
	return []any{client, secrets, gatehouse.KindOf(clientErr), found, *grant, gatehouse.KindOf(accessErr), whole, gatehouse.KindOf(familyErr), gatehouse.KindOf(elsewhere)}
}

// What goes along with one check is for that request only: it is not an answer to a later one, and a
// check of something else is not answered by it.
func TestACheckAheadIsForOneRequest(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		a, f := testGrant(t, s, "one")
		ctx := t.Context()
		first := s.FamilyAhead(ctx, "one", f.ID)
		if _, _, err := s.Client(first, "one", a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Family(first, "one", "another"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("another family: %v", err)
		}
		write(t, s, func(q store.Queries) error {
			return store.Run(ctx, q, `UPDATE token_families SET ended_at = 1000 WHERE site_id = 'one' AND id = $1`, f.ID)
		})
		next := s.FamilyAhead(ctx, "one", f.ID)
		if _, _, err := s.Client(next, "one", a.ID); err != nil {
			t.Fatal(err)
		}
		if g, err := s.Family(next, "one", f.ID); err != nil || g.Family.Alive(noon) {
			t.Errorf("the next request: %v, alive %t", err, g.Family.Alive(noon))
		}
	})
}

// On PostgreSQL the second check of a request is answered with the first: what happens in between is
// seen by the next request.
func TestACheckAheadIsAnsweredWithTheFirst(t *testing.T) {
	s := open(t, testkit.PostgresURL(t))
	a, f := testGrant(t, s, "one")
	for _, c := range []struct {
		name  string
		ctx   context.Context
		alive bool
	}{
		{"with the first", s.FamilyAhead(t.Context(), "one", f.ID), true},
		{"by itself", t.Context(), false},
	} {
		if _, _, err := s.Client(c.ctx, "one", a.ID); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(q store.Queries) error {
			return store.Run(c.ctx, q, `UPDATE token_families SET ended_at = 1000 WHERE site_id = 'one' AND id = $1`, f.ID)
		})
		if g, err := s.Family(c.ctx, "one", f.ID); err != nil || g.Family.Alive(noon) != c.alive {
			t.Errorf("%s: %v, alive %t", c.name, err, g.Family.Alive(noon))
		}
	}
}
