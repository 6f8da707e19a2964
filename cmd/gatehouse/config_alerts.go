package main

import (
	"encoding/base64"
	"os"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/outbound"
	"gatehouse/internal/site"
	"gatehouse/internal/watch"
)

// AlertsConfig is from when on operators are told of something, and how.
type AlertsConfig struct {
	Mail    []string `yaml:"mail"`
	Webhook struct {
		URL    string `yaml:"url"`
		Secret string `yaml:"secret"`
	} `yaml:"webhook"`
	Guesses           int           `yaml:"guesses"`
	Locks             int           `yaml:"locks"`
	Bounces           int           `yaml:"bounces"`
	Deferred          int           `yaml:"deferred"`
	EnrolmentFailures int           `yaml:"enrolment_failures"`
	MailAge           time.Duration `yaml:"mail_age"`
	Job               time.Duration `yaml:"job"`
	SigningKeyAge     time.Duration `yaml:"signing_key_age"`
	KeyFileAge        time.Duration `yaml:"key_file_age"`
	Certificate       time.Duration `yaml:"certificate"`
}

const aDay = 24 * time.Hour

// defaultAlerts are those of the house.
func defaultAlerts() AlertsConfig {
	d := gatehouse.DefaultAlerts
	days := func(k gatehouse.AlertKind) time.Duration { return time.Duration(d[k]) * aDay }
	return AlertsConfig{Guesses: int(d[gatehouse.AlertGuessing]), Locks: int(d[gatehouse.AlertLocks]), Bounces: int(d[gatehouse.AlertBounces]),
		Deferred: int(d[gatehouse.AlertRelay]), EnrolmentFailures: int(d[gatehouse.AlertEnrolment]),
		MailAge: time.Duration(d[gatehouse.AlertMailAge]) * time.Second, Job: time.Duration(d[gatehouse.AlertJob]) * time.Second,
		SigningKeyAge: days(gatehouse.AlertSigningKeys), KeyFileAge: days(gatehouse.AlertKeyFile), Certificate: days(gatehouse.AlertCertificate)}
}

// Thresholds are the settings as the rules have them.
func (c AlertsConfig) Thresholds() gatehouse.AlertThresholds {
	return gatehouse.AlertThresholds{gatehouse.AlertGuessing: int64(c.Guesses), gatehouse.AlertLocks: int64(c.Locks), gatehouse.AlertBounces: int64(c.Bounces),
		gatehouse.AlertRelay: int64(c.Deferred), gatehouse.AlertEnrolment: int64(c.EnrolmentFailures), gatehouse.AlertMailAge: int64(c.MailAge / time.Second),
		gatehouse.AlertJob: int64(c.Job / time.Second), gatehouse.AlertSigningKeys: int64(c.SigningKeyAge / aDay), gatehouse.AlertKeyFile: int64(c.KeyFileAge / aDay),
		gatehouse.AlertCertificate: int64(c.Certificate / aDay)}
}

// secretPrefix is how secrets of webhooks are marked (standardwebhooks.com).
const secretPrefix = "whsec_"

// leastSecret is how many bytes the secret has at least, as the standard asks.
const leastSecret = 24

// secret is the key that calls are signed with; nil if it is none.
func (c AlertsConfig) secret() []byte {
	text, marked := strings.CutPrefix(c.Webhook.Secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !marked || len(key) < leastSecret {
		return nil
	}
	return key
}

func (k *configCheck) alerts() {
	a := k.Alerts
	for i, address := range a.Mail {
		if problem := site.CheckEmail(address); problem != "" {
			k.doc.Problem("alerts.mail["+strconv.Itoa(i)+"]", "is %q, %s", address, problem)
		}
	}
	policy := outbound.Policy{Allowed: k.OutboundNetworks, PlainLoopback: k.PlainLoopback()}
	switch {
	case a.Webhook.URL == "" && a.Webhook.Secret != "":
		k.doc.Problem("alerts.webhook.secret", "is of no use without alerts.webhook.url")
	case a.Webhook.URL != "":
		if problem := policy.Check(a.Webhook.URL); problem != nil {
			k.doc.Problem("alerts.webhook.url", "cannot be called: %s", problem.Detail)
		}
		if a.secret() == nil {
			k.doc.Problem("alerts.webhook.secret", "must be whsec_ and at least %d random bytes in base64, as openssl rand -base64 32 makes them", leastSecret)
		}
	}
	for key, n := range map[string]int{"guesses": a.Guesses, "locks": a.Locks, "bounces": a.Bounces, "deferred": a.Deferred, "enrolment_failures": a.EnrolmentFailures} {
		if n < 0 || n > 10_000 {
			k.doc.Problem("alerts."+key, "is %d, must be 0 to 10000", n)
		}
	}
	for key, d := range map[string]struct{ is, least time.Duration }{"mail_age": {a.MailAge, time.Minute}, "job": {a.Job, time.Minute},
		"signing_key_age": {a.SigningKeyAge, aDay}, "key_file_age": {a.KeyFileAge, aDay}, "certificate": {a.Certificate, aDay}} {
		if d.is != 0 && (d.is < d.least || d.is > 3650*aDay) {
			k.doc.Problem("alerts."+key, "is %s, must be 0, or %s to 3650d", d.is, d.least)
		}
	}
}

// alertOptions are how operators are told.
func (c *Config) alertOptions() assembly.Alerts {
	o := assembly.Alerts{Thresholds: c.Alerts.Thresholds(), Mail: c.Alerts.Mail}
	if info, err := os.Stat(c.KeyFile); err == nil {
		o.KeyFileAt = info.ModTime()
	}
	if c.Alerts.Webhook.URL != "" {
		o.Webhook = &watch.Webhook{URL: c.Alerts.Webhook.URL, Secret: c.Alerts.secret(), Client: assembly.Outbound(c.OutboundNetworks, c.PlainLoopback())}
	}
	return o
}
