package operator

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/support"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// caseViews are the pages of support cases in each of their states.
func caseViews() map[string]ui.View {
	one := support.View{Case: gatehouse.Case{SiteID: "meridian-uk", ID: "cas_1", Number: "CS-7F3K-29QX", Name: fixture.LongName, Email: "mira@northgate.example", Locale: "en-GB",
		Reference: "GH-7F3K-29QX", State: gatehouse.CaseOpen, Held: 1, CreatedAt: fixture.Noon.Add(-3 * time.Hour), WaitingSince: fixture.Noon.Add(-time.Hour)}, Title: "The <b>code</b> " + strings.Repeat("x", 80)}
	for i, kind := range []gatehouse.CaseMessageKind{gatehouse.CaseFromCustomer, gatehouse.CaseFromSupport, gatehouse.CaseNote, gatehouse.CaseFromCustomer} {
		one.Messages = append(one.Messages, support.Message{CaseMessage: gatehouse.CaseMessage{ID: "csm_1", Kind: kind, By: strings.Repeat("Ines ", i), ByMail: i == 3, Held: i == 3, At: fixture.Noon},
			CaseWords: gatehouse.CaseWords{Text: "It hangs.\n<script>", Since: "Monday", Tried: "Zzz"}, Files: []gatehouse.CaseFile{{ID: "fil_1", Name: "a.png", Size: 2000}}})
	}
	own, closed := one, one
	own.UserID, own.State, own.AnsweredAt, own.AssignedTo, own.Assignee = "usr_1", gatehouse.CaseAnswered, fixture.Noon, "usr_o", "Owen Hale"
	closed.State, closed.Disowned, closed.Messages = gatehouse.CaseClosed, true, nil
	confirmed := one
	confirmed.Confirmed = true
	canned := []support.Canned{{Key: "code", Title: "Zz", Text: "Zz"}, {Key: "done", Title: "Zzzz", Text: "Zzzz"}}
	locked, invited, gone := *fixture.User(), *fixture.User(), *fixture.User()
	locked.LockedAt, locked.EmailConfirmed, invited.State, gone.State = fixture.Noon, false, gatehouse.Invited, gatehouse.Deactivated
	wrong := fixture.Wrong("text", "required", "too-long", "character")
	return map[string]ui.View{
		"cases":          Cases{support.Queue{Filter: support.Filter{State: gatehouse.CaseOpen}, Cases: []support.View{one, own, closed}, More: true, Open: 3, Answered: 2, FirstAnswer: 90 * time.Minute}, nil},
		"cases-mine":     Cases{support.Queue{Filter: support.Filter{State: gatehouse.CaseAnswered, Whose: "mine"}, Cases: []support.View{own}, Open: 1, Answered: 1, FirstAnswer: time.Minute}, nil},
		"cases-none":     Cases{support.Queue{Filter: support.Filter{State: gatehouse.CaseOpen, Text: "<x>"}}, nil},
		"case":           CasePage{Work: support.Work{View: one, Accounts: []gatehouse.User{locked, invited, gone}}, SiteName: "Meridian UK", Canned: canned},
		"case-own":       CasePage{Work: support.Work{View: own, Accounts: []gatehouse.User{*fixture.User()}}, SiteName: "Meridian UK", Me: "usr_o", Canned: canned, Done: true},
		"case-disowned":  CasePage{Work: support.Work{View: closed}, SiteName: "Meridian UK"},
		"case-confirmed": CasePage{Work: support.Work{View: confirmed}, SiteName: "Meridian UK", Typed: "Twice", Changed: true},
		"case-full":      CasePage{Work: support.Work{View: confirmed}, SiteName: "Meridian UK", Typed: "More", Full: true, Errors: wrong},
	}
}
