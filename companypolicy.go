package gatehouse

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// CompanyPolicy is what a company requires of its users beyond its site. A zero value leaves that
// setting to the site. Policy.For applies it.
//
// There is no setting for wrong passwords: how many are admitted at the same moment can be
// measured by strangers, who could then tell the users of one company from unknown names
// (invariant 7).
type CompanyPolicy struct {
	// SessionIdle and SessionAbsolute end sessions earlier.
	SessionIdle, SessionAbsolute time.Duration
	// TrustedDevice is how long a device stays trusted; NeverTrusted: none is.
	TrustedDevice time.Duration
	// PasswordLength is the least length of a password. One that is shorter is replaced at the next
	// sign-in with it.
	PasswordLength int
	// NoContextWords refuses names as passwords, as PasswordPolicy.NoContextWords.
	NoContextWords bool
	// PasswordAge is when a chosen password expires, where the site lets passwords expire.
	PasswordAge time.Duration
}

// NeverTrusted is a CompanyPolicy.TrustedDevice that trusts no device.
const NeverTrusted time.Duration = -1

// PolicySetting names a setting of CompanyPolicy, in forms, in commands and in events. No name says
// "password": such a field is a secret, which no page keeps.
type PolicySetting string

// The settings.
const (
	SettingIdle     PolicySetting = "session_idle"
	SettingAbsolute PolicySetting = "session_length"
	SettingTrust    PolicySetting = "trusted_device"
	SettingLength   PolicySetting = "min_length"
	SettingContext  PolicySetting = "no_names"
	SettingAge      PolicySetting = "max_age"
)

// PolicySettings are all settings, in display order.
var PolicySettings = []PolicySetting{SettingIdle, SettingAbsolute, SettingTrust, SettingLength, SettingContext, SettingAge}

// policyChoices are the values that a company can choose, the strictest first: spans as
// time.Duration, a length as a number, and 1 for yes. Few that people can compare, instead of any
// number.
var policyChoices = map[PolicySetting][]int64{
	SettingIdle:     {int64(5 * time.Minute), int64(10 * time.Minute), int64(15 * time.Minute), int64(30 * time.Minute), int64(time.Hour), int64(4 * time.Hour), int64(day)},
	SettingAbsolute: {int64(time.Hour), int64(4 * time.Hour), int64(8 * time.Hour), int64(12 * time.Hour), int64(day), int64(7 * day)},
	SettingTrust:    {int64(NeverTrusted), int64(day), int64(7 * day), int64(14 * day)},
	SettingLength:   {20, 15, 12, 10, 8},
	SettingContext:  {1},
	SettingAge:      {int64(30 * day), int64(60 * day), int64(90 * day), int64(180 * day), int64(365 * day)},
}

// Of returns the value of a setting; 0: as the site.
func (c CompanyPolicy) Of(s PolicySetting) int64 {
	switch s {
	case SettingIdle:
		return int64(c.SessionIdle)
	case SettingAbsolute:
		return int64(c.SessionAbsolute)
	case SettingTrust:
		return int64(c.TrustedDevice)
	case SettingLength:
		return int64(c.PasswordLength)
	case SettingContext:
		return oneIf(c.NoContextWords)
	case SettingAge:
		return int64(c.PasswordAge)
	}
	return 0
}

// With returns the policy with another value of a setting.
func (c CompanyPolicy) With(s PolicySetting, v int64) CompanyPolicy {
	switch s {
	case SettingIdle:
		c.SessionIdle = time.Duration(v)
	case SettingAbsolute:
		c.SessionAbsolute = time.Duration(v)
	case SettingTrust:
		c.TrustedDevice = time.Duration(v)
	case SettingLength:
		c.PasswordLength = int(v)
	case SettingContext:
		c.NoContextWords = v != 0
	case SettingAge:
		c.PasswordAge = time.Duration(v)
	}
	return c
}

// Of returns the value of a setting of CompanyPolicy in force under p. A site that trusts no device
// has NeverTrusted; an age of 0 means that passwords do not expire.
func (p Policy) Of(s PolicySetting) int64 {
	c := CompanyPolicy{p.Session.Idle, p.Session.Absolute, p.TrustedDevice, p.Password.MinLength, p.Password.NoContextWords, p.Password.MaxAge}
	if c.TrustedDevice == 0 {
		c.TrustedDevice = NeverTrusted
	}
	return c.Of(s)
}

