package gatehouse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gatehouse"
)

func TestWeighDelivery(t *testing.T) {
	const failed, delayed, delivered, relayed = gatehouse.DeliveryFailed, gatehouse.DeliveryDelayed, gatehouse.DeliveryDelivered, gatehouse.DeliveryRelayed
	for _, c := range []struct {
		actions []gatehouse.DeliveryAction
		want    int
	}{
		{nil, -1},
		{[]gatehouse.DeliveryAction{"eaten"}, -1},
		{[]gatehouse.DeliveryAction{failed}, 0},
		{[]gatehouse.DeliveryAction{delayed, failed}, 1},
		{[]gatehouse.DeliveryAction{relayed, delayed, failed}, 2}, // a relay takes everything
		{[]gatehouse.DeliveryAction{failed, delivered}, 1},        // one of two mailboxes has it
		{[]gatehouse.DeliveryAction{"eaten", delayed}, 1},
	} {
		if got := gatehouse.WeighDelivery(c.actions); got != c.want {
			t.Errorf("%v: %d counts, want %d", c.actions, got, c.want)
		}
	}
	for a, want := range map[gatehouse.DeliveryAction]bool{failed: false, delayed: false, delivered: true, relayed: true,
		gatehouse.DeliveryExpanded: true, "": false, "eaten": false} {
		if a.Arrived() != want {
			t.Errorf("%q has arrived: %v", a, !want)
		}
	}
}

// Replies of a server to a recipient at the hand-over.
func TestRefusesEmailAtTheHandOver(t *testing.T) {
	for _, c := range []struct {
		code   int
		text   string
		status string
		want   bool
	}{
		{550, "no such user", "550", true},
		{551, "user not local", "551", true},
		{553, "mailbox name not allowed", "553", true},
		{550, "", "550", true},
		{550, "5.1.1 no such user", "5.1.1", true},
		{550, "5.1.10 recipient not found", "5.1.10", true},
		{554, "5.1.2 no such domain", "5.1.2", true},
		{550, "5.2.1 mailbox disabled", "5.2.1", true},
		{552, "5.2.2 mailbox full", "5.2.2", true},
		{550, "5.0.0 no", "5.0.0", true},
		{550, "#5.1.0 Address rejected.", "5.1.0", true},
		{550, "5.1.1: unknown, and 550 5.7.1 is only quoted", "5.1.1", true},
		{550, "User not listed in the directory", "550", true},
		// Not about the address.
		{552, "mailbox full", "552", false},
		{554, "transaction failed", "554", false},
		{450, "mailbox busy", "450", false},
		{554, "5.0.0 no", "5.0.0", false},
		{550, "5.7.1 relaying denied", "5.7.1", false},
		{550, "5.7.26 this mail is unauthenticated", "5.7.26", false},
		{550, "5.1.8 sender address rejected", "5.1.8", false},
		{553, "5.1.7 bad sender", "5.1.7", false},
		{550, "5.1.0 <no-reply@uk.meridian.example> sender rejected", "5.1.0", false},
		{552, "5.2.3 message too long", "5.2.3", false},
		{550, "5.2.4 the list cannot be expanded", "5.2.4", false},
		{550, "5.4.1 access denied", "5.4.1", false},
		{554, "5.4.4 host not found", "5.4.4", false},
		{552, "5.3.4 message too big for the system", "5.3.4", false},
		{550, "5.5.0 requested action not taken", "5.5.0", false},
		{550, "5.6.7 no SMTPUTF8", "5.6.7", false},
		{451, "4.1.1 try later", "4.1.1", false},
		{550, "4.1.1 which is it", "4.1.1", false},
		{451, "5.1.1 which is it", "5.1.1", false},
		// Without a status, the text decides.
		{550, "relay not permitted", "550", false},
		{550, "SPF check failed", "550", false},
		{550, "Sender verify failed", "550", false},
		{550, "rejected because 192.0.2.1 is in a blacklist at list.example", "550", false},
		{550, "5.0.0 Message rejected as spam", "5.0.0", false},
		{550, "Administrative prohibition", "550", false},
		{550, "Access denied", "550", false},
		{553, "sorry, that domain isn't in my list of allowed relays", "553", false},
		{550, "No valid PTR record", "550", false},
		{550, "Absender gesperrt", "550", false},
		{550, "Try again later", "550", false},
	} {
		status, got := gatehouse.RefusesEmail(gatehouse.Refusal{Code: c.code, Text: c.text})
		if got != c.want || status != c.status {
			t.Errorf("%d %s: %q, %v", c.code, c.text, status, got)
		}
	}
}

