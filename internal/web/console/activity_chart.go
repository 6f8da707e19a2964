package console

import (
	"gatehouse"
	"gatehouse/internal/web/ui"
)

var chartLooks = map[gatehouse.SignInOutcome]string{gatehouse.SignInWorked: "ok", gatehouse.SignInChallenged: "warn", gatehouse.SignInFailed: "bad"}

// Chart draws the sign-ins of each day.
func (v CompanyActivity) Chart(p *ui.Page) ui.Chart {
	number := func(n int) string { return p.T("enrolment.number", "number", n) }
	c := ui.ChartOf{ID: "chart", Title: p.T("company_activity.chart", "from", p.Date(v.From), "to", p.Date(v.To)), Head: p.T("company_activity.day"), Number: number}
	sums := map[gatehouse.SignInOutcome]int{}
	for _, d := range v.Days {
		slot := ui.ChartSlot{Name: p.Date(d.Day)}
		for _, o := range gatehouse.SignInOutcomes {
			slot.N = append(slot.N, d.N[o])
			sums[o] += d.N[o]
		}
		c.Slots = append(c.Slots, slot)
	}
	for _, o := range gatehouse.SignInOutcomes {
		c.Parts = append(c.Parts, ui.ChartPart{Look: chartLooks[o], Text: p.T("company_activity." + string(o)), Total: number(sums[o])})
	}
	c.Summary = p.T("company_activity.summary", "worked", sums[gatehouse.SignInWorked], "challenged", sums[gatehouse.SignInChallenged], "failed", sums[gatehouse.SignInFailed])
	return ui.NewChart(c)
}
