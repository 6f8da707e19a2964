package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

// A filter is read again from its text form.
func TestUserFilterHasATextForm(t *testing.T) {
	for _, f := range []gatehouse.UserFilter{{}, {Text: "a&b = ü"}, {Role: gatehouse.RoleAdmin, Factor: gatehouse.TwoFactorIsOff},
		{Groups: gatehouse.SetOf(gatehouse.ListGroups...)}, {Text: strings.Repeat("ä", gatehouse.MostSearchText), Groups: gatehouse.SetOf(gatehouse.GroupAway, gatehouse.GroupLocked)}} {
		if again := gatehouse.ReadUserFilter(f.Query()); again != f {
			t.Errorf("%+v is read as %+v", f, again)
		}
	}
	if bad := gatehouse.ReadUserFilter(map[string][]string{"q": {"\x00\xff"}, "group": {"nonsense", "locked"}, "role": {"emperor"}, "factor": {"x"}}); bad.Text == "" || bad.Groups != gatehouse.SetOf(gatehouse.GroupLocked) || bad.Role != "" || bad.Factor != "" {
		t.Errorf("%+v", bad)
	}
}

// Parts of a name, a username or an address find a user, in any order, and without accents.
func TestUsersAreFoundByWords(t *testing.T) {
	u := gatehouse.User{FirstName: "Zoë Abigaïl", LastName: "Müller-Łukasz", Username: "ZMueller", Email: "zoe.m@Northgate.EXAMPLE"}
	for text, want := range map[string]bool{"": true, "zoe": true, "ZOË": true, "mull": true, "müller-lukasz abig": true, "abigail zmuel": true, "lukasz": true, "@north": true, "ZOE.M@NORTHGATE": true,
		"mueller zoe": true, "zoeabigail": false, "zoe tom": false, "łukasz-": false, "%": false, "_": false, "m\nz": true} {
		if got := (gatehouse.UserFilter{Text: text}).Fits(gatehouse.UserFacts{User: u}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for name, key := range map[string]string{"ÅNGSTRÖM": "angstrom", "Søren Æbelø": "soren aebelo", "हिन्दी": gatehouse.NameKey("हिन्दी"), "Straße": "strasse", "  A  ": "a", "İstanbul": "istanbul"} {
		if got := gatehouse.SearchKey(name); got != key {
			t.Errorf("%s: %q", name, got)
		}
		if again := gatehouse.SearchKey(gatehouse.SearchKey(name)); again != gatehouse.SearchKey(name) {
			t.Errorf("%s: %q the second time", name, again)
		}
	}
}

// A day is that of the place.
func TestDayOf(t *testing.T) {
	sydney := time.FixedZone("Sydney", 11*60*60)
	late := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	if gatehouse.DayOf(late, sydney) != gatehouse.DayOf(late, time.UTC)+1 || gatehouse.DayOf(time.Time{}, sydney) != 0 || gatehouse.DayOf(time.Unix(0, 0), nil) != 0 {
		t.Error("the days are wrong")
	}
	u := gatehouse.User{State: gatehouse.Active, FirstSignInAt: late, LastSignInAt: late}
	for hours, want := range map[int]bool{0: true, 1: false, 24: false} {
		if got := gatehouse.SeenToday(u, late.Add(time.Duration(hours)*time.Hour), time.UTC); got != want {
			t.Errorf("%d hours later: %v", hours, got)
		}
	}
	if !gatehouse.SeenToday(u, late.Add(time.Hour), sydney) || gatehouse.SeenToday(gatehouse.User{State: gatehouse.Invited, FirstSignInAt: late, LastSignInAt: late}, late, sydney) {
		t.Error("the day at the site counts, and an invited user has not been seen")
	}
}
