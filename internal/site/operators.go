package site

import (
	"cmp"
	"time"

	"golang.org/x/text/language"

	"gatehouse"
)

// OperatorHosts are where those who run the installation sign in; without hosts, nowhere.
type OperatorHosts struct {
	Hosts []string
	// Sender is the address that mail to operators comes from; empty: that of the first site.
	Sender string
	// Support is the address that operators who are stuck can write to; empty: Sender.
	Support string
}

// operatorsName is what the operators' site is called; it is the same in all languages.
const operatorsName = "Gatehouse Console"

// OperatorsPolicy is the policy of the operators' site. It cannot be changed: an operator reaches
// everything, so a password, which can be guessed or given away, is never enough, and no mailbox
// lets anybody in.
func OperatorsPolicy() gatehouse.Policy {
	p := gatehouse.ModernPolicy()
	p.Password.MinLength = 12
	p.Password.History = 5
	p.Lockout.Attempts = 5
	p.Session.Idle, p.Session.Absolute = 30*time.Minute, 8*time.Hour
	p.SignIn = 15 * time.Minute
	p.TwoFactor = gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor}
	p.FactorReset = gatehouse.FactorResetDelay{ByAdministrator: 24 * time.Hour, BySupport: 24 * time.Hour}
	return p
}

// operatorsMark is Gatehouse's own, and operatorsLook is graphite, so that nobody takes the console
// for a customer's site.
const operatorsMark = `<path d="M3 29V16a13 13 0 0 1 26 0v13z" fill="currentColor"/><path d="M10.5 29V17a5.5 5.5 0 0 1 11 0v12z" class="mark-fill"/>`

var operatorsLook = Look{Brand: "#3a4356", OnBrand: "#ffffff", BrandNight: "#c0c9da", OnBrandNight: "#10141b", Side: "#252c3a",
	Radius: 0.5, Mark: operatorsMark, Art: "arches"}

// operators makes the operators' site; nil if there are no hosts for it. first is the first of the
// other sites.
func (e LoadEnv) operators(first *Site) *Site {
	o := e.Operators
	if len(o.Hosts) == 0 {
		return nil
	}
	s := &Site{Brand: "Gatehouse", Country: "Console", Look: operatorsLook, Languages: []string{baseLanguage, "de", "fr"}, Zone: time.UTC, InvitesByLink: true}
	s.ID, s.Name, s.Hosts, s.Origin, s.Staging = gatehouse.OperatorsSite, operatorsName, o.Hosts, e.origin(o.Hosts[0]), e.Staging
	s.SignInWith, s.Recovery, s.Policy = gatehouse.WithUsername, gatehouse.RecoverByLink, OperatorsPolicy()
	s.Sender = gatehouse.Sender{Name: operatorsName, Address: o.Sender}
	if first != nil {
		s.Zone = first.Zone
		s.Sender.Address = cmp.Or(o.Sender, first.Sender.Address)
	}
	s.Support.Email = cmp.Or(o.Support, s.Sender.Address)
	var tags []language.Tag
	for _, lang := range s.Languages {
		tags = append(tags, language.Make(lang))
	}
	s.matcher = language.NewMatcher(tags)
	return s
}
