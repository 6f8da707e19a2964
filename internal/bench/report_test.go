package main

import "testing"

func TestFiguresAreJudged(t *testing.T) {
	for _, c := range []struct {
		figure figure
		ok     bool
	}{
		{figure{Value: 0.9, Limit: 0.8, Bound: atLeast}, true},
		{figure{Value: 0.7, Limit: 0.8, Bound: atLeast}, false},
		{figure{Value: 7, Limit: 8, Bound: below}, true},
		{figure{Value: 8, Limit: 8, Bound: below}, false},
		// Nothing does more than the machine can.
		{figure{Value: 1.01, Limit: 0.8, Bound: atLeast, Most: mostOfLimit}, true},
		{figure{Value: 1.35, Limit: 0.8, Bound: atLeast, Most: mostOfLimit}, false},
	} {
		r := newReport()
		if r.add(c.figure); r.missed() == c.ok {
			t.Errorf("%+v: missed %t", c.figure, r.missed())
		}
	}
}
