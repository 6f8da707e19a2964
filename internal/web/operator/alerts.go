package operator

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/ui"
)

// AlertsPage lists what is wrong, and what was (C13).
func (o *Operator) AlertsPage(w http.ResponseWriter, r *http.Request) error {
	return o.showAlerts(w, r, http.StatusOK, false)
}

func (o *Operator) showAlerts(w http.ResponseWriter, r *http.Request, status int, changed bool) error {
	all, err := o.Alerts.List(r.Context(), by(r))
	if err != nil {
		return err
	}
	return o.page(w, r, status, Alerts{AlertList: all, Changed: changed, Done: r.URL.Query().Has("done")})
}

// Acknowledge notes that the operator takes on an alert.
func (o *Operator) Acknowledge(w http.ResponseWriter, r *http.Request) error {
	err := o.Alerts.Acknowledge(r.Context(), by(r), r.PathValue("id"))
	if gatehouse.ReasonOf(err) == watch.ReasonAlertChanged {
		return o.showAlerts(w, r, http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, ui.OperatorAlertsPath+"?done", http.StatusSeeOther)
	return nil
}

// Alerts is what is wrong.
type Alerts struct {
	watch.AlertList
	// Done: the operator has just taken one on. Changed: that came too late.
	Done, Changed bool
}

func (Alerts) Template() string        { return "operator_alerts" }
func (Alerts) Title(p *ui.Page) string { return p.T("watch.alerts") }

// alertLine is an alert in words.
type alertLine struct {
	gatehouse.Alert
	Title, What, Do, On string
	Shown, Bound        int64
	// Ack is where it is taken on.
	Ack   string
	Links []alertLink
	Calls []alertCall
}

type alertLink struct{ Path, Text string }

// alertCall is a call of the webhook: its words, when, and the last answer.
type alertCall struct {
	watch.AlertCall
	State string
}

// Lines and History are the open alerts, and those that are over.
func (v Alerts) Lines(p *ui.Page) []alertLine   { return v.lines(p, v.Open) }
func (v Alerts) History(p *ui.Page) []alertLine { return v.lines(p, v.Closed) }

func (v Alerts) lines(p *ui.Page, all []gatehouse.Alert) (lines []alertLine) {
	for _, a := range all {
		key := "watch.alert_" + string(a.Kind)
		l := alertLine{Alert: a, Title: p.T(key), What: p.T(key + "_what"), Do: p.T(key + "_do"), On: a.Cause,
			Shown: a.Kind.Shown(a.Value), Bound: a.Kind.Shown(a.Threshold), Links: alertLinks(p, a),
			Ack: ui.OperatorAlertsPath + "/" + url.PathEscape(a.ID) + "/acknowledge"}
		switch {
		case a.Cause == gatehouse.AlertMany:
			l.On = p.T("watch.alert_many")
		case a.Kind == gatehouse.AlertJob:
			l.On = p.T(jobWords(a.Cause))
		}
		for _, c := range v.Calls[a.ID] {
			state := "waits"
			switch {
			case c.Answer == "ok":
				state = "ok"
			case !c.DoneAt.IsZero():
				state = "given_up"
			}
			l.Calls = append(l.Calls, alertCall{c, state})
		}
		lines = append(lines, l)
	}
	return lines
}

// alertLinks lead to the pages that help.
func alertLinks(p *ui.Page, a gatehouse.Alert) []alertLink {
	switch a.Kind {
	case gatehouse.AlertGuessing:
		if a.Cause == gatehouse.AlertMany {
			return nil
		}
		return []alertLink{{ui.OperatorFindPath + "?q=" + url.QueryEscape(a.Cause), p.T("watch.go_from")}}
	case gatehouse.AlertBounces:
		return []alertLink{{ui.OperatorBouncedPath, p.T("watch.go_bounced")}, {ui.OperatorMailPath + "?state=refused", p.T("watch.go_mail")}}
	case gatehouse.AlertRelay, gatehouse.AlertMailAge:
		return []alertLink{{ui.OperatorMailPath + "?state=deferred", p.T("watch.go_mail")}}
	case gatehouse.AlertEnrolment:
		return []alertLink{{ui.OperatorCompaniesOf(a.Cause), p.T("watch.go_companies")}}
	case gatehouse.AlertJob:
		return []alertLink{{ui.OperatorJobsPath, p.T("watch.go_jobs")}}
	case gatehouse.AlertSigningKeys:
		return []alertLink{{ui.OperatorSitesPath + "/" + url.PathEscape(a.Cause), p.T("watch.go_platforms")}}
	}
	return []alertLink{{ui.OperatorHealthPath, p.T("watch.go_health")}}
}
