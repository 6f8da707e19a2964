package ui

import "strconv"

// The size of a chart, in its own units.
const (
	chartLeft   = 46.0
	chartWidth  = 954.0
	chartHeight = 240.0
	chartLabels = 7 // at most so many bars have their name
)

// ChartOf is what a chart shows: a bar for each slot of time, of several parts.
type ChartOf struct {
	// ID is the chart's name on its page; Title says what it shows, Summary the same in a sentence with
	// numbers, Head what a slot is.
	ID, Title, Summary, Head string
	Parts                    []ChartPart
	Slots                    []ChartSlot
	// Number writes a value.
	Number func(n int) string
}

// ChartPart is one of the parts that every bar has: Look is ok, warn or bad, Total what is said of it in
// the legend.
type ChartPart struct{ Look, Text, Total string }

// ChartSlot is a bar: its name, and the value of each part; nil: nothing is known.
type ChartSlot struct {
	Name string
	N    []int
}

// Chart is a chart as the template "chart" draws it: only attributes, no styles.
type Chart struct {
	ChartOf
	Axes []chartAxis
	Bars []chartBars
}

type chartAxis struct{ Y, TextY, Label string }

// chartBars is a slot: a bar, and a line of the table.
type chartBars struct {
	Name, X, Middle string
	// Labelled: its name stands below it.
	Labelled bool
	Rects    []chartRect
	Numbers  []string
}

type chartRect struct{ Class, Y, Width, Height string }

// NewChart draws a chart.
func NewChart(of ChartOf) Chart {
	c, top := Chart{ChartOf: of}, 0
	for _, s := range of.Slots {
		sum := 0
		for _, n := range s.N {
			sum += n
		}
		top = max(top, sum)
	}
	step := chartStep(top)
	for i := range 5 {
		y := chartHeight - chartHeight*float64(i)/4
		c.Axes = append(c.Axes, chartAxis{unit(y), unit(y + 4), of.Number(step * i)})
	}
	width := chartWidth / float64(max(1, len(of.Slots)))
	every := (len(of.Slots) + chartLabels - 1) / chartLabels
	for i, s := range of.Slots {
		bars := of.bars(s, chartLeft+width*float64(i), width, chartHeight/float64(4*step))
		bars.Labelled = i%every == 0
		c.Bars = append(c.Bars, bars)
	}
	return c
}

// bars draws a slot; scale is the height of one.
func (c ChartOf) bars(s ChartSlot, x, width, scale float64) chartBars {
	b := chartBars{Name: s.Name, X: unit(x + width*0.15), Middle: unit(x + width/2)}
	y := chartHeight
	for i, part := range c.Parts {
		if s.N == nil {
			b.Numbers = append(b.Numbers, "–")
			continue
		}
		n := s.N[i]
		b.Numbers = append(b.Numbers, c.Number(n))
		if n == 0 {
			continue
		}
		height := max(1.5, float64(n)*scale)
		y -= height
		b.Rects = append(b.Rects, chartRect{"f-" + part.Look, unit(y), unit(width * 0.7), unit(max(1, height-1))})
	}
	return b
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
