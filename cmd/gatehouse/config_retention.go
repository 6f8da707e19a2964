package main

import (
	"time"

	"gatehouse"
)

// RetentionConfig is how long what has happened is kept.
type RetentionConfig struct {
	Events   time.Duration `yaml:"events"`
	Messages time.Duration `yaml:"messages"`
	Runs     time.Duration `yaml:"runs"`
}

func (k *configCheck) retention() {
	least := gatehouse.LeastRetention
	for key, span := range map[string]struct{ is, least time.Duration }{
		"retention.events":   {k.Retention.Events, least.Events},
		"retention.messages": {k.Retention.Messages, least.Messages},
		"retention.runs":     {k.Retention.Runs, least.Runs},
	} {
		if span.is < span.least {
			k.doc.Problem(key, "is shorter than %dd, which pages and mails look back", span.least/aDay)
		}
	}
}
