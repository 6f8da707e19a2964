package operator

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/ui"
)

// Health shows how the installation is, and how it was in the last 24 hours (C13).
func (o *Operator) Health(w http.ResponseWriter, r *http.Request) error {
	signIns, err := o.Directory.Overview(r.Context(), by(r), o.Sites.All())
	if err != nil {
		return err
	}
	h, err := o.Watch.Health(r.Context(), by(r))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Health{h, signIns})
}

// Health is how the installation is.
type Health struct {
	watch.Health
	SignIns directory.Overview
}

func (Health) Template() string        { return "operator_health" }
func (Health) Title(p *ui.Page) string { return p.T("watch.health") }

// processLine is a process in words.
type processLine struct {
	gatehouse.ProcessState
	Name       string
	Gone, Self bool
}

// Lines are the processes.
func (v Health) Lines() (lines []processLine) {
	for _, p := range v.Processes {
		lines = append(lines, processLine{p, ProcessName(p), p.Gone(v.At), p.ID == v.Self})
	}
	return lines
}

const mib = 1 << 20

// Megabytes is the size of the database.
func (v Health) Megabytes() int { return int((v.Now.DatabaseBytes + mib - 1) / mib) }

// Micros is how long the database takes, in milliseconds and parts of them.
func (v Health) Micros(p *ui.Page) string { return p.T("watch.us", "n", int(v.Now.DatabaseMicros)) }

// measure is a chart: its key, its parts by look and key, and what they are in an hour.
type measure struct {
	key   string
	parts [][2]string
	of    func(gatehouse.HealthHour) []int
	// sums: the legend says how many in all.
	sums bool
}

func one(of func(gatehouse.HealthHour) int64) func(gatehouse.HealthHour) []int {
	return func(h gatehouse.HealthHour) []int { return []int{int(of(h))} }
}

// measures are the charts about the processes and the database, in their order.
var measures = []measure{
	{"answers", [][2]string{{"ok", "answered"}, {"bad", "errors"}}, func(h gatehouse.HealthHour) []int { return []int{int(h.Requests - h.Errors), int(h.Errors)} }, true},
	{"times", [][2]string{{"ok", "times"}}, one(func(h gatehouse.HealthHour) int64 { return h.SlowMillis() }), false},
	{"hash_waited", [][2]string{{"warn", "hash_waited"}}, one(func(h gatehouse.HealthHour) int64 { return h.HashesWaited }), false},
	{"hash_time", [][2]string{{"ok", "hash_time"}}, one(func(h gatehouse.HealthHour) int64 { return (h.HashMillis + 999) / 1000 }), true},
	{"mail", [][2]string{{"ok", "mail_sent"}, {"bad", "mail_failed"}}, func(h gatehouse.HealthHour) []int { return []int{int(h.MailSent), int(h.MailFailed)} }, true},
	{"mail_waiting", [][2]string{{"warn", "mail_waiting"}}, one(func(h gatehouse.HealthHour) int64 { return h.MailWaiting }), false},
	{"sessions", [][2]string{{"ok", "sessions"}}, one(func(h gatehouse.HealthHour) int64 { return h.Sessions }), false},
	{"memory", [][2]string{{"ok", "memory"}}, one(func(h gatehouse.HealthHour) int64 { return (h.MemoryBytes + mib - 1) / mib }), false},
	{"goroutines", [][2]string{{"ok", "goroutines"}}, one(func(h gatehouse.HealthHour) int64 { return h.Goroutines }), false},
	{"database", [][2]string{{"ok", "database"}}, one(func(h gatehouse.HealthHour) int64 { return h.DatabaseMicros }), false},
	{"connections", [][2]string{{"ok", "connections"}}, one(func(h gatehouse.HealthHour) int64 { return h.Connections }), false},
	{"size", [][2]string{{"ok", "size"}}, one(func(h gatehouse.HealthHour) int64 { return (h.DatabaseBytes + mib - 1) / mib }), false},
}

// Charts draws everything.
func (v Health) Charts(p *ui.Page) []ui.Chart {
	all := []ui.Chart{v.signIns(p)}
	for _, m := range measures {
		slots := make([]ui.ChartSlot, len(v.Hours))
		for i, h := range v.Hours {
			slots[i].Name = p.Here(h.From).Format("15:04")
			if h.Known {
				slots[i].N = m.of(h)
			}
		}
		all = append(all, m.chart(p, slots))
	}
	return all
}

// signIns is the chart of sign-ins at all sites, as the database counts them.
func (v Health) signIns(p *ui.Page) ui.Chart {
	m := measure{"sign_ins", [][2]string{{"ok", "worked"}, {"warn", "challenged"}, {"bad", "failed"}}, nil, true}
	slots := make([]ui.ChartSlot, len(v.SignIns.Hours()))
	for i, h := range v.SignIns.Hours() {
		slots[i] = ui.ChartSlot{Name: p.Here(h.From).Format("15:04"), N: []int{h.N[gatehouse.SignInWorked], h.N[gatehouse.SignInChallenged], h.N[gatehouse.SignInFailed]}}
	}
	return m.chart(p, slots)
}

func (m measure) chart(p *ui.Page, slots []ui.ChartSlot) ui.Chart {
	number := func(n int) string { return p.T("operator.number", "n", n) }
	c := ui.ChartOf{ID: "chart-" + m.key, Title: p.T("watch.chart_" + m.key), Head: p.T("watch.hour"), Slots: slots, Number: number}
	top, last := 0, 0
	for i, part := range m.parts {
		sum := 0
		for _, s := range slots {
			if s.N != nil {
				sum += s.N[i]
			}
		}
		shown := ui.ChartPart{Look: part[0], Text: p.T("watch.part_" + part[1])}
		if m.sums {
			shown.Total = number(sum)
		}
		c.Parts = append(c.Parts, shown)
	}
	for _, s := range slots {
		last = 0
		for _, n := range s.N {
			last += n
		}
		top = max(top, last)
	}
	c.Summary = p.T("watch.chart_summary", "top", number(top), "last", number(last))
	return ui.NewChart(c)
}
