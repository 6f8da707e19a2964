package gatehouse_test

import (
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

func TestRefusesAddress(t *testing.T) {
	for _, c := range []struct {
		code   int
		text   string
		status string
		want   bool
	}{
		{550, "no such user", "", true},
		{551, "user not local", "", true},
		{553, "mailbox name not allowed", "", true},
		{550, "", "", true},
		{552, "mailbox full", "", false},
		{554, "transaction failed", "", false},
		{450, "mailbox busy", "", false},
		{550, "5.1.1 no such user", "5.1.1", true},
		{550, "5.1.10 recipient not found", "5.1.10", true},
		{554, "5.1.2 no such domain", "5.1.2", true},
		{550, "5.2.1 mailbox disabled", "5.2.1", true},
		{552, "5.2.2 mailbox full", "5.2.2", true},
		{550, "5.0.0 no", "5.0.0", true},
		{554, "5.0.0 no", "5.0.0", false},
		// Not about the address.
		{550, "5.7.1 relaying denied", "5.7.1", false},
		{550, "5.7.26 this mail is unauthenticated", "5.7.26", false},
		{550, "5.1.8 sender address rejected", "5.1.8", false},
		{553, "5.1.7 bad sender", "5.1.7", false},
		{552, "5.2.3 message too long", "5.2.3", false},
		{550, "5.4.1 access denied", "5.4.1", false},
		{451, "4.1.1 try later", "4.1.1", false},
		{550, "4.1.1 which is it", "4.1.1", false},
		{451, "5.1.1 which is it", "5.1.1", false},
	} {
		if status, got := gatehouse.RefusesAddress(c.code, c.text); got != c.want || status != c.status {
			t.Errorf("%d %s: %q, %v", c.code, c.text, status, got)
		}
	}
}
