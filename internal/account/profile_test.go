package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/store"
)

// fieldsOf returns the fields of an error and what is wrong with each.
func fieldsOf(err error) string {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return ""
	}
	var all []string
	for _, f := range e.Fields {
		all = append(all, f.Field+" "+f.Reason)
	}
	return strings.Join(all, ", ")
}

func TestA05_NamesAreSavedAtOnce(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		if err := f.save(u, account.ProfileForm{FirstName: " Priya ", LastName: "Nair", Email: u.Email, Locale: "en-GB"}); err != nil {
			t.Fatal(err)
		}
		now := f.User(u)
		if now.FirstName != "Priya" || now.LastName != "Nair" || now.Locale != "en-GB" || now.Email != u.Email || now.Username != "priya" || !now.EmailConfirmed {
			t.Errorf("%+v", now)
		}
		events, err := f.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 10)
		if err != nil || len(events) != 1 || events[0].Kind != gatehouse.EventProfileChanged || events[0].Detail["fields"] != "first_name last_name locale" || len(events[0].Detail) != 1 {
			t.Errorf("%+v, %v", events, err)
		}
		if err := f.save(u, account.ProfileForm{FirstName: "Priya", LastName: "Nair", Email: u.Email, Locale: "en-GB"}); err != nil {
			t.Error(err)
		}
		if got := f.kinds(u); got != "profile.changed" {
			t.Errorf("saving nothing is an event: %s", got)
		}
	})
}

func TestA05_WhatIsWrongStandsAtItsField(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	good := form(u, u.Email)
	for name, c := range map[string]struct {
		change func(*account.ProfileForm)
		want   string
	}{
		"empty":       {func(p *account.ProfileForm) { p.FirstName, p.LastName, p.Email = " ", "", "\t" }, "first_name required, last_name required, email required"},
		"characters":  {func(p *account.ProfileForm) { p.FirstName, p.LastName = "a\nb", "a\u202eb" }, "first_name character, last_name character"},
		"long":        {func(p *account.ProfileForm) { p.FirstName = strings.Repeat("é", 101) }, "first_name too-long"},
		"no address":  {func(p *account.ProfileForm) { p.Email = "priya" }, "email email"},
		"two":         {func(p *account.ProfileForm) { p.Email = "a@x.example, b@x.example" }, "email email"},
		"header":      {func(p *account.ProfileForm) { p.Email = "a@x.example\r\nBcc: b@x.example" }, "email character"},
		"invisible":   {func(p *account.ProfileForm) { p.Email = "a\u200db@x.example" }, "email character"},
		"no encoding": {func(p *account.ProfileForm) { p.Email = "a\xff@x.example" }, "email character"},
		"language":    {func(p *account.ProfileForm) { p.Locale = "tlh" }, "locale locale"},
	} {
		p := good
		c.change(&p)
		err := f.save(u, p)
		if got := fieldsOf(err); got != c.want || gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("%s: %s (%v)", name, got, err)
		}
	}
	if f.User(u) != u || f.kinds(u) != "" || len(f.Mail.All()) != 0 {
		t.Error("something of it was saved")
	}
}

// Capitals do not make another mailbox; full-width letters may.
func TestA05_OnlyCapitalsDiffer(t *testing.T) {
	f := onceFlat(t)
	u := f.user("inkwell", "priya@northgate.example", nil)
	if err := f.save(u, form(u, "Priya@Northgate.example")); err != nil {
		t.Fatal(err)
	}
	f.wantEmail(u, "Priya@Northgate.example")
	if p, _ := f.own.Profile(t.Context(), f.site, f.caller(u)); p.Waiting != nil || !f.User(u).EmailConfirmed || f.kinds(u) != "profile.changed" {
		t.Errorf("%+v %s", p.Waiting, f.kinds(u))
	}
	f.ask(u, "ｐriya@northgate.example")
	f.wantEmail(u, "Priya@Northgate.example")
}

