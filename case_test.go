package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
)

// Whose turn it is, what counts as the first answer, and when silence ends a case (C07).
func TestC07TheStatesOfACase(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 11, 1, h, 0, 0, 0, time.UTC) }
	c := gatehouse.Case{State: gatehouse.CaseOpen, CreatedAt: at(1), WaitingSince: at(1)}
	if more := c.AfterReply(at(2)); more.WaitingSince != at(1) || more.State != gatehouse.CaseOpen || more.Version != 1 {
		t.Errorf("more from a customer who waits already: %+v", more)
	}
	if _, answered := c.FirstAnswer(); answered {
		t.Error("answered before anybody has")
	}
	c = c.AfterAnswer(at(3)).AfterReply(at(4)).AfterAnswer(at(6))
	if wait, ok := c.FirstAnswer(); !ok || wait != 2*time.Hour || c.Version != 3 {
		t.Errorf("the first answer took %v (%v), version %d", wait, ok, c.Version)
	}
	if end := at(6).Add(gatehouse.CaseSilence); c.Overdue(end.Add(-time.Second)) || !c.Overdue(end) {
		t.Error("silence does not end a case after its time")
	}
	closed := c.AfterClosing(at(7))
	if closed.State != gatehouse.CaseClosed || closed.ClosedAt != at(7) || closed.Overdue(at(7).Add(gatehouse.CaseFor)) {
		t.Errorf("closed: %+v", closed)
	}
	if again := closed.AfterReply(at(8)); again.State != gatehouse.CaseOpen || !again.ClosedAt.IsZero() || again.WaitingSince != at(8) {
		t.Errorf("opened again: %+v", again)
	}
	if open := (gatehouse.Case{State: gatehouse.CaseOpen, WaitingSince: at(1)}); open.Overdue(at(1).Add(gatehouse.CaseFor)) {
		t.Error("a case that support has to answer is closed by silence")
	}
}

// Only the user who asked owns a case, and nobody's session a stranger's.
func TestC07WhoseCaseItIs(t *testing.T) {
	mine := gatehouse.Case{SiteID: "uk", UserID: "usr_1"}
	own := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: "uk", UserID: "usr_1"}
	for what, test := range map[string]struct {
		caller gatehouse.Caller
		one    gatehouse.Case
		want   bool
	}{
		"own":              {own, mine, true},
		"another user":     {gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: "uk", UserID: "usr_2"}, mine, false},
		"an administrator": {gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: "uk", UserID: "usr_2", Role: gatehouse.RoleAdmin}, mine, false},
		"another site":     {gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: "au", UserID: "usr_1"}, mine, false},
		"a visitor":        {gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: "uk"}, gatehouse.Case{SiteID: "uk"}, false},
		"a session without a user, a stranger's case": {gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: "uk"}, gatehouse.Case{SiteID: "uk"}, false},
	} {
		if got := test.caller.OwnsCase(test.one); got != test.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	known := gatehouse.Case{Email: "Ada@Northgate.example", Confirmed: true}
	unknown := known
	unknown.Confirmed = false
	if !known.TakesReply("ada@northgate.example") || known.TakesReply("eve@northgate.example") || known.TakesReply("") || unknown.TakesReply("ada@northgate.example") {
		t.Error("whose mail is taken at once")
	}
}
