package main

import (
	"strings"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sms"
)

// TextsConfig is how text messages are sent: templates for the request that a gateway
// expects.
type TextsConfig struct {
	URL     string            `yaml:"url"`
	Method  string            `yaml:"method,oneof=POST|GET|PUT"`
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"`
	// Accepted matches the answer if the gateway has accepted the message; empty: anything
	// does.
	Accepted string        `yaml:"accepted"`
	Timeout  time.Duration `yaml:"timeout"`
	// PerDay is how many this installation sends per day before it stops.
	PerDay int `yaml:"per_day"`
}

// defaultTexts is the defaults for the file.
var defaultTexts = TextsConfig{Method: "POST", Timeout: 10 * time.Second, PerDay: 1000}

// texts makes the gateway; without a URL there is none, and nobody gets a text message.
func (k *configCheck) texts(environ []string) {
	t := k.TextMessages
	if t.URL == "" {
		if t.Body != "" || len(t.Headers) > 0 || t.Accepted != "" {
			k.doc.Problem("text_messages.url", "is missing; the other settings of text_messages are of no use without it")
		}
		return
	}
	if t.Timeout < time.Second || t.Timeout > time.Minute {
		k.doc.Problem("text_messages.timeout", "is %s, must be 1s to 1m", t.Timeout)
	}
	if t.PerDay < 1 || t.PerDay > 10_000_000 {
		k.doc.Problem("text_messages.per_day", "is %d, must be 1 to 10000000", t.PerDay)
	}
	gateway, err := sms.New(sms.Settings{URL: t.URL, Method: t.Method, Headers: t.Headers, Body: t.Body, Accepted: t.Accepted, Timeout: t.Timeout,
		Env: func(name string) (string, bool) {
			for _, entry := range environ {
				if value, found := strings.CutPrefix(entry, name+"="); found {
					return value, true
				}
			}
			return "", false
		}})
	if err != nil {
		k.doc.Problem("text_messages", "%v", err)
	}
	k.Gateway = gateway
}

// texts looks whether sites offer what the server cannot send. Where none offers text messages
// there is nothing to say.
func (d *doctor) texts(sites []*site.Site) {
	var offer []string
	for _, one := range sites {
		if len(one.TextCountries) > 0 {
			offer = append(offer, one.ID)
		}
	}
	switch {
	case len(offer) == 0:
	case d.cfg.Gateway == nil:
		d.add("text messages", warn, "offered by "+strings.Join(offer, ", ")+", and there is no gateway, so nobody is shown them",
			"set text_messages.url, or text_messages.offered: false in the site")
	default:
		d.add("text messages", well, "there is a gateway for "+strings.Join(offer, ", "), "")
	}
}