func TestA05_TwoWindows(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		p, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil || p.User.Password.Hash != "" {
			t.Fatal(err)
		}
		first, second := form(u, u.Email), form(u, u.Email)
		first.Version, second.Version = p.Version, p.Version
		first.LastName, second.FirstName = "Nair", "Pria"
		if err := f.save(u, first); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "the other window", f.save(u, second), gatehouse.Conflict, account.ReasonProfileChanged)
		if now := f.User(u); now.LastName != "Nair" || now.FirstName != "Mira" {
			t.Errorf("%+v", now)
		}
		if err := f.save(u, first); err != nil { // pressed twice: just what is stored
			t.Errorf("the same again: %v", err)
		}
		if p, err = f.own.Profile(t.Context(), f.site, f.caller(u)); err != nil {
			t.Fatal(err)
		}
		second.Version = p.Version
		if err := f.save(u, second); err != nil {
			t.Errorf("with the new version: %v", err)
		}
		if now := f.User(u); now.LastName != "Santos" || now.FirstName != "Pria" {
			t.Errorf("%+v", now)
		}
	})
}

// Many windows that were opened together: one saves, the others get an error.
func TestA05_ManyWindowsAtOnce(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		p, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		saved := 0
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				mine := form(u, u.Email)
				mine.Version, mine.FirstName = p.Version, "Window "+string(rune('a'+i))
				err := f.own.SaveProfile(t.Context(), f.site, f.caller(u), mine)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					saved++
				} else if gatehouse.KindOf(err) != gatehouse.Conflict {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if saved != 1 {
			t.Errorf("%d windows have saved", saved)
		}
	})
}

// A change of address requires fresh proof of who its caller is (ASVS 7.5.1); a name does not.
func TestA05_ANewAddressAsksForProof(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		c := f.caller(u)
		c.Proved = false
		p := form(u, "new@northgate.example")
		if err := f.own.SaveProfile(t.Context(), f.site, c, p); !errors.Is(err, gatehouse.ErrProofFirst) {
			t.Errorf("without proof: %v", err)
		}
		if now, err := f.own.Profile(t.Context(), f.site, c); err != nil || now.Waiting != nil {
			t.Errorf("asked for without proof: %+v, %v", now.Waiting, err)
		}
		names := form(u, u.Email)
		names.FirstName = "Priya"
		if err := f.own.SaveProfile(t.Context(), f.site, c, names); err != nil {
			t.Errorf("a name wants no proof: %v", err)
		}
		p.FirstName, c.Proved = "Priya", true
		if err := f.own.SaveProfile(t.Context(), f.site, c, p); err != nil {
			t.Error(err)
		}
		f.token("new@northgate.example", confirmPath)
	})
}

// A caller can only access their own account (invariant 6).
func TestA05_NobodyElsesProfile(t *testing.T) {
	f := onceFlat(t)
	u := f.user("meridian-uk", "priya", nil)
	elsewhere := f.Sites.ByID("inkwell")
	for name, c := range map[string]gatehouse.Caller{"another site's": f.caller(u), "a visitor": f.visitor(), "an operator": {Kind: gatehouse.Operator, SiteID: "inkwell", UserID: u.ID}} {
		_, err := f.own.Profile(t.Context(), elsewhere, c)
		errs := []error{err,
			f.own.SaveProfile(t.Context(), elsewhere, c, form(u, "x@x.example")),
			f.own.SendConfirmation(t.Context(), elsewhere, c), f.own.DropEmailChange(t.Context(), elsewhere, c),
			f.own.ArrangeHome(t.Context(), elsewhere, c, gatehouse.CardActivity, gatehouse.CardUp, nil)}
		for i, err := range errs {
			if gatehouse.KindOf(err) != gatehouse.Forbidden {
				t.Errorf("%s, %d: %v", name, i, err)
			}
		}
	}
}

