package site

import (
	"time"

	"gatehouse"
)

// settings is site.yaml.
type settings struct {
	Name        string               `yaml:"name,required"`
	Brand       string               `yaml:"brand"` // else: name
	Country     string               `yaml:"country"`
	Hosts       []string             `yaml:"hosts,required"`
	SignInWith  gatehouse.Identifier `yaml:"sign_in_with,required,oneof=username|email|username-or-email"`
	Recovery    gatehouse.Recovery   `yaml:"recovery,required,oneof=challenge|link"`
	Invitation  string               `yaml:"invitation,oneof=password|link"` // else: password
	Profile     gatehouse.Profile    `yaml:"profile,required,oneof=classic|modern"`
	Policy      policySettings       `yaml:"policy"` // what differs from the profile
	Languages   []string             `yaml:"languages"`
	Zone        string               `yaml:"zone"`
	Tagline     string               `yaml:"tagline"`
	Look        lookSettings         `yaml:"look,required"`
	Notice      noticeSettings       `yaml:"notice"`
	Links       []linkSettings       `yaml:"links"`
	QuickLinks  []linkSettings       `yaml:"quick_links"`
	Support     supportSettings      `yaml:"support,required"`
	Sender      senderSettings       `yaml:"sender,required"`
	SoleUser    bool                 `yaml:"asks_sole_user"`
	Maintenance *maintenanceSettings `yaml:"maintenance"`
	Security    *securitySettings    `yaml:"security"`
	ForwardAuth *forwardSettings     `yaml:"forward_auth"`
	Registers   bool                 `yaml:"client_registration"`
	Texts       textsSettings        `yaml:"text_messages"`
	// Words are translations of texts in site.yaml: by language, and then by the text
	// as written here.
	Words map[string]map[string]string `yaml:"words"`
}

type lookSettings struct {
	Brand        string  `yaml:"brand,required"`
	OnBrand      string  `yaml:"on_brand"` // this and the next three are proposed from brand
	BrandNight   string  `yaml:"brand_night"`
	OnBrandNight string  `yaml:"on_brand_night"`
	Side         string  `yaml:"side"`
	Radius       float64 `yaml:"radius"`
	HeadFont     string  `yaml:"head_font"`
	Art          string  `yaml:"art,oneof=arches|horizon|shelf"`
}

type noticeSettings struct {
	Kicker   string `yaml:"kicker"`
	Title    string `yaml:"title"`
	LinkText string `yaml:"link_text"`
	LinkURL  string `yaml:"link_url"`
}

type linkSettings struct {
	Text string `yaml:"text,required"`
	URL  string `yaml:"url,required"`
}

type supportSettings struct {
	Email   string `yaml:"email,required"`
	Phone   string `yaml:"phone"`
	Hours   string `yaml:"hours"`
	Replies string `yaml:"replies"`
}

type senderSettings struct {
	Name    string `yaml:"name"` // else: the site's
	Address string `yaml:"address,required"`
	ReplyTo string `yaml:"reply_to"`
	Bounces string `yaml:"bounces"`
	Postal  string `yaml:"postal"`
}

type textsSettings struct {
	Offered   bool     `yaml:"offered"`
	Countries []string `yaml:"countries"` // else: the country of the first language
}

type maintenanceSettings struct {
	From      time.Time `yaml:"from,required"`
	Until     time.Time `yaml:"until,required"`
	Reference string    `yaml:"reference"`
	StatusURL string    `yaml:"status_url"`
}

// policySettings are pointers, because 0 and false differ from "as in the profile".
type policySettings struct {
	Password struct {
		MinLength       *int           `yaml:"min_length"`
		Upper           *bool          `yaml:"upper"`
		Lower           *bool          `yaml:"lower"`
		Digit           *bool          `yaml:"digit"`
		NoUsernameParts *bool          `yaml:"no_username_parts"`
		NoContextWords  *bool          `yaml:"no_context_words"`
		History         *int           `yaml:"history"`
		Blocklist       *bool          `yaml:"blocklist"`
		MaxAge          *time.Duration `yaml:"max_age"`
	} `yaml:"password"`
	Lockout struct {
		Attempts    *int           `yaml:"attempts"`
		InAll       *int           `yaml:"attempts_in_all"`
		UnlockAfter *time.Duration `yaml:"unlock_after"`
	} `yaml:"lockout"`
	Session struct {
		Idle     *time.Duration `yaml:"idle"`
		Absolute *time.Duration `yaml:"absolute"`
		Bound    *time.Duration `yaml:"bound"`
	} `yaml:"session"`
	TemporaryPassword *time.Duration `yaml:"temporary_password"`
	ResetLink         *time.Duration `yaml:"reset_link"`
	Code              *time.Duration `yaml:"code"`
	TrustedDevice     *time.Duration `yaml:"trusted_device"`
	SignIn            *time.Duration `yaml:"sign_in"`
	FactorReset       struct {
		ByAdministrator *time.Duration `yaml:"by_administrator"`
		BySupport       *time.Duration `yaml:"by_support"`
	} `yaml:"factor_reset"`
	TwoFactor struct {
		Require gatehouse.Requirement `yaml:"require"`
		By      time.Time             `yaml:"by"`
	} `yaml:"two_factor"`
}

// policy is the profile's policy with the site's changes.
func (f *settings) policy() gatehouse.Policy {
	p := gatehouse.ClassicPolicy()
	if f.Profile == gatehouse.Modern {
		p = gatehouse.ModernPolicy()
	}
	o := f.Policy
	override(&p.Password.MinLength, o.Password.MinLength)
	override(&p.Password.Upper, o.Password.Upper)
	override(&p.Password.Lower, o.Password.Lower)
	override(&p.Password.Digit, o.Password.Digit)
	override(&p.Password.NoUsernameParts, o.Password.NoUsernameParts)
	override(&p.Password.NoContextWords, o.Password.NoContextWords)
	override(&p.Password.History, o.Password.History)
	override(&p.Password.Blocklist, o.Password.Blocklist)
	override(&p.Password.MaxAge, o.Password.MaxAge)
	override(&p.Lockout.Attempts, o.Lockout.Attempts)
	override(&p.Lockout.InAll, o.Lockout.InAll)
	override(&p.Lockout.UnlockAfter, o.Lockout.UnlockAfter)
	override(&p.Session.Idle, o.Session.Idle)
	override(&p.Session.Absolute, o.Session.Absolute)
	override(&p.Session.Bound, o.Session.Bound)
	override(&p.TemporaryPassword, o.TemporaryPassword)
	override(&p.ResetLink, o.ResetLink)
	override(&p.Code, o.Code)
	override(&p.TrustedDevice, o.TrustedDevice)
	override(&p.SignIn, o.SignIn)
	override(&p.FactorReset.ByAdministrator, o.FactorReset.ByAdministrator)
	override(&p.FactorReset.BySupport, o.FactorReset.BySupport)
	p.TwoFactor = gatehouse.TwoFactorRule{Require: o.TwoFactor.Require, By: o.TwoFactor.By}
	return p
}

func override[T any](value *T, by *T) {
	if by != nil {
		*value = *by
	}
}
