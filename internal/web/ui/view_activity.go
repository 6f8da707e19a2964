package ui

import (
	"net/url"
	"strings"
	"time"

	"gatehouse"
)

// ActivityLog is what happened with the account, page by page (C09).
type ActivityLog struct {
	Events []gatehouse.Event
	// Own is the ID of the sign-in that this session began with; may be empty.
	Own string
	// Topic and Result are what was filtered by; empty: everything.
	Topic, Result string
	// Before is what the page was asked for with, Next what the next one is; empty on
	// the first and on the last.
	Before, Next string
}

func (ActivityLog) template() string     { return "activity" }
func (ActivityLog) title(p *page) string { return p.T("activity.title") }
func (ActivityLog) failed() bool         { return false }

// Topics and Results are the choices of the filters, after "everything".
func (ActivityLog) Topics() []string  { return []string{"sign-ins", "changes"} }
func (ActivityLog) Results() []string { return []string{"ok", "not-ok"} }

// Filtered reports whether anything but everything was asked for.
func (v ActivityLog) Filtered() bool { return v.Topic != "" || v.Result != "" }

// Newest and Older are the addresses of the first and of the next page, with the same
// filters.
func (v ActivityLog) Newest() string { return v.address("") }
func (v ActivityLog) Older() string  { return v.address(v.Next) }

func (v ActivityLog) address(before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": v.Topic, "result": v.Result, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/account/activity"
	}
	return "/account/activity?" + q.Encode()
}

// AskNotMe asks before everything else is signed out because of an event.
type AskNotMe struct{ Event gatehouse.Event }

func (AskNotMe) template() string     { return "not_me" }
func (AskNotMe) title(p *page) string { return p.T("activity.ask_title") }
func (AskNotMe) failed() bool         { return false }

// Asked puts the event that is asked about into words.
func (p *page) Asked() Activity { return p.activity(p.View.(AskNotMe).Event) }

// OwnSignIn answers "this wasn't me" about the sign-in that is in use.
type OwnSignIn struct{}

func (OwnSignIn) template() string     { return "own_sign_in" }
func (OwnSignIn) title(p *page) string { return p.T("activity.own_title") }
func (OwnSignIn) failed() bool         { return true }

// Zone is where the times of the pages are, in words: "London (GMT)".
func (w *Words) Zone() string {
	name := w.zone().String()
	name = strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
	short, _ := w.now.In(w.zone()).Zone()
	if strings.HasPrefix(short, "+") || strings.HasPrefix(short, "-") {
		short = "UTC" + short // a zone without letters of its own
	}
	if name == short {
		return name
	}
	return w.T("activity.zone_name", "place", name, "zone", short)
}

// Activity is one event in words.
type Activity struct {
	ID                string
	Text, Icon, Class string
	// When is the time in words.
	When string
	At   time.Time
	// Result is how it went, ResultClass the class of its badge.
	Result, ResultClass string
	// Device and Address (roughly the place, where that is known) say from where. They
	// are empty where somebody else did it: then By says who, and ByWhat what that is.
	Device, Address string
	By, ByWhat      string
	// Own: it is the sign-in of this session. NotMe: it can be disowned.
	Own, NotMe bool
}

// activity puts an event into words.
func (p *page) activity(e gatehouse.Event) Activity {
	which, look := wordsOf(e)
	a := Activity{ID: e.ID, Text: p.T("event." + which), Icon: look.icon, Class: look.class,
		When: p.When(e.At), At: e.At, NotMe: e.Disownable()}
	a.Result, a.ResultClass = p.T("result."+string(e.Result)), "badge-bad"
	switch {
	case e.Kind == gatehouse.EventLocked:
		a.Result = p.T("result.locked")
	case e.Result == gatehouse.ResultOK:
		a.ResultClass = "badge-ok"
	}
	if e.ByOther() {
		a.By, a.ByWhat = p.actor(e)
		return a
	}
	a.Address = p.PlaceOf(e.Address)
	if e.UserAgent != "" {
		a.Device = p.Browser(e.UserAgent)
	}
	return a
}

// actor says who did what the owner of the account did not: administrators are named,
// support and the house are not.
func (p *page) actor(e gatehouse.Event) (who, what string) {
	switch {
	case e.ActorKind == gatehouse.Operator:
		return p.T("actor.operator"), p.T("actor.operator_text", "site", p.SiteName())
	case e.ActorKind != gatehouse.SignedIn:
		return p.T("actor.system"), p.T("actor.system_text", "site", p.SiteName())
	case e.ActorName != "":
		return e.ActorName, p.T("actor.administrator_text")
	}
	return p.T("actor.administrator"), p.T("actor.administrator_text")
}

// Log puts the events of the page into words.
func (p *page) Log() []Activity {
	v := p.View.(ActivityLog)
	lines := make([]Activity, len(v.Events))
	for i, e := range v.Events {
		lines[i] = p.activity(e)
		lines[i].Own = e.ID != "" && e.ID == v.Own
	}
	return lines
}

