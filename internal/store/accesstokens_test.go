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
