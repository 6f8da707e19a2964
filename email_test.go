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

func TestUndo(t *testing.T) {
	confirmed := change
	confirmed.State, confirmed.ConfirmedAt, confirmed.UndoUntil = gatehouse.EmailConfirmed, asked, asked.Add(7*24*time.Hour)
	second := confirmed
	second.ID, second.Old, second.New = "eml_2", "b@x.example", "c@x.example"
	late := second
	late.Old, late.AskedAt = change.Old, asked.Add(time.Hour)
	dropped := change
	dropped.State = gatehouse.EmailDropped
	undone := change
	undone.State = gatehouse.EmailUndone
	first := change
	first.Old = ""
	at := func(address string) gatehouse.User { u := owner; u.Email = address; return u }
	off := at("b@x.example")
	off.State = gatehouse.Deactivated
	type list = []gatehouse.EmailChange
	for name, c := range map[string]struct {
		change              gatehouse.EmailChange
		user                gatehouse.User
		confirmed           list
		after               time.Duration
		restores, moved, ok bool
	}{
		"stops what waits":            {change, owner, nil, 0, false, false, true},
		"for a week":                  {change, owner, nil, 7*24*time.Hour - 1, false, false, true},
		"not longer":                  {change, owner, nil, 7 * 24 * time.Hour, false, false, false},
		"takes back":                  {confirmed, at("b@x.example"), list{confirmed}, 7*24*time.Hour - 1, true, false, true},
		"not after a week":            {confirmed, at("b@x.example"), list{confirmed}, 7 * 24 * time.Hour, false, false, false},
		"twice":                       {undone, owner, nil, 0, false, false, false},
		"given up, nothing followed":  {dropped, owner, nil, 0, false, false, false},
		"given up, another confirmed": {dropped, at("c@x.example"), list{late}, 0, true, false, true},
		"given up, another's changed": {dropped, at("c@x.example"), list{second}, 0, false, false, false},
		"waits for another address":   {change, at("z@x.example"), nil, 0, false, false, false},
		"put back by somebody else":   {confirmed, at("c@x.example"), list{confirmed, late}, 0, false, true, false},
		"changed twice":               {confirmed, at("c@x.example"), list{confirmed, second}, 0, true, false, true},
		"changed by somebody else":    {confirmed, at("z@x.example"), list{confirmed}, 0, false, true, false},
		"deactivated":                 {confirmed, off, list{confirmed}, 0, false, false, false},
		"no old address":              {first, owner, nil, 0, false, false, false},
	} {
		restores, moved, ok := c.change.Undo(c.user, c.confirmed, asked.Add(c.after))
		if restores != c.restores || moved != c.moved || ok != c.ok {
			t.Errorf("%s: %v %v %v", name, restores, moved, ok)
		}
	}
}

// A thief asked for a second change, gave it up, and kept the mail. The owner is back,
// and changes the address: the thief's link is about another one.
func TestA05ALinkOfAChangeThatWasGivenUpDoesNotCatchALaterOne(t *testing.T) {
	thief := gatehouse.EmailChange{ID: "eml_2", Old: "thief@x.example", New: "thief2@x.example", State: gatehouse.EmailDropped, AskedAt: asked}
	later := gatehouse.EmailChange{ID: "eml_3", Old: "owner@x.example", New: "fresh@x.example", State: gatehouse.EmailConfirmed, AskedAt: asked.Add(time.Hour)}
	u := gatehouse.User{State: gatehouse.Active, Email: "fresh@x.example"}
	for _, state := range []gatehouse.EmailChangeState{gatehouse.EmailDropped, gatehouse.EmailAsked} {
		thief.State = state
		if _, moved, ok := thief.Undo(u, []gatehouse.EmailChange{later}, asked.Add(2*time.Hour)); moved || ok {
			t.Errorf("%s: moved %v, ok %v", state, moved, ok)
		}
	}
	// Nor one that was made, where an administrator put the address back.
	thief.State = gatehouse.EmailConfirmed
	if _, moved, ok := thief.Undo(u, []gatehouse.EmailChange{thief, later}, asked.Add(2*time.Hour)); !moved || ok {
		t.Errorf("made, and put back: moved %v, ok %v", moved, ok)
	}
}

func TestA05ANewPasswordVoidsAChangeThatWaits(t *testing.T) {
	u := owner
	u.Password.SetAt = asked.Add(time.Minute)
	if change.Stands(u) || change.MayConfirm(u, asked.Add(time.Hour)) {
		t.Error("whoever the new password keeps out can still take the account")
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

// B10: the form of the document, of names of one letter and of other alphabets too.
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

func TestIsFresh(t *testing.T) {
	if !gatehouse.IsFresh(asked, asked.Add(15*time.Minute-1)) || gatehouse.IsFresh(asked, asked.Add(15*time.Minute)) {
		t.Error("a quarter of an hour")
	}
}
