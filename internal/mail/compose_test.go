package mail

import (
	"testing"
	"time"

	"gatehouse/internal/secret"
)

// BenchmarkMessage measures a message without database and mail server: writing it, and
// composing what goes out.
func BenchmarkMessage(b *testing.B) {
	keys, _ := secret.ParseKeys(secret.NewKeyFile())
	o := &Outbox{Keys: keys, Now: func() time.Time { return testTime }}
	s := testSite()
	m, err := o.Write(s, testRecipient(), samples()["two-factor-enabled"])
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := o.Write(s, testRecipient(), samples()["two-factor-enabled"]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write in a series", func(b *testing.B) {
		b.ReportAllocs()
		series, notice := o.Series(), samples()["two-factor-enabled"].(TwoFactorEnabled)
		for b.Loop() {
			_, err := series.Write(s, testRecipient(), "hanna.kruse", func(username string) Message {
				notice.Username = username
				return notice
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("send", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			c, err := unseal(keys, m)
			if err == nil {
				err = c.form(s)
			}
			if err != nil {
				b.Fatal(err)
			}
			e, err := compose(s, m, c, nil)
			if err != nil {
				b.Fatal(err)
			}
			n = len(e.Raw)
		}
		b.ReportMetric(float64(n), "bytes/mail")
	})
}
