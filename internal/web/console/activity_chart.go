package console

import (
	"strconv"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// The chart of sign-ins, in its own units.
const (
	chartLeft   = 46.0
	chartWidth  = 954.0
	chartHeight = 240.0
	chartLabels = 7 // at most so many days have their name
)

// chart is what the chart of sign-ins draws: only attributes, no styles.
type chart struct {
	Title, Summary string
	Axes           []chartAxis
	Days           []chartDay
	Totals         []chartTotal
}

type chartAxis struct{ Y, TextY, Label string }

type chartTotal struct {
	Key, Text string
	N         int
}

// chartDay is a day: a bar, and a line of the table.
type chartDay struct {
	Name, X, Middle string
	// Labelled: its name stands below it.
	Labelled bool
	Bars     []chartBar
	N        []int
}

type chartBar struct{ Class, Y, Width, Height string }

var chartLooks = map[gatehouse.SignInOutcome]string{gatehouse.SignInWorked: "ok", gatehouse.SignInChallenged: "warn", gatehouse.SignInFailed: "bad"}

// Chart draws the sign-ins of each day.
func (v CompanyActivity) Chart(p *ui.Page) chart {
	c := chart{Title: p.T("company_activity.chart", "from", p.Date(v.From), "to", p.Date(v.To))}
	top, sums := 0, map[gatehouse.SignInOutcome]int{}
	for _, d := range v.Days {
		sum := 0
		for o, n := range d.N {
			sum += n
			sums[o] += n
		}
		top = max(top, sum)
	}
	for _, o := range gatehouse.SignInOutcomes {
		c.Totals = append(c.Totals, chartTotal{chartLooks[o], p.T("company_activity." + string(o)), sums[o]})
	}
	c.Summary = p.T("company_activity.summary", "worked", sums[gatehouse.SignInWorked], "challenged", sums[gatehouse.SignInChallenged], "failed", sums[gatehouse.SignInFailed])
	step := chartStep(top)
	for i := range 5 {
		y := chartHeight - chartHeight*float64(i)/4
		c.Axes = append(c.Axes, chartAxis{unit(y), unit(y + 4), p.T("enrolment.number", "number", step*i)})
	}
	slot := chartWidth / float64(max(1, len(v.Days)))
	every := (len(v.Days) + chartLabels - 1) / chartLabels
	for i, d := range v.Days {
		c.Days = append(c.Days, dayOf(p, d, chartLeft+slot*float64(i), slot, chartHeight/float64(4*step)))
		c.Days[i].Labelled = i%every == 0
	}
	return c
}

// dayOf draws a day; scale is the height of one sign-in.
func dayOf(p *ui.Page, d directory.DayCount, x, slot, scale float64) chartDay {
	name := p.Date(d.Day)
	day := chartDay{Name: name, X: unit(x + slot*0.15), Middle: unit(x + slot/2)}
	y := chartHeight
	for _, o := range gatehouse.SignInOutcomes {
		n := d.N[o]
		day.N = append(day.N, n)
		if n == 0 {
			continue
		}
		height := max(1.5, float64(n)*scale)
		y -= height
		day.Bars = append(day.Bars, chartBar{"f-" + chartLooks[o], unit(y), unit(slot * 0.7), unit(max(1, height-1))})
	}
	return day
}

// chartStep is the distance of the lines of a chart whose highest bar is top: four of them reach it.
func chartStep(top int) int {
	for step := 1; ; step *= 10 {
		for _, times := range []int{1, 2, 5} {
			if 4*step*times >= top {
				return step * times
			}
		}
	}
}

func unit(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
