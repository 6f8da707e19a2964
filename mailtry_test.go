package gatehouse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
)

func TestMailTriesAreKeptAndBounded(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	stored := ""
	for i := range 50 {
		stored = gatehouse.AddMailTry(stored, gatehouse.MailTry{At: at.Add(time.Duration(i) * time.Minute), Relay: "mx.example:587", State: "deferred", Reply: fmt.Sprintf("451 4.7.1 try %d", i)})
	}
	all := gatehouse.MailTries(stored)
	if len(all) != gatehouse.MostMailTries || all[0].Words() != "try 0" || all[len(all)-1].Words() != "try 49" || all[1].Words() != "try 31" || !all[0].At.Equal(at) || all[0].Relay != "mx.example:587" {
		t.Errorf("%d: %+v", len(all), all)
	}
	long := gatehouse.MailTries(gatehouse.AddMailTry("", gatehouse.MailTry{Reply: "550 " + strings.Repeat("é", 1000)}))
	if n := len([]rune(long[0].Reply)); n != 300 {
		t.Errorf("a long reply keeps %d characters", n)
	}
	for _, broken := range []string{"", "{", "null", `"x"`} {
		if all := gatehouse.MailTries(broken); len(all) != 0 {
			t.Errorf("%q: %+v", broken, all)
		}
	}
}

func TestRepliesOfTriesAreTakenApart(t *testing.T) {
	for reply, want := range map[string][3]string{
		"550 5.1.1 <tom.adeyemi@northgate.example>: no such user": {"550 5.1.1", "<t...i@northgate.example>: no such user", "said"},
		"451 later":                     {"451", "later", "said"},
		"250-2.0.0 queued as 4711":      {"250 2.0.0", "queued as 4711", "said"},
		"550 550 user":                  {"550", "550 user", "said"},
		"no connection: dial 192.0.2.1": {"", "no connection: dial 192.0.2.1", ""},
		"5501 is no code":               {"", "5501 is no code", ""},
		"":                              {"", "", ""},
		"535 a@b@c.example":             {"535", "a...b@c.example", "said"},
	} {
		try := gatehouse.MailTries(gatehouse.AddMailTry("", gatehouse.MailTry{Reply: reply}))[0]
		if said := map[bool]string{true: "said"}[try.Said()]; try.Codes() != want[0] || try.Words() != want[1] || said != want[2] {
			t.Errorf("%q: %q, %q, %q", reply, try.Codes(), try.Words(), said)
		}
	}
}
