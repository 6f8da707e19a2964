package site

import "testing"

func TestAmounts(t *testing.T) {
	for _, c := range []struct{ lang, number, currency, want string }{
		{"en-GB", "41280.00", "GBP", "£41,280.00"}, {"en-GB", "0.5", "EUR", "€0.5"}, {"en-GB", "999", "JPY", "¥999"}, {"en-GB", "1000000", "CHF", "CHF\u00a01,000,000"},
		{"en-GB", "-12.00", "GBP", "\u2212£12.00"}, {"en-AU", "1234.50", "AUD", "$1,234.50"}, {"en-GB", "1234.50", "AUD", "AUD\u00a01,234.50"}, {"en-US", "7", "USD", "$7"},
		{"de", "41280.00", "EUR", "41.280,00\u00a0€"}, {"de-AT", "12.50", "CHF", "12,50\u00a0CHF"}, {"fr", "1234567.89", "EUR", "1\u202f234\u202f567,89\u00a0€"}, {"fr", "-1", "GBP", "\u22121\u00a0£"},
		{"nl", "100", "EUR", "€100"},
	} {
		if got := (&Site{}).FormatAmount(c.lang, c.number, c.currency); got != c.want {
			t.Errorf("%s %s %s: %q, want %q", c.lang, c.number, c.currency, got, c.want)
		}
	}
}
