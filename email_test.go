package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

var (
	asked  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	owner  = gatehouse.User{Username: "msantos", Email: "a@x.example", State: gatehouse.Active}
	change = gatehouse.EmailChange{ID: "eml_1", Old: "a@x.example", New: "b@x.example", State: gatehouse.EmailAsked, AskedAt: asked, ConfirmUntil: asked.Add(24 * time.Hour)}
)

func TestMayConfirm(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *gatehouse.EmailChange, u *gatehouse.User)
		after  time.Duration
		want   bool
	}{
		"at once":          {func(*gatehouse.EmailChange, *gatehouse.User) {}, 0, true},
		"in time":          {func(*gatehouse.EmailChange, *gatehouse.User) {}, 24*time.Hour - time.Second, true},
		"too late":         {func(*gatehouse.EmailChange, *gatehouse.User) {}, 24 * time.Hour, false},
		"confirmed":        {func(c *gatehouse.EmailChange, _ *gatehouse.User) { c.State = gatehouse.EmailConfirmed }, 0, false},
		"dropped":          {func(c *gatehouse.EmailChange, _ *gatehouse.User) { c.State = gatehouse.EmailDropped }, 0, false},
		"undone":           {func(c *gatehouse.EmailChange, _ *gatehouse.User) { c.State = gatehouse.EmailUndone }, 0, false},
		"deactivated":      {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.State = gatehouse.Deactivated }, 0, false},
		"another address":  {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.Email = "c@x.example" }, 0, false},
		"other capitals":   {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.Email = "A@X.example" }, 0, true},
		"the first one":    {func(c *gatehouse.EmailChange, u *gatehouse.User) { c.Old, u.Email = "", "" }, 0, true},
		"a new password":   {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.Password.SetAt = asked.Add(time.Minute) }, time.Hour, false},
		"an old password":  {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.Password.SetAt = asked.Add(-time.Minute) }, 0, true},
		"locked meanwhile": {func(_ *gatehouse.EmailChange, u *gatehouse.User) { u.LockedAt = asked }, 0, true},
	} {
		e, u := change, owner
		c.change(&e, &u)
		if got := e.MayConfirm(u, asked.Add(c.after)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestA05ANewPasswordVoidsAChangeThatWaits(t *testing.T) {
	u := owner
	u.Password.SetAt = asked.Add(time.Minute)
	if change.Stands(u) || change.MayConfirm(u, asked.Add(time.Hour)) {
		t.Error("somebody whom the new password keeps out can still take the account")
	}
}

func TestUsernameIsEmail(t *testing.T) {
	for _, c := range []struct {
		with     gatehouse.Identifier
		username string
		want     bool
	}{
		{gatehouse.WithEmail, "a@x.example", true}, {gatehouse.WithUsername, "a@x.example", false},
		{gatehouse.WithUsernameOrEmail, "a@x.example", true}, {gatehouse.WithUsernameOrEmail, "a＠x.example", true}, {gatehouse.WithUsernameOrEmail, "msantos", false},
	} {
		if got := gatehouse.UsernameIsEmail(c.with, gatehouse.User{Username: c.username}); got != c.want {
			t.Errorf("%s %s: %v", c.with, c.username, got)
		}
	}
}

// B10: the form in the document, also for one-letter names and other alphabets.
func TestMaskEmail(t *testing.T) {
	for address, want := range map[string]string{
		"mary.hopkins@x.example": "m...s@x.example", "mia@x.example": "m...a@x.example",
		"m@x.example": "m...@x.example", "mo@x.example": "m...@x.example",
		"éloïse@x.example": "é...e@x.example", "éa@x.example": "é...@x.example", "李@x.example": "李...@x.example",
		"王小明@x.example": "王...明@x.example", "müller@bücher.example": "m...r@bücher.example",
		`"a@b"@x.example`: `"..."@x.example`, "odd": "odd", "@x": "@x", "": "",
	} {
		if got := gatehouse.MaskEmail(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}
