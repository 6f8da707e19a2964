package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

const oneDay = 24 * time.Hour

// drawPolicy draws a policy that a site may have.
func drawPolicy(t *rapid.T) gatehouse.Policy {
	p := gatehouse.ClassicPolicy()
	p.Session.Absolute = rapid.SampledFrom([]time.Duration{time.Hour, 12 * time.Hour, 90 * time.Minute, 30 * oneDay}).Draw(t, "absolute")
	p.Session.Idle = min(p.Session.Absolute, rapid.SampledFrom([]time.Duration{time.Minute, 15 * time.Minute, 7 * time.Hour, 7 * oneDay}).Draw(t, "idle"))
	p.TrustedDevice = rapid.SampledFrom([]time.Duration{0, oneDay, 15 * oneDay, 30 * oneDay}).Draw(t, "trust")
	p.Password.MinLength = rapid.IntRange(gatehouse.FloorPasswordLength, gatehouse.CeilingPasswordLength).Draw(t, "length")
	p.Password.NoContextWords = rapid.Bool().Draw(t, "names")
	p.Password.MaxAge = rapid.SampledFrom([]time.Duration{0, 30 * oneDay, 100 * oneDay, 3650 * oneDay}).Draw(t, "age")
	if bad := p.Check(); len(bad) > 0 {
		t.Fatalf("the test draws a policy that no site has: %v", bad)
	}
	return p
}

// drawCompanyPolicy draws any policy that a company of some site can have.
func drawCompanyPolicy(t *rapid.T) (c gatehouse.CompanyPolicy) {
	for _, s := range gatehouse.PolicySettings {
		v, known := s.Read(rapid.SampledFrom(s.Texts()).Draw(t, string(s)))
		if !known {
			t.Fatalf("%s does not read what it writes", s)
		}
		c = c.With(s, v)
	}
	return c
}

// Whatever a company chooses, and whatever its site requires: the users of the company get at least
// what the site requires of everybody, and nothing else changes.
func TestACompanysPolicyOnlyTightens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site, c := drawPolicy(t), drawCompanyPolicy(t)
		p := site.For(c)
		created, seen := rapid.Int64Range(0, int64(31*oneDay)).Draw(t, "created"), rapid.Int64Range(0, int64(8*oneDay)).Draw(t, "seen")
		now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
		born, used := now.Add(-time.Duration(created)), now.Add(-time.Duration(min(seen, created)))
		device := gatehouse.Device{TrustedAt: born}
		company, everybody := gatehouse.Company{Policy: c}, gatehouse.Company{}
		w := gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordChosen, SetAt: born}
		facts := gatehouse.PasswordFacts{Password: rapid.StringN(0, 70, -1).Draw(t, "password"), Username: "hkruse", Context: []string{"Northgate"}}
		for what, looser := range map[string]bool{
			"sessions":  p.Session.Alive(born, used, now) && !site.Session.Alive(born, used, now),
			"trust":     device.TrustedUntil(site, company, now).After(device.TrustedUntil(site, everybody, now)),
			"age":       gatehouse.PasswordExpired(site.Password, w, now) && !gatehouse.PasswordExpired(p.Password, w, now),
			"passwords": len(gatehouse.CheckPassword(p.Password, facts)) < len(gatehouse.CheckPassword(site.Password, facts)),
		} {
			if looser {
				t.Errorf("%s: looser than the site\nsite %+v\ncompany %+v", what, site, c)
			}
		}
		for _, s := range gatehouse.PolicySettings {
			v := p.Of(s)
			idleCapped := s == gatehouse.SettingIdle && v == p.Of(gatehouse.SettingAbsolute)
			if v != site.Of(s) && v != c.Of(s) && !idleCapped {
				t.Errorf("%s is %s, which neither the site (%s) nor the company (%s) says", s, s.Text(v), s.Text(site.Of(s)), s.Text(c.Of(s)))
			}
			if site.Tightens(s, c.Of(s)) && v == site.Of(s) {
				t.Errorf("%s stays the site's, although the company's %s is stricter", s, s.Text(c.Of(s)))
			}
		}
		if p.For(c) != p || p.Session.Idle > p.Session.Absolute {
			t.Errorf("applied twice, or with an idle time that never comes: %+v", p)
		}
		same := p
		same.Session.Idle, same.Session.Absolute, same.TrustedDevice = site.Session.Idle, site.Session.Absolute, site.TrustedDevice
		same.Password.MinLength, same.Password.NoContextWords, same.Password.MaxAge = site.Password.MinLength, site.Password.NoContextWords, site.Password.MaxAge
		if same != site {
			t.Errorf("something else changed:\n%+v\n%+v", same, site)
		}
	})
}