func TestA06_TheHomePageIsArranged(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		layout := func() string {
			h, err := f.own.Home(t.Context(), f.site, f.caller(u))
			if err != nil {
				t.Fatal(err)
			}
			return h.Layout.String()
		}
		do := func(card gatehouse.HomeCard, action gatehouse.CardAction) error {
			return f.own.ArrangeHome(t.Context(), f.site, f.caller(u), card, action, nil)
		}
		usual := layout()
		for _, step := range []struct {
			card   gatehouse.HomeCard
			action gatehouse.CardAction
		}{{"activity", "up"}, {"orders", "hide"}} {
			if err := do(step.card, step.action); err != nil {
				t.Fatal(err)
			}
		}
		if got := layout(); got != "profile platforms -orders links searches activity checkup" {
			t.Error(got)
		}
		wantCode(t, "an unknown card", do("news", "up"), gatehouse.Invalid, account.ReasonNoSuchCard)
		wantCode(t, "an unknown action", do("activity", "explode"), gatehouse.Invalid, account.ReasonNoSuchCard)
		wantCode(t, "a card that is not there", do("profile", "hide"), gatehouse.Invalid, account.ReasonNoSuchCard)
		if err := do("", "reset"); err != nil || layout() != usual {
			t.Errorf("%s, %v", layout(), err)
		}
		bare := f.user("meridian-uk", "bare", func(u *gatehouse.User) { u.FirstName = "" })
		err := f.own.ArrangeHome(t.Context(), f.site, f.caller(bare), "activity", "up", nil)
		wantCode(t, "an incomplete profile", err, gatehouse.Forbidden, account.ReasonProfileIncomplete)
	})
}

// Windows that submit at the same time: the last one wins, and the layout stays valid.
func TestA06_ManyWindowsMoveCards(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		cards, actions := account.HomeCards(f.site, u, nil, 0), []gatehouse.CardAction{gatehouse.CardUp, gatehouse.CardDown, gatehouse.CardHide, gatehouse.CardShow}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				for n := range 10 {
					if err := f.own.ArrangeHome(t.Context(), f.site, f.caller(u), cards[(i+n)%len(cards)], actions[(i*3+n)%len(actions)], nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		h, err := f.own.Home(t.Context(), f.site, f.caller(u))
		if err != nil || len(h.Layout) != len(gatehouse.HomeCards) || h.Layout.String() != gatehouse.ReadHomeLayout(h.Layout.String()).String() {
			t.Errorf("%v, %v", h.Layout, err)
		}
	})
}

func TestA08_HomeKnowsWhenThePasswordExpiresSoon(t *testing.T) {
	f := onceFlat(t)
	aged := *f.Sites.ByID("meridian-uk")
	aged.Policy.Password.MaxAge = 90 * 24 * time.Hour
	u := f.AddUser("meridian-uk", "priya", "Correct-Horse-42-Battery", nil)
	ends := f.Clock.Now().Add(aged.Policy.Password.MaxAge)
	for _, c := range []struct {
		wait time.Duration
		soon bool
	}{{0, false}, {76*24*time.Hour - time.Second, false}, {time.Second, true}, {20 * 24 * time.Hour, true}} {
		f.Clock.Add(c.wait)
		h, err := f.own.Home(t.Context(), &aged, f.caller(u))
		if err != nil || !h.PasswordExpiresAt.IsZero() != c.soon || c.soon && !h.PasswordExpiresAt.Equal(ends) {
			t.Errorf("at %s: %v, %v", f.Clock.Now(), h.PasswordExpiresAt, err)
		}
	}
	never := *f.Sites.ByID("meridian-uk")
	never.Policy.Password.MaxAge = 0
	if h, err := f.own.Home(t.Context(), &never, f.caller(u)); err != nil || !h.PasswordExpiresAt.IsZero() {
		t.Errorf("%v, %v", h.PasswordExpiresAt, err)
	}
}

// A user who looks at their own address and leaves it as it is confirms that it is right.
func TestA05_TheSameAddressAgainIsNoLongerMarked(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.write(func(q store.Queries) error {
			_, err := q.MarkBounced(t.Context(), u.SiteID, u.ID, u.Email, gatehouse.Bounce{At: f.Clock.Now(), Reason: "550 5.1.1 unknown", Reported: true})
			return err
		})
		if err := f.save(u, form(u, u.Email)); err != nil {
			t.Fatal(err)
		}
		if now := f.User(u); now.Bounce != (gatehouse.Bounce{}) || f.kinds(u) != "mail.bounce_cleared" {
			t.Errorf("%+v, %s", now.Bounce, f.kinds(u))
		}
	})
}
