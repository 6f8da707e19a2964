package ui

import (
	"strconv"
	"testing"
)

// The parts of a bar stand on one another, and the highest bar fits below the highest line. Where nothing
// is known there is no bar.
func TestTheChartFits(t *testing.T) {
	for _, top := range []int{0, 1, 4, 5, 19, 20, 21, 99, 1234, 100_000, 1_000_001} {
		step := chartStep(top)
		if 4*step < top || top > 20 && 4*step > 6*top {
			t.Errorf("%d: lines every %d", top, step)
		}
	}
	c := NewChart(ChartOf{Parts: []ChartPart{{Look: "ok"}, {Look: "warn"}, {Look: "bad"}}, Number: strconv.Itoa, Slots: []ChartSlot{{N: []int{30, 0, 10}}, {}}})
	if rects := c.Bars[0].Rects; len(rects) != 2 || rects[0].Y != "60.0" || rects[1].Y != "0.0" || rects[1].Class != "f-bad" {
		t.Errorf("%+v", rects)
	}
	if len(c.Bars[1].Rects) != 0 || len(c.Bars[1].Numbers) != 3 || c.Bars[1].Numbers[0] != "–" || !c.Bars[0].Labelled {
		t.Errorf("%+v", c.Bars[1])
	}
}
