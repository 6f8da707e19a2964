package gatehouse

import (
	"slices"
	"testing"
	"time"
)

func TestSubjects(t *testing.T) {
	a, b, c := authorizeApp(), authorizeApp(), authorizeApp()
	b.Settings.Sector, c.Settings.Sector = "shop.example", "orders.example"
	salt := []byte("salt")
	if Subject(a, "usr_1", salt) != "usr_1" {
		t.Error("a public subject is the user's ID")
	}
	one, same, other, another := Subject(b, "usr_1", salt), Subject(b, "usr_1", salt), Subject(c, "usr_1", salt), Subject(b, "usr_2", salt)
	if one != same || one == other || one == another || len(one) != 43 || one == Subject(b, "usr_1", []byte("other site's")) {
		t.Error("pairwise subjects:", one, same, other, another)
	}
	// The boundary between sector and user is unambiguous.
	b.Settings.Sector, c.Settings.Sector = "a", "aus"
	if Subject(b, "usr_1", salt) == Subject(c, "r_1", salt) {
		t.Error("two users with one subject")
	}
}

func TestClaimsComeWithTheirScopes(t *testing.T) {
	a := authorizeApp()
	f := ClaimFacts{User: User{Username: "msantos", FirstName: "Mira", LastName: "Santos", Email: "m@northgate.example", Role: RoleAdmin, CreatedAt: time.Unix(1000, 0)},
		Company: Company{ID: "com_1", Name: "Northgate", AccountNumber: "10482"}, Locale: "en-GB", Zone: "Europe/London"}
	names := func(scopes, named []string) []string {
		var all []string
		for name := range ClaimsFor(a, scopes, named, f) {
			all = append(all, name)
		}
		slices.Sort(all)
		return all
	}
	for _, test := range []struct{ scopes, named, want []string }{
		{[]string{"openid"}, nil, nil},
		{[]string{"openid", "email"}, nil, []string{"email", "email_verified"}},
		{[]string{"openid", "profile"}, nil, []string{"family_name", "given_name", "locale", "name", "preferred_username", "updated_at", "zoneinfo"}},
		{[]string{"openid", "company"}, nil, []string{"account_number", "company_id", "company_name", "role"}},
		{[]string{"openid"}, []string{"name", "password_hash"}, []string{"name"}},
	} {
		if got := names(test.scopes, test.named); !slices.Equal(got, test.want) {
			t.Errorf("%v %v: %v", test.scopes, test.named, got)
		}
	}
	updated := func() any { return ClaimsFor(a, []string{"profile"}, nil, f)["updated_at"] }
	if got := updated(); got != int64(1000) {
		t.Errorf("a profile that was never changed is of %v", got)
	}
	f.User.ProfileChangedAt = time.Unix(2000, 5)
	if got := updated(); got != int64(2000) {
		t.Errorf("a profile that was changed is of %v", got)
	}
	a.Settings.Scopes = []string{"openid"}
	if got := names([]string{"openid"}, []string{"email"}); got != nil {
		t.Error("a claim by name whose scope the application may not have:", got)
	}
	f.User.Email, f.User.FirstName = "", ""
	claims := ClaimsFor(authorizeApp(), []string{"profile", "email"}, nil, f)
	for _, name := range []string{"email", "email_verified", "given_name"} {
		if _, there := claims[name]; there {
			t.Errorf("%s stands there empty", name)
		}
	}
	if claims["name"] != "Santos" {
		t.Error(claims["name"])
	}
}

func TestKeysArePublishedBeforeTheySignAndAfter(t *testing.T) {
	now := authorizeNow
	old := SigningKey{ID: "a", Alg: ES256, SignFrom: now.Add(-time.Hour), RetireAt: now.Add(time.Hour)}
	next := SigningKey{ID: "b", Alg: ES256, SignFrom: now.Add(KeyLead)}
	gone := SigningKey{ID: "c", Alg: ES256, SignFrom: now.Add(-time.Minute), RetireAt: now}
	keys := []SigningKey{next, old, gone, {ID: "d", Alg: RS256, SignFrom: now.Add(-time.Second)}}
	if k, ok := SigningKeyFor(keys, ES256, now); !ok || k.ID != "a" {
		t.Error("before its time:", k.ID)
	}
	if k, ok := SigningKeyFor(keys, ES256, now.Add(KeyLead)); !ok || k.ID != "b" {
		t.Error("from then on:", k.ID)
	}
	if _, ok := SigningKeyFor(keys, EdDSA, now); ok {
		t.Error("a key of another algorithm")
	}
	if gone.Published(now) || !old.Published(now) || !next.Published(now) {
		t.Error("what is published")
	}
}
