package store_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Access tokens that come at the same time are added together: each is there when its call returns,
// as it was given, and one that is refused harms no other.
func TestAccessTokensAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		a, _ := testGrant(t, s, "one")
		token := func(i int) gatehouse.AccessToken {
			return gatehouse.AccessToken{SiteID: "one", ApplicationID: a.ID, Scopes: []string{"orders", fmt.Sprintf(`"%d's`, i)}, Audience: []string{"https://api.example/"},
				JKT: "key", CreatedAt: noon.Add(time.Duration(i) * time.Microsecond), ExpiresAt: noon.Add(time.Hour)}
		}
		write(t, s, func(q store.Queries) error { return q.InsertAccessToken(t.Context(), "taken", token(0)) })
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				if i%10 == 9 {
					if err := s.InsertAccessToken(t.Context(), "taken", token(i)); err == nil {
						t.Error("a hash was taken twice")
					}
					return
				}
				hash := fmt.Sprintf("hash-%d", i)
				if err := s.InsertAccessToken(t.Context(), hash, token(i)); err != nil {
					t.Error(err)
				}
				got, _, err := s.Access(t.Context(), "one", hash)
				if want := token(i); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%+v, %v; want %+v", got, err, want)
				}
			})
		}
		all.Wait()
		if got, _, err := s.Access(t.Context(), "one", "taken"); err != nil || !reflect.DeepEqual(got, token(0)) {
			t.Errorf("the first token: %+v, %v", got, err)
		}
	})
}

// A unit of work that needs no answer is one message to PostgreSQL, and still happens as a whole or
// not at all.
func TestAUnitWithoutAnswersIsWhole(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		a, _ := testGrant(t, s, "one")
		token := gatehouse.AccessToken{SiteID: "one", ApplicationID: a.ID, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)}
		add := func(hashes ...string) error {
			return s.Write(t.Context(), func(q store.Queries) error {
				for _, hash := range hashes {
					if err := q.InsertAccessToken(t.Context(), hash, token); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := add("a", "taken"); err != nil {
			t.Fatal(err)
		}
		if err := add("b", "taken", "c"); err == nil {
			t.Error("a hash was taken twice")
		}
		if err := add("d"); err != nil { // the connection is good for the next one
			t.Error(err)
		}
		for hash, there := range map[string]bool{"a": true, "b": false, "c": false, "d": true} {
			if _, _, err := s.Access(t.Context(), "one", hash); (err == nil) != there {
				t.Errorf("%s: %v", hash, err)
			}
		}
	})
}
