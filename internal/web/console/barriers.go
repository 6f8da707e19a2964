package console

import (
	"html/template"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Offers reports whether an act applies to the user at present.
func (v UserDetail) Offers(act gatehouse.UserAct) bool { return slices.Contains(v.Allowed, act) }

// stands reports whether one of several barriers blocks the user.
func (v UserDetail) stands(kinds ...gatehouse.BarrierKind) bool {
	return slices.ContainsFunc(v.Barriers, func(b gatehouse.Barrier) bool { return slices.Contains(kinds, b.Kind) })
}

// ByEmail: the note about the address has the form for correcting it.
func (v UserDetail) ByEmail() bool {
	return v.stands(addressKinds...)
}

// addressKinds are the barriers for which another address is the remedy.
var addressKinds = []gatehouse.BarrierKind{gatehouse.BarrierNoEmail, gatehouse.BarrierBadEmail, gatehouse.BarrierBouncing, gatehouse.BarrierCodeMail}

// barrierRow is a barrier for the template "barrier".
type barrierRow struct {
	Page        *ui.Page
	Kind        gatehouse.BarrierKind
	Icon, Class string
	Title       string
	Lines       []template.HTML
	// Said is what a mail server said.
	Said string
	// Correct: the form for another address belongs here.
	Correct bool
	Acts    []actLink
	Support bool
	// Firm is the operators' page of the company; empty: it is no help.
	Firm string
}

// actLink leads to the page that asks before an act.
type actLink struct{ Path, Label string }

// remedyAct is the act that a remedy stands for; empty: it is none.
func (v UserDetail) remedyAct(r gatehouse.Remedy) gatehouse.UserAct {
	switch r {
	case gatehouse.RemedyRestore:
		return gatehouse.ActRestore
	case gatehouse.RemedyActivate:
		return gatehouse.ActActivate
	case gatehouse.RemedyUnlock:
		return gatehouse.ActUnlock
	case gatehouse.RemedyPassword:
		return gatehouse.ActPassword
	case gatehouse.RemedyInvite:
		if v.Of.WasInvited() {
			return gatehouse.ActInviteAgain
		}
		return gatehouse.ActInvite
	}
	return ""
}

// look is an icon and the class that colours it.
type look struct{ Icon, Class string }

// barrierLooks are the icons and classes of kinds that have their own.
var barrierLooks = map[gatehouse.BarrierKind]look{
	gatehouse.BarrierDeleted:     {"circle-alert", ""},
	gatehouse.BarrierSuspended:   {"circle-alert", "alert-bad"},
	gatehouse.BarrierDeactivated: {"circle-alert", ""},
	gatehouse.BarrierLink:        {"mail", ""},
	gatehouse.BarrierWrong:       {"key-round", "alert-warn"},
	gatehouse.BarrierCodeMail:    {"triangle-alert", "alert-warn"},
	gatehouse.BarrierFactor:      {"smartphone", ""},
	gatehouse.BarrierTerms:       {"file-text", ""},
	gatehouse.BarrierStrangers:   {"lock", "alert-warn"},
	gatehouse.BarrierEverywhere:  {"lock", "alert-bad"},
	gatehouse.BarrierAnswers:     {"lock", "alert-warn"},
	gatehouse.BarrierNoEmail:     {"triangle-alert", "alert-warn"},
	gatehouse.BarrierBadEmail:    {"triangle-alert", "alert-warn"},
	gatehouse.BarrierBouncing:    {"triangle-alert", "alert-warn"},
	gatehouse.BarrierUsed:        {"key-round", "alert-warn"},
	gatehouse.BarrierInvitedUsed: {"key-round", "alert-warn"},
}

func barrierLook(b gatehouse.Barrier) look {
	own, ok := barrierLooks[b.Kind]
	switch {
	case ok:
		return own
	case strings.HasPrefix(string(b.Kind), "locked-"):
		return look{"lock", "alert-bad"}
	case b.Shut:
		return look{"key-round", "alert-bad"}
	case b.Kind == gatehouse.BarrierUnconfirmed:
		return look{"mail", ""}
	}
	return look{"key-round", ""}
}

// BarrierRows puts into words what keeps the user from signing in, and what to do about it
// (A08, A09). Each act is offered once, where it matters most; none is offered for
// oneself.
func (v UserDetail) BarrierRows(p *ui.Page) []barrierRow {
	var rows []barrierRow
	site, offered := v.On.in(p).Site, map[gatehouse.UserAct]bool{}
	for _, b := range v.Barriers {
		look, key := barrierLook(b), "barrier."+string(b.Kind)
		row := barrierRow{Page: p, Kind: b.Kind, Icon: look.Icon, Class: look.Class, Title: p.T(key+"_title", "site", site.Name, "n", v.WrongToday)}
		row.Lines = append(v.barrierFacts(p, b), p.Rich(key+"_text", "n", site.Policy.Lockout.InAll, "since", p.When(b.Since), "until", p.When(b.Until),
			"site", site.Name, "address", ui.Name(v.Of.Email)))
		row.Correct = slices.Contains(addressKinds, b.Kind) && v.MayCorrect() && v.Proposal.ID == ""
		if b.Kind == gatehouse.BarrierBouncing {
			if row.Said = v.Of.Bounce.Reason; v.Of.Bounce.Reported {
				row.Said = gatehouse.AnswerCodes(row.Said)
			}
		}
		if b.Kind == gatehouse.BarrierCodeMail {
			row.Said = gatehouse.AnswerCodes(v.CodeReply)
		}
		if b.Kind == gatehouse.BarrierSuspended && v.On.ByOperator() {
			row.Firm = v.On.FirmPath()
		}
		for _, remedy := range b.Remedies {
			act := v.remedyAct(remedy)
			if remedy == gatehouse.RemedySupport && v.On.ByOperator() && v.Offers(gatehouse.ActUnlock) {
				act = gatehouse.ActUnlock // this is support
			}
			row.Support = row.Support || remedy == gatehouse.RemedySupport && !v.On.ByOperator()
			if act != "" && !offered[act] && !v.Is(p.User) && v.On.May(gatehouse.OperatorActOf(act)) {
				offered[act] = true
				row.Acts = append(row.Acts, v.act(p, act))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (v UserDetail) act(p *ui.Page, act gatehouse.UserAct) actLink {
	return actLink{v.Path() + "/" + string(act), p.T("act." + string(act))}
}

// MoreActs are the acts that make sense regardless of barriers, and that no barrier
// offers.
func (v UserDetail) MoreActs(p *ui.Page) []actLink {
	offered := slices.ContainsFunc(v.Barriers, func(b gatehouse.Barrier) bool {
		return slices.Contains(b.Remedies, gatehouse.RemedyPassword) || slices.Contains(b.Remedies, gatehouse.RemedyInvite)
	})
	if offered || !v.Offers(gatehouse.ActPassword) {
		return nil
	}
	return []actLink{v.act(p, gatehouse.ActPassword)}
}

// RoleAct is the act that changes the user's role; nil: none applies.
func (v UserDetail) RoleAct(p *ui.Page) *actLink {
	return v.either(p, gatehouse.ActMakeAdmin, gatehouse.ActUnmakeAdmin)
}

// Removals are the acts that keep the user out.
func (v UserDetail) Removals(p *ui.Page) (acts []actLink) {
	for _, a := range []gatehouse.UserAct{gatehouse.ActDeactivate, gatehouse.ActDelete} {
		if link := v.either(p, a); link != nil {
			acts = append(acts, *link)
		}
	}
	return acts
}

// SignOutAct signs the user out everywhere; nil: the user is signed in nowhere.
func (v UserDetail) SignOutAct(p *ui.Page) *actLink {
	if len(v.Life.Sessions) == 0 {
		return nil
	}
	return v.either(p, gatehouse.ActSignOut)
}

// either returns the first of several acts that applies.
func (v UserDetail) either(p *ui.Page, acts ...gatehouse.UserAct) *actLink {
	for _, a := range acts {
		if v.Offers(a) {
			link := v.act(p, a)
			return &link
		}
	}
	return nil
}

// barrierFacts are since when and why a barrier exists, if its text does not say so.
func (v UserDetail) barrierFacts(p *ui.Page, b gatehouse.Barrier) []template.HTML {
	var lines []template.HTML
	line := func(key string, args ...any) { lines = append(lines, p.Rich("barrier."+key, args...)) }
	switch b.Kind {
	case gatehouse.BarrierDeactivated:
		if !b.Since.IsZero() {
			who, _ := p.Actor(v.End)
			line("by", "name", ui.Name(who), "when", p.When(b.Since))
		}
	case gatehouse.BarrierDeleted:
		who, _ := p.Actor(v.End)
		line("deleted_by", "name", ui.Name(who), "when", p.When(b.Since))
	case gatehouse.BarrierOperator, gatehouse.BarrierAdministrator, gatehouse.BarrierTotal, gatehouse.BarrierAttempts,
		gatehouse.BarrierStrangers, gatehouse.BarrierEverywhere, gatehouse.BarrierAnswers:
		switch {
		case b.Until.IsZero():
			line("since", "when", p.When(b.Since))
		default:
			line("since_until", "when", p.When(b.Since), "until", p.When(b.Until))
		}
		if b.Kind == gatehouse.BarrierAttempts && v.Lock.UserAgent != "" {
			line("device", "browser", p.Browser(v.Lock.UserAgent))
		}
		if places := placesOf(p, v.From); places != "" && b.Kind != gatehouse.BarrierAnswers && b.Kind != gatehouse.BarrierOperator {
			line("from", "places", ui.Name(places))
		}
	}
	return lines
}

// placesOf names the origins, each place once: the address block if nothing else is known.
func placesOf(p *ui.Page, from []string) string {
	var places []string
	for _, address := range from {
		place := p.PlaceOf(address)
		if place == address {
			place = signin.IPBlock(address)
		}
		if !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return strings.Join(places, p.T("barrier.places"))
}