// eventRow is what the template "event-row" works on.
type eventRow struct {
	Page  *page
	Event Activity
}

// EventRow is a line of the log for the template "event-row".
func (p *page) EventRow(a Activity) eventRow { return eventRow{p, a} }

// eventLook is the icon of a kind of event, and the class that colours it.
type eventLook struct{ icon, class string }

// eventLooks has every kind of event; the words are event.KIND.
var eventLooks = map[gatehouse.EventKind]eventLook{
	gatehouse.EventSignIn:           {"laptop", ""},
	gatehouse.EventSignInDone:       {"laptop", ""},
	gatehouse.EventSignOut:          {"log-out", ""},
	gatehouse.EventLocked:           {"lock", "is-bad"},
	gatehouse.EventUnlocked:         {"key-round", "is-ok"},
	gatehouse.EventUserCreated:      {"user-plus", ""},
	gatehouse.EventUserChanged:      {"user", ""},
	gatehouse.EventUserImported:     {"user-plus", ""},
	gatehouse.EventUserDeactivated:  {"x", "is-warn"},
	gatehouse.EventUserActivated:    {"circle-check", "is-ok"},
	gatehouse.EventPasswordReset:    {"key-round", ""},
	gatehouse.EventCompanyCreated:   {"building-2", ""},
	gatehouse.EventCompanyChanged:   {"building-2", ""},
	gatehouse.EventImport:           {"building-2", ""},
	gatehouse.EventPasswordChanged:  {"key-round", ""},
	gatehouse.EventPasswordChecked:  {"triangle-alert", "is-warn"},
	gatehouse.EventChallengeSet:     {"shield-check", ""},
	gatehouse.EventTermsAccepted:    {"circle-check", ""},
	gatehouse.EventSoleUser:         {"user", ""},
	gatehouse.EventRecovery:         {"key-round", ""},
	gatehouse.EventRecoveryAnswered: {"shield-check", ""},
	gatehouse.EventUsernameAsked:    {"user", ""},
	gatehouse.EventProfileChanged:   {"user", ""},
	gatehouse.EventEmailAsked:       {"mail", ""},
	gatehouse.EventEmailConfirmed:   {"mail", "is-ok"},
	gatehouse.EventEmailChanged:     {"mail", ""},
	gatehouse.EventEmailUndone:      {"mail", ""},
	gatehouse.EventBrowserRemoved:   {"monitor", ""},
	gatehouse.EventBrowserUntrusted: {"monitor", ""},
	gatehouse.EventNotMe:            {"triangle-alert", "is-warn"},
	gatehouse.EventCodeSent:         {"mail", ""},
	gatehouse.EventCode:             {"shield-check", ""},

	gatehouse.EventTwoFactorEnabled:  {"shield-check", "is-ok"},
	gatehouse.EventTwoFactorDisabled: {"shield-check", "is-warn"},
	gatehouse.EventOwnTwoFactor:      {"shield-check", ""},
	gatehouse.EventSecondStepReset:   {"monitor", "is-warn"},
	gatehouse.EventMailBounced:       {"mail", "is-warn"},
	gatehouse.EventBounceCleared:     {"mail", ""},
	gatehouse.EventMailResent:        {"mail", ""},
}

// wordsOf names the words for an event, and how they look. Some kinds have more than
// one sentence.
func wordsOf(e gatehouse.Event) (which string, look eventLook) {
	look, known := eventLooks[e.Kind]
	if !known {
		return "something_else", eventLook{icon: "history"}
	}
	which = strings.ReplaceAll(string(e.Kind), ".", "_")
	ok := e.Result == gatehouse.ResultOK
	switch e.Kind {
	case gatehouse.EventSignIn, gatehouse.EventSignInDone:
		switch {
		case ok && e.SignedIn():
			which = "sign_in"
		case ok:
			which = "sign_in_begun"
		case e.Result == gatehouse.ResultWrong:
			which, look = "sign_in_wrong", eventLook{"triangle-alert", "is-warn"}
		default:
			which, look = "sign_in_refused", eventLook{"lock", "is-warn"}
		}
	case gatehouse.EventRecoveryAnswered:
		if !ok {
			which, look = "recovery_wrong", eventLook{"triangle-alert", "is-warn"}
		}
	case gatehouse.EventCode:
		if !ok {
			which, look = "sign_in_code_wrong", eventLook{"triangle-alert", "is-warn"}
		}
	case gatehouse.EventOwnTwoFactor:
		if e.Detail["on"] == "no" {
			which = "two_factor_own_off"
		}
	case gatehouse.EventSecondStepReset:
		if e.Detail["browser"] != "" {
			which += "_one"
		}
	case gatehouse.EventSignOut, gatehouse.EventLocked:
		switch scope := e.Detail["scope"]; scope {
		case "one", "others", "strangers":
			which += "_" + scope
		}
	}
	return which, look
}
