package gatehouse

import "time"

// PolicyRule is a requirement of a standard about a setting that companies can tighten, and
// whether a policy meets it. ID is part of the key of its words.
type PolicyRule struct {
	// Standard and Section are what it is cited by.
	Standard, Section string
	ID                string
	// Advice: the standard recommends it ("should"), and does not require it.
	Advice bool
	Met    bool
}

// The standards.
const (
	nistB = "NIST SP 800-63B-4"
	asvs5 = "OWASP ASVS 5.0"
)

// Rules are the requirements about a setting and what becomes of them under a policy, for users
// who have to prove what need says.
func (p Policy) Rules(s PolicySetting, need Requirement) []PolicyRule {
	w := p.Password
	switch s {
	case SettingIdle:
		return []PolicyRule{
			{asvs5, "7.3.1", "idle_limit", false, true},
			{nistB, "2.2.3", "idle_hour", true, p.Session.Idle <= time.Hour},
			{nistB, "2.3.3", "idle_quarter", true, p.Session.Idle <= 15*time.Minute},
		}
	case SettingAbsolute:
		return []PolicyRule{
			{asvs5, "7.3.2", "length_limit", false, true},
			{nistB, "2.1.3", "length_month", true, p.Session.Absolute <= 30*day},
			{nistB, "2.2.3", "length_day", true, p.Session.Absolute <= day},
			{nistB, "2.3.3", "length_half_day", false, p.Session.Absolute <= 12*time.Hour},
		}
	case SettingTrust:
		return []PolicyRule{{nistB, "5.1", "no_trust", false, p.TrustedDevice == 0}}
	case SettingLength:
		return []PolicyRule{
			{asvs5, "6.2.1", "password_8", false, w.MinLength >= modernSecondFactorLength},
			{asvs5, "6.2.1", "password_15", true, w.MinLength >= modernSingleFactorLength},
			{nistB, "3.1.1.2", "password_alone", false, w.MinLength >= modernSingleFactorLength || w.MinLength >= modernSecondFactorLength && need.OwnFactor()},
		}
	case SettingContext:
		return []PolicyRule{{asvs5, "6.2.11", "password_names", false, w.NoContextWords}}
	case SettingAge:
		return []PolicyRule{
			{asvs5, "6.2.10", "no_age", false, w.MaxAge == 0},
			{nistB, "3.1.1.2", "no_age_nist", false, w.MaxAge == 0},
		}
	}
	return nil
}