func oneIf(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// stricter reports whether a value of a setting is stricter than another one. An age is never
// stricter than none: a site whose passwords do not expire has decided so (SP 800-63B-4, PV-4).
func (s PolicySetting) stricter(a, b int64) bool {
	switch s {
	case SettingLength, SettingContext:
		return a > b
	case SettingAge:
		return a > 0 && a < b
	}
	return a < b // NeverTrusted is below all spans
}

// Tightens reports whether a company's value of a setting has an effect under a site's policy.
func (p Policy) Tightens(s PolicySetting, v int64) bool { return v != 0 && s.stricter(v, p.Of(s)) }

// For returns the policy for the users of a company: of each setting the stricter value. It is the
// only way to look up one of these settings for a user.
func (p Policy) For(c CompanyPolicy) Policy {
	if c == (CompanyPolicy{}) {
		return p
	}
	if p.Tightens(SettingIdle, int64(c.SessionIdle)) {
		p.Session.Idle = c.SessionIdle
	}
	if p.Tightens(SettingAbsolute, int64(c.SessionAbsolute)) {
		p.Session.Absolute = c.SessionAbsolute
		p.Session.Idle = min(p.Session.Idle, p.Session.Absolute)
	}
	if p.Tightens(SettingTrust, int64(c.TrustedDevice)) {
		p.TrustedDevice = max(c.TrustedDevice, 0)
	}
	p.Password.MinLength = max(p.Password.MinLength, c.PasswordLength)
	p.Password.NoContextWords = p.Password.NoContextWords || c.NoContextWords
	if p.Tightens(SettingAge, int64(c.PasswordAge)) {
		p.Password.MaxAge = c.PasswordAge
	}
	return p
}

// Choices are the values of a setting that a company of a site can choose, the strictest first:
// those that are stricter than the site's. None: the site has nothing to tighten.
func (p Policy) Choices(s PolicySetting) []int64 {
	return slices.DeleteFunc(slices.Clone(policyChoices[s]), func(v int64) bool { return !p.Tightens(s, v) })
}

// BadChoices are the settings whose value a company of a site cannot choose. A value that it has
// already stays possible when the site becomes stricter; it has no effect then.
func (p Policy) BadChoices(was, now CompanyPolicy) (bad []PolicySetting) {
	for _, s := range PolicySettings {
		if v := now.Of(s); v != 0 && v != was.Of(s) && !slices.Contains(p.Choices(s), v) {
			bad = append(bad, s)
		}
	}
	return bad
}

// Stricter returns, of each setting, the stricter value of two policies.
func (c CompanyPolicy) Stricter(other CompanyPolicy) CompanyPolicy {
	for _, s := range PolicySettings {
		if v := other.Of(s); v != 0 && (c.Of(s) == 0 || s.stricter(v, c.Of(s))) {
			c = c.With(s, v)
		}
	}
	return c
}

// Changes are the settings in which a policy differs from another one.
func (c CompanyPolicy) Changes(other CompanyPolicy) (changed []PolicySetting) {
	for _, s := range PolicySettings {
		if c.Of(s) != other.Of(s) {
			changed = append(changed, s)
		}
	}
	return changed
}

// Version identifies a policy: if it is another one when a form arrives, somebody else has changed
// it meanwhile.
func (c CompanyPolicy) Version() string { return digest(c) }

// Agreed identifies a change of a company's policy under its site's, as an administrator has seen
// it: what it was, what it becomes, and what the site requires.
func (p Policy) Agreed(was, now CompanyPolicy) string {
	site := make([]int64, len(PolicySettings))
	for i, s := range PolicySettings {
		site[i] = p.Of(s)
	}
	return digest(was, now, site)
}

func digest(of ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, of...))
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// TooShort reports whether the password that was proved in a sign-in is shorter than the company
// wants. That is only known here, where it was typed: what is stored tells no length.
func (c CompanyPolicy) TooShort(in SignIn) bool {
	return in.Passkey == "" && in.PasswordLength > 0 && in.PasswordLength < c.PasswordLength
}

// Text is how forms, commands and events write a value of a setting: "site", "never", "yes", "15m",
// "8h", "7d" or a number.
func (s PolicySetting) Text(v int64) string {
	d := time.Duration(v)
	switch {
	case v == 0:
		return "site"
	case s == SettingContext:
		return "yes"
	case s == SettingLength:
		return fmt.Sprint(v)
	case d == NeverTrusted:
		return "never"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// Read returns the value that Text writes; false if companies cannot choose it anywhere.
func (s PolicySetting) Read(text string) (v int64, known bool) {
	if text == s.Text(0) {
		return 0, true
	}
	i := slices.IndexFunc(policyChoices[s], func(v int64) bool { return s.Text(v) == text })
	if i < 0 {
		return 0, false
	}
	return policyChoices[s][i], true
}

// Texts are what Read reads, the strictest first.
func (s PolicySetting) Texts() []string {
	var all []string
	for _, v := range policyChoices[s] {
		all = append(all, s.Text(v))
	}
	return append(all, s.Text(0))
}
