package account_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
)

// app begins the set-up of a user's app.
func (f *flat) app(u gatehouse.User, here gatehouse.Session, name string) signin.AppSetUp {
	f.t.Helper()
	made, err := f.own.BeginApp(f.t.Context(), f.site, signin.In{Caller: f.caller(u)}, here, name)
	if err != nil {
		f.t.Fatal(err)
	}
	return made
}

func (f *flat) confirmApp(u gatehouse.User, here gatehouse.Session, app signin.AppSetUp) ([]string, error) {
	code := gatehouse.AppCode(app.Key, gatehouse.AppStep(f.Clock.Now()))
	return f.own.ConfirmApp(f.t.Context(), f.site, signin.In{Caller: f.caller(u)}, here, app.ID, code)
}

func (f *flat) factors(u gatehouse.User) account.Factors {
	f.t.Helper()
	all, err := f.own.Factors(f.t.Context(), f.site, f.caller(u))
	if err != nil {
		f.t.Fatal(err)
	}
	return all
}

// An app counts once its first code has been entered: an unfinished set-up changes nothing, and
// one that another tab has finished is finished.
func TestAnAppCountsOnceItsCodeWasEntered(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		halfway, app := f.app(f.mira, here, "Old phone"), f.app(f.mira, here, " Work phone ")
		if f.User(f.mira).Factors != 0 || len(f.factors(f.mira).Apps) != 0 {
			t.Error("an app that waits counts")
		}
		_, err := f.own.ConfirmApp(t.Context(), f.site, signin.In{Caller: f.caller(f.mira)}, here, app.ID, "000000")
		if gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("a wrong code: %v", err)
		}
		codes, err := f.confirmApp(f.mira, here, app)
		if err != nil || len(codes) != gatehouse.RecoveryCodes || f.User(f.mira).Factors != 1 {
			t.Fatalf("%v, %d codes, %d factors", err, len(codes), f.User(f.mira).Factors)
		}
		if e := f.newest(); e.Kind != gatehouse.EventFactorAdded || e.Detail["name"] != "Work phone" {
			t.Errorf("%+v", e)
		}
		if m := f.Mail.Wait(t, f.mira.Email); !strings.Contains(m.Text, "Work phone") || !strings.Contains(m.Text, "192.0.2.7") {
			t.Errorf("%s", m.Text)
		}
		_, err = f.confirmApp(f.mira, here, app)
		wantKind(t, "confirmed again", err, gatehouse.NotFound)
		if codes, err := f.confirmApp(f.mira, here, halfway); err != nil || len(codes) != 0 || f.User(f.mira).Factors != 2 {
			t.Errorf("a second app: %v, %d codes", err, len(codes))
		}
		late := f.app(f.mira, here, "Late")
		f.Clock.Add(gatehouse.FactorSetUp)
		_, err = f.confirmApp(f.mira, here, late)
		wantKind(t, "too late", err, gatehouse.NotFound)
	})
}

// Nobody can access another user's factors.
func TestFactorsAreTheOwnersAlone(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		app := f.app(f.mira, here, "Phone")
		other := f.user("meridian-uk", "other", nil)
		there := f.signedIn(other, "there")
		_, err := f.confirmApp(other, there, app)
		wantKind(t, "another user's app", err, gatehouse.NotFound)
		if _, err := f.confirmApp(f.mira, here, app); err != nil {
			t.Fatal(err)
		}
		theirs := signin.In{Caller: f.caller(other)}
		wantKind(t, "removed by another", f.own.RemoveFactor(t.Context(), f.site, theirs, there, app.ID), gatehouse.NotFound)
		wantKind(t, "renamed by another", f.own.RenameFactor(t.Context(), f.site, theirs, there, app.ID, "Mine"), gatehouse.NotFound)
		_, err = f.own.NewRecoveryCodes(t.Context(), f.site, theirs, there)
		wantKind(t, "recovery codes without a factor", err, gatehouse.NotFound)
		if f.User(f.mira).Factors != 1 {
			t.Error("the factor has gone")
		}
	})
}

// New recovery codes replace the old ones; removing the last app removes them.
func TestTheLastAppTakesTheRecoveryCodes(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, in := f.signedIn(f.mira, "here"), signin.In{Caller: f.caller(f.mira)}
		first, second := f.app(f.mira, here, "First"), f.app(f.mira, here, strings.Repeat("x", 40))
		before, err := f.confirmApp(f.mira, here, first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.confirmApp(f.mira, here, second); err != nil {
			t.Fatal(err)
		}
		fresh, err := f.own.NewRecoveryCodes(t.Context(), f.site, in, here)
		if err != nil || len(fresh) != gatehouse.RecoveryCodes || fresh[0] == before[0] {
			t.Fatalf("%v, %q", err, fresh)
		}
		for i, app := range []signin.AppSetUp{first, second} {
			if err := f.own.RemoveFactor(t.Context(), f.site, in, here, app.ID); err != nil {
				t.Fatal(err)
			}
			if n := len(f.factors(f.mira).Codes); n != gatehouse.RecoveryCodes*(1-i) || f.User(f.mira).Factors != 1-i {
				t.Errorf("%d removed: %d codes, %d factors", i+1, n, f.User(f.mira).Factors)
			}
		}
		f.Clock.Add(time.Minute)
		wantKind(t, "removed twice", f.own.RemoveFactor(t.Context(), f.site, in, here, first.ID), gatehouse.NotFound)
	})
}

// The number of waiting apps is limited, and names are checked.
func TestAppsHaveABound(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, in := f.signedIn(f.mira, "here"), signin.In{Caller: f.caller(f.mira)}
		for _, name := range []string{"", "  ", strings.Repeat("x", 41)} {
			_, err := f.own.BeginApp(t.Context(), f.site, in, here, name)
			wantKind(t, name, err, gatehouse.Invalid)
		}
		for range gatehouse.MostFactors {
			f.app(f.mira, here, "Phone")
		}
		_, err := f.own.BeginApp(t.Context(), f.site, in, here, "One more")
		wantKind(t, "one too many", err, gatehouse.Conflict)
	})
}