func TestWhatACompanyGets(t *testing.T) {
	classic, modern := gatehouse.ClassicPolicy(), gatehouse.ModernPolicy()
	aged := classic
	aged.Password.MaxAge = 180 * oneDay
	for name, test := range map[string]struct {
		site    gatehouse.Policy
		company gatehouse.CompanyPolicy
		want    func(*gatehouse.Policy)
	}{
		"nothing":                   {classic, gatehouse.CompanyPolicy{}, func(*gatehouse.Policy) {}},
		"shorter idle":              {classic, gatehouse.CompanyPolicy{SessionIdle: 10 * time.Minute}, func(p *gatehouse.Policy) { p.Session.Idle = 10 * time.Minute }},
		"longer idle":               {classic, gatehouse.CompanyPolicy{SessionIdle: time.Hour}, func(*gatehouse.Policy) {}},
		"no device":                 {classic, gatehouse.CompanyPolicy{TrustedDevice: gatehouse.NeverTrusted}, func(p *gatehouse.Policy) { p.TrustedDevice = 0 }},
		"a day":                     {classic, gatehouse.CompanyPolicy{TrustedDevice: oneDay}, func(p *gatehouse.Policy) { p.TrustedDevice = oneDay }},
		"a day where none is":       {modern, gatehouse.CompanyPolicy{TrustedDevice: oneDay}, func(*gatehouse.Policy) {}},
		"longer passwords":          {classic, gatehouse.CompanyPolicy{PasswordLength: 12}, func(p *gatehouse.Policy) { p.Password.MinLength = 12 }},
		"shorter than a modern one": {modern, gatehouse.CompanyPolicy{PasswordLength: 12}, func(*gatehouse.Policy) {}},
		"no names":                  {classic, gatehouse.CompanyPolicy{NoContextWords: true}, func(p *gatehouse.Policy) { p.Password.NoContextWords = true }},
		"an earlier age":            {aged, gatehouse.CompanyPolicy{PasswordAge: 90 * oneDay}, func(p *gatehouse.Policy) { p.Password.MaxAge = 90 * oneDay }},
		"an age where there is none": {modern, gatehouse.CompanyPolicy{PasswordAge: 90 * oneDay},
			func(*gatehouse.Policy) {}},
	} {
		want := test.site
		test.want(&want)
		if got := test.site.For(test.company); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// A company can choose what is stricter than its site, and keep what was. Each choice has one text.
func TestChoicesOfACompany(t *testing.T) {
	aged := gatehouse.ClassicPolicy()
	aged.Password.MaxAge = 180 * oneDay
	for s, want := range map[gatehouse.PolicySetting][]string{
		gatehouse.SettingIdle: {"5m", "10m", "15m"}, gatehouse.SettingAbsolute: {"1h", "4h", "8h"}, gatehouse.SettingTrust: {"never", "1d", "7d", "14d"},
		gatehouse.SettingLength: {"20", "15", "12", "10"}, gatehouse.SettingContext: {"yes"}, gatehouse.SettingAge: {"30d", "60d", "90d"},
	} {
		var got []string
		for _, v := range aged.Choices(s) {
			got = append(got, s.Text(v))
			if read, known := s.Read(s.Text(v)); read != v || !known {
				t.Errorf("%s: %q is read as %d, %v", s, s.Text(v), read, known)
			}
			if c := (gatehouse.CompanyPolicy{}).With(s, v); c.Of(s) != v || len(c.Changes(gatehouse.CompanyPolicy{})) != 1 || len(aged.BadChoices(gatehouse.CompanyPolicy{}, c)) > 0 {
				t.Errorf("%s: %q cannot be chosen", s, s.Text(v))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
		if _, known := s.Read("3h17m"); known {
			t.Errorf("%s reads what nobody can choose", s)
		}
	}
	site, hour := gatehouse.ClassicPolicy(), gatehouse.CompanyPolicy{SessionIdle: time.Hour}
	if bad := site.BadChoices(gatehouse.CompanyPolicy{}, hour); len(bad) != 1 || bad[0] != gatehouse.SettingIdle {
		t.Errorf("an hour at a site with 30 minutes: %v", bad)
	}
	if bad := site.BadChoices(hour, hour); bad != nil {
		t.Errorf("what was chosen before the site became stricter: %v", bad)
	}
	if modern := gatehouse.ModernPolicy(); len(modern.Choices(gatehouse.SettingTrust))+len(modern.Choices(gatehouse.SettingAge))+len(modern.Choices(gatehouse.SettingContext)) > 0 {
		t.Error("choices at a site where there is nothing to choose")
	}
}

// What is agreed to is another thing if the company's policy, the choice or the site's changes.
func TestWhatIsAgreed(t *testing.T) {
	site, was, chosen := gatehouse.ClassicPolicy(), gatehouse.CompanyPolicy{}, gatehouse.CompanyPolicy{SessionIdle: 10 * time.Minute}
	stricter := site
	stricter.Session.Absolute = time.Hour
	seen := map[string]bool{}
	for _, agreed := range []string{site.Agreed(was, chosen), site.Agreed(chosen, was), site.Agreed(was, was), stricter.Agreed(was, chosen)} {
		if agreed == "" || seen[agreed] {
			t.Errorf("%q stands for two changes", agreed)
		}
		seen[agreed] = true
	}
	if was.Version() == chosen.Version() {
		t.Error("two policies have one version")
	}
}

// A password that is shorter than the company wants is replaced at the sign-in that was proved with
// it: not at one with a passkey, and not because the site alone became stricter.
func TestAShortPasswordIsReplaced(t *testing.T) {
	in := gatehouse.SignIn{PasswordLength: 11}
	twelve := gatehouse.CompanyPolicy{PasswordLength: 12}
	passkey := in
	passkey.Passkey = gatehouse.MethodVerifiedPasskey
	long := gatehouse.SignIn{PasswordLength: 12}
	if !twelve.TooShort(in) || twelve.TooShort(passkey) || twelve.TooShort(long) || twelve.TooShort(gatehouse.SignIn{}) || (gatehouse.CompanyPolicy{}).TooShort(in) {
		t.Error("the wrong passwords are too short")
	}
	site := gatehouse.Site{ID: "uk", Policy: gatehouse.ClassicPolicy()}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f := gatehouse.SignInFacts{User: gatehouse.User{ID: "usr", SiteID: "uk", State: gatehouse.Active, Password: gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordChosen, SetAt: now}},
		SignIn: gatehouse.SignIn{SiteID: "uk", UserID: "usr", CredentialsAt: now, PasswordSetAt: now, ExpiresAt: now.Add(time.Hour), PasswordLength: 11}}
	if got := gatehouse.NextStep(site, f, now); got != gatehouse.StepDone {
		t.Fatalf("without a policy: %s", got)
	}
	f.Policy = twelve
	if got := gatehouse.NextStep(site, f, now); got != gatehouse.StepPassword {
		t.Errorf("11 characters where 12 are wanted: %s", got)
	}
}

func TestRulesOfThePolicy(t *testing.T) {
	strict := gatehouse.ClassicPolicy().For(gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute, TrustedDevice: gatehouse.NeverTrusted, PasswordLength: 15, NoContextWords: true})
	loose := gatehouse.ClassicPolicy()
	loose.Session.Idle, loose.Session.Absolute, loose.Password.MinLength, loose.Password.MaxAge = 2*time.Hour, 7*oneDay, 7, 90*oneDay
	met := func(p gatehouse.Policy, need gatehouse.Requirement) map[string]bool {
		all := map[string]bool{}
		for _, s := range gatehouse.PolicySettings {
			for _, r := range p.Rules(s, need) {
				all[r.ID] = r.Met
			}
		}
		return all
	}
	for id, is := range met(strict, gatehouse.RequireCode) {
		if !is {
			t.Errorf("%s is not met by the strict policy", id)
		}
	}
	for id, is := range met(loose, gatehouse.RequireCode) {
		if want := id == "idle_limit" || id == "length_limit" || id == "length_month"; is != want {
			t.Errorf("%s is met by the loose policy: %v", id, is)
		}
	}
	eight := gatehouse.ClassicPolicy()
	if met(eight, gatehouse.RequireCode)["password_alone"] || !met(eight, gatehouse.RequireFactor)["password_alone"] {
		t.Error("eight characters meet PV-1 with a second factor, and only then; a code by email is none")
	}
}
