package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// figure is a measured value with its limit.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
	// Limit is the minimum for Value, or the maximum.
	Limit float64 `json:"limit"`
	Bound bound   `json:"bound"`
	// Most is the value above which the measurement itself is wrong; 0: none.
	Most float64 `json:"most,omitempty"`
	OK   bool    `json:"ok"`
	// Informational figures do not fail the run.
	Informational bool `json:"informational,omitempty"`
	// Disturbed: other programs were busy each time it was measured.
	Disturbed bool   `json:"disturbed,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

type bound string

// mostOfLimit is the maximum share of what the machine can do, including measurement
// error: nothing does more than that.
const mostOfLimit = 1.02

const (
	atLeast bound = "at least"
	below   bound = "below"
)

// report is what a run found.
type report struct {
	Machine computer      `json:"machine"`
	Begun   time.Time     `json:"begun"`
	Quick   bool          `json:"quick"`
	Figures []figure      `json:"figures"`
	Took    time.Duration `json:"took"`
	// Skipped are groups that cannot be measured on this machine, Failed those that
	// went wrong, each with the reason.
	Skipped map[string]string `json:"skipped,omitempty"`
	Failed  map[string]string `json:"failed,omitempty"`
}

func newReport() *report {
	r := &report{Begun: time.Now().UTC(), Skipped: map[string]string{}, Failed: map[string]string{}}
	r.Machine = thisMachine()
	return r
}

// add judges a figure and keeps it.
func (r *report) add(f figure) {
	f.OK = f.Value < f.Limit
	if f.Bound == atLeast {
		f.OK = f.Value >= f.Limit && (f.Most == 0 || f.Value <= f.Most)
	}
	r.Figures = append(r.Figures, f)
	fmt.Fprintf(os.Stderr, "  %s: %s (%s %s) %s  %s\n", f.Name, f.number(f.Value), f.Bound, f.number(f.Limit), f.verdict(), f.Detail)
}

func (r *report) skip(group string, why error) {
	r.Skipped[group] = why.Error()
	fmt.Fprintf(os.Stderr, "  %v\n", why)
}

// fail records why a group could not be measured to its end.
func (r *report) fail(group string, why error) {
	r.Failed[group] = why.Error()
	fmt.Fprintf(os.Stderr, "  FAILED: %v\n", why)
}

func (r *report) missed() bool {
	return slices.ContainsFunc(r.Figures, func(f figure) bool { return !f.OK && !f.Informational })
}

func (f figure) verdict() string { return f.judged("ok", "MISS", "WRONG: more than there can be") }

// judged says whether a figure meets its limit, in words for yes, for no, and for what cannot be.
func (f figure) judged(yes, no, wrong string) string {
	text := no
	switch {
	case f.OK:
		text = yes
	case f.Most > 0 && f.Value > f.Most:
		text = wrong
	}
	if f.Informational {
		text += ", informational"
	}
	if f.Disturbed {
		text += ", disturbed"
	}
	return text
}

func (f figure) number(v float64) string {
	text := fmt.Sprintf("%.3g", v)
	if v >= 100 {
		text = fmt.Sprintf("%.0f", v)
	}
	if f.Unit != "" {
		text += " " + f.Unit
	}
	return text
}

func (r *report) print(w io.Writer) {
	if len(r.Figures)+len(r.Skipped)+len(r.Failed) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tmeasured\tlimit\t\tdetail")
	for _, f := range r.Figures {
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\n", f.Name, f.number(f.Value), f.Bound, f.number(f.Limit), f.verdict(), f.Detail)
	}
	t.Flush()
	for _, g := range groups {
		if why, skipped := r.Skipped[g.name]; skipped {
			fmt.Fprintf(w, "%s: %s\n", g.name, why)
		}
		if why, failed := r.Failed[g.name]; failed {
			fmt.Fprintf(w, "%s: FAILED: %s\n", g.name, why)
		}
	}
	if slices.ContainsFunc(r.Figures, func(f figure) bool { return f.Disturbed }) {
		fmt.Fprintln(w, "disturbed: other programs were busy whenever this was measured. Measure again when the machine is idle.")
	}
}

func (r *report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// quantile is the value that a share q of all values does not exceed.
func quantile[T time.Duration | float64](all []T, q float64) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func median[T time.Duration | float64](all []T) T { return quantile(all, 0.5) }

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
