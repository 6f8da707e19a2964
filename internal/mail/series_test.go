package mail

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse/internal/secret"
)

// A notice of a series says the same as a separate notice, to everybody.
func TestSeries(t *testing.T) {
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	o := &Outbox{Keys: keys, Now: func() time.Time { return testTime }}
	series, s := o.Series(), testSite()
	s.Languages = []string{"en-GB", "de", "fr"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "Hanna", "Zoë  Müller", "https://evil.example", "a.example **b**", "\ue100", "\ue101\ue102", "<b>&", "J.R. Smith"})
		username := rapid.OneOf(name, rapid.String()).Draw(t, "username")
		to := Recipient{UserID: "usr", CompanyID: "com", Name: rapid.OneOf(name, rapid.String()).Draw(t, "name"),
			Email: rapid.SampledFrom([]string{"hanna@lindenhof.example", "müller@bücher.example", "o'neil+x@b.example"}).Draw(t, "address"),
			Lang:  rapid.SampledFrom([]string{"", "en-GB", "de", "fr"}).Draw(t, "language"), Administrator: rapid.Bool().Draw(t, "administrator")}
		facts := TwoFactorNotice{Company: "Lindenhof GmbH", By: rapid.SampledFrom([]string{"", "Mira Santos"}).Draw(t, "by"), At: testTime,
			Own: rapid.Bool().Draw(t, "own"), CodeMinutes: 10, TrustDays: rapid.SampledFrom([]int{0, 30}).Draw(t, "days")}
		on := rapid.Bool().Draw(t, "on")
		named := func(username string) Message {
			facts := facts
			if facts.Username = username; on {
				return TwoFactorEnabled{facts}
			}
			return TwoFactorDisabled{facts}
		}
		row, err := series.Write(s, to, username, named)
		alone, failed := o.Write(s, to, named(username))
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		got, err := unseal(keys, row)
		want, failed := unseal(keys, alone)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		want.ID, alone.ID, alone.MessageID, alone.Body = got.ID, row.ID, row.MessageID, row.Body
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(row, alone) {
			t.Errorf("it says\n%+v, not\n%+v", got.Says, want.Says)
		}
	})
	if len(series.drafts) == 0 || len(series.drafts) > 2*2*2*2*2*2*4 {
		t.Errorf("there are %d drafts", len(series.drafts))
	}
}