// Reports as mail systems write them.
func TestRefusesEmailInReports(t *testing.T) {
	for _, c := range []struct {
		status, diagnostic string
		shown              string
		want               bool
	}{
		{"5.1.1", "550 5.1.1 <hanna@lindenhof.example>: Recipient address rejected: User unknown", "5.1.1", true},
		{"5.1.1", "unknown user: \"hanna\"", "5.1.1", true}, // the relay's own words
		{"5.1.1", "", "5.1.1", true},
		{"5.0.0", "550 no mailbox by that name is currently available", "5.0.0", true},
		{"5.0.0", "550-5.1.1 The account does not exist. 550 5.1.1 Learn more", "5.1.1", true},
		{"", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10", true},
		{"", "550 unknown", "550", true},
		{"5.1.1", "553 5.0.0 unknown", "5.1.1", true},
		{"5.2.2", "552 5.2.2 over quota", "5.2.2", true},
		{"5.2.2", "552 mailbox full", "5.2.2", true},
		// About our content, our sender or their rules.
		{"5.7.26", "550 5.7.26 unauthenticated: SPF did not pass", "5.7.26", false},
		{"5.0.0", "550 5.7.26 unauthenticated", "5.7.26", false},
		{"5.1.1", "550 5.7.1 blocked", "5.1.1", false},
		{"5.7.1", "550 5.1.1 unknown", "5.7.1", false},
		{"5.0.0", "550 message looks like spam", "5.0.0", false},
		{"5.6.0", "554 conversion failed", "5.6.0", false},
		{"5.1.8", "550 sender's domain does not exist", "5.1.8", false},
		{"5.2.3", "552 5.2.3 too long", "5.2.3", false},
		{"5.3.4", "message size exceeds size limit", "5.3.4", false},
		// Temporary problems, no matter what the report calls them.
		{"4.4.7", "550 4.4.7 QUEUE.Expired; message expired", "4.4.7", false},
		{"4.4.7", "delivery temporarily suspended: lost connection", "4.4.7", false},
		{"5.4.7", "message expired", "5.4.7", false},
		{"4.2.2", "452 4.2.2 over quota", "4.2.2", false},
		{"5.1.1", "450 4.1.1 greylisted", "5.1.1", false},
		{"5.1.1", "421 4.7.0 later", "5.1.1", false},
		{"5.4.4", "Host or domain name not found. Name service error for name=lindenhof.example type=AAAA", "5.4.4", false},
		{"5.4.6", "mail forwarding loop", "5.4.6", false},
		{"5.4.1", "550 5.4.1 Recipient address rejected: Access denied", "5.4.1", false},
		// Nothing conclusive.
		{"5.0.0", "", "5.0.0", false},
		{"", "", "", false},
		{"", "unknown user", "", false},
		{"5.0.0", "554 delivery error", "5.0.0", false},
		{"2.0.0", "550 5.1.1 unknown", "2.0.0", false},
		{"5.1.1.1", "", "", false},
		{"five", "", "", false},
	} {
		status, got := gatehouse.RefusesEmail(gatehouse.ReportedRefusal(c.status, c.diagnostic))
		if got != c.want || status != c.shown {
			t.Errorf("%q, %q: %q, %v", c.status, c.diagnostic, status, got)
		}
	}
}

// For all statuses, numbers and words: nobody is marked for something unrelated to the address,
// and one more word against that never changes it.
func TestRefusesEmailWhateverIsSaid(t *testing.T) {
	about := []string{"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.0", "5.2.1", "5.2.2"}
	statuses := []string{"", "5.0.0"}
	for _, class := range []int{2, 4, 5} {
		for subject := range 8 {
			for detail := range 40 {
				statuses = append(statuses, fmt.Sprintf("%d.%d.%d", class, subject, detail))
			}
		}
	}
	codes := []int{0, 250, 421, 450, 451, 452, 500, 550, 551, 552, 553, 554, 571}
	words := []string{"", "unknown", "no such user", "mailbox unavailable"}
	innocent := func(s string) bool { return s == "" || s == "5.0.0" || slices.Contains(about, s) }
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		field, answer := statuses[random.IntN(len(statuses))], statuses[random.IntN(len(statuses))]
		if random.IntN(2) == 0 {
			field = about[random.IntN(len(about))]
		}
		code, text := codes[random.IntN(len(codes))], strings.TrimSpace(answer+" "+words[random.IntN(len(words))])
		_, refused := gatehouse.RefusesEmail(gatehouse.Refusal{Code: code, Status: field, Text: text})
		told := slices.Contains(about, field) || slices.Contains(about, answer)
		plain := code == 550 || code == 551 || code == 553
		want := innocent(field) && innocent(answer) && (code == 0 || code >= 500) && (told || plain)
		if refused != want {
			t.Fatalf("%d, %q, %q: %v", code, field, text, refused)
		}
	}
}

func TestRefusalCauses(t *testing.T) {
	for _, c := range []struct{ status, address, site, domain string }{
		{"5.1.1", "Hanna@Lindenhof.example", "5.1", "5.1 lindenhof.example"},
		{"5.1.10", "a@b@lindenhof.example", "5.1", "5.1 lindenhof.example"},
		{"550", "hanna@lindenhof.example", "550", "550 lindenhof.example"},
		{"5.2.2", "hanna@lindenhof.example", "5.2", "5.2 lindenhof.example"},
	} {
		got := gatehouse.RefusalCauses(c.status, c.address)
		if len(got) != 2 || got[0].Key() != c.site || got[1].Key() != c.domain || got[0].Most != 25 || got[1].Most != 5 {
			t.Errorf("%s, %s: %+v", c.status, c.address, got)
		}
	}
}

// An administrator's page shows only the number and status of a report.
func TestAnswerCodes(t *testing.T) {
	for text, want := range map[string]string{
		"550 5.1.1 your administrator was dismissed": "550 5.1.1", "5.0.0 550 no": "5.0.0 550", "550-5.1.1 no": "550 5.1.1",
		"5.1.1": "5.1.1", "delayed: 4.4.1 call 0800 123 456": "4.4.1", "delivered: 250 2.0.0 Ok": "250 2.0.0", "550 550 550 call": "550",
		"call 0800 550 5.1.1": "", "": "", "x: y: 550": "", "550": "550", "5.1.1.evil.example 550": "", "<b>550</b>": "",
	} {
		if got := gatehouse.AnswerCodes(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
