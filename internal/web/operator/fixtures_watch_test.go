package operator

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/ui"
)

// jobNames are all jobs of the program.
func jobNames() (names []string) {
	files, err := filepath.Glob("../../jobs/*.go")
	if err != nil || len(files) == 0 {
		panic("the jobs are elsewhere")
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			panic(err)
		}
		for _, m := range regexp.MustCompile(`Job\{Name: "([a-z ]+)"`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

// Every job is explained in every language.
func TestEveryJobHasWords(t *testing.T) {
	if len(jobNames()) < 10 {
		t.Fatal(jobNames())
	}
	for id, st := range fixture.Sites() {
		for _, lang := range st.Languages {
			for _, name := range jobNames() {
				for _, key := range []string{jobWords(name), jobWords(name) + "_text"} {
					if st.Text(lang, key) == "["+key+"]" {
						t.Errorf("%s, %s: no text %s", id, lang, key)
					}
				}
			}
		}
	}
}

var (
	here  = gatehouse.ProcessState{ID: "prc_1", Host: "web-1", PID: 4711, Version: "1.2.3", StartedAt: fixture.Noon.Add(-time.Hour), SeenAt: fixture.Noon}
	there = gatehouse.ProcessState{ID: "prc_2", Host: fixture.LongWord, PID: 12, Version: "1.2.3", StartedAt: fixture.Noon.Add(-time.Minute), SeenAt: fixture.Noon.Add(-time.Minute)}
)

// watchViews are the pages of how the installation is.
func watchViews() map[string]ui.View {
	fresh := watch.Jobs{Self: here.ID, Processes: []gatehouse.ProcessState{here}, Of: map[string][]gatehouse.JobState{}}
	busy := watch.Jobs{Self: here.ID, Processes: []gatehouse.ProcessState{here, there}, Of: map[string][]gatehouse.JobState{}}
	for i, name := range jobNames() {
		j := gatehouse.JobState{Process: here.ID, Name: name, Every: time.Duration(i+1) * 400 * time.Millisecond}
		fresh.Of[here.ID] = append(fresh.Of[here.ID], j)
		j = j.Begin(fixture.Noon.Add(-time.Minute)).End(fixture.Noon.Add(-time.Minute+time.Duration(i)*time.Second), i, "")
		failed := j.Begin(fixture.Noon).End(fixture.Noon.Add(time.Second), 0, "the disk is full: "+fixture.LongWord)
		switch i % 4 {
		case 1:
			j = failed
		case 2:
			j = j.Begin(fixture.Noon)
		}
		busy.Of[here.ID] = append(busy.Of[here.ID], j)
		j.Process = there.ID
		busy.Of[there.ID] = append(busy.Of[there.ID], j)
	}
	return map[string]ui.View{"jobs-fresh": Jobs{fresh}, "jobs": Jobs{busy}, "health-fresh": healthView(nil), "health": healthView(testSamples()), "alerts-none": Alerts{}, "alerts": alertView()}
}

// testSamples are those of a day of two processes, with a gap.
func testSamples() (all []gatehouse.Sample) {
	for i := range 24 * 12 {
		if (i+11)/12 == 5 { // an hour without a process
			continue
		}
		for n, process := range []string{here.ID, there.ID} {
			s := gatehouse.Sample{Process: process, At: fixture.Noon.Truncate(time.Hour).Add(-time.Duration(i) * 5 * time.Minute), Requests: int64(100 + i*n), Errors: int64(i % 3), HashesWaited: int64(i % 7), HashMillis: int64(i * 20),
				MailSent: int64(i % 50), MailFailed: int64(i % 2), MemoryBytes: 30 << 20, Goroutines: 40, Connections: 3, MailWaiting: int64(i % 12), Sessions: 38, DatabaseMicros: 250, DatabaseBytes: 90 << 20, ConnectionsMost: 16}
			s.Times[2], s.Times[10] = 95, 6
			all = append(all, s)
		}
	}
	return all
}

func healthView(samples []gatehouse.Sample) Health {
	v := Health{watch.Health{At: fixture.Noon, Self: here.ID, Processes: []gatehouse.ProcessState{here}, Hours: gatehouse.HealthHours(samples, fixture.Noon, 24)}, directory.Overview{}}
	if samples != nil {
		gone := there
		gone.SeenAt = fixture.Noon.Add(-30 * time.Minute)
		v.Processes, v.Trouble, v.Now = append(v.Processes, there, gone), "the disk is full", samples[0]
		hours := make([]directory.HourOfSignIns, 24)
		for i := range hours {
			hours[i] = directory.HourOfSignIns{From: fixture.Noon.Add(time.Duration(i-23) * time.Hour), N: map[gatehouse.SignInOutcome]int{gatehouse.SignInWorked: i, gatehouse.SignInFailed: i % 3}}
		}
		v.SignIns.Sites = []directory.SiteOverview{{ByHour: hours}, {ByHour: hours}}
	}
	return v
}

// The charts have what the samples have; where no process was there, nothing is known.
func TestChartsOfADay(t *testing.T) {
	p := &ui.Page{Words: ui.WordsOf(&ui.Visit{Site: fixture.Sites()["uk"], Lang: "en-GB"}, fixture.Noon)}
	charts := healthView(testSamples()).Charts(p)
	if len(charts) != len(measures)+1 {
		t.Fatal(len(charts))
	}
	signIns, answers, times := charts[0], charts[1], charts[2]
	if last := signIns.Bars[23].Numbers; last[0] != "46" || last[2] != "4" || signIns.Parts[0].Total == "" {
		t.Errorf("%v, %+v", last, signIns.Parts)
	}
	if answers.Bars[18].Numbers[0] != "–" || answers.Bars[17].Numbers[0] == "–" || times.Bars[17].Numbers[0] != "10,000" {
		t.Errorf("%v, %v, %v", answers.Bars[18].Numbers, answers.Bars[17].Numbers, times.Bars[17].Numbers)
	}
}

// alertView has an alert of each kind, open and over, with calls of the webhook.
func alertView() Alerts {
	v := Alerts{Done: true, Changed: true}
	v.HasWebhook, v.Calls = true, map[string][]store.AlertCall{}
	for i, kind := range gatehouse.AlertKinds {
		a := gatehouse.Alert{ID: "alt_" + string(kind), Kind: kind, Value: 960, Threshold: 900, OpenedAt: fixture.Noon.Add(-time.Hour), SeenAt: fixture.Noon}
		switch kind {
		case gatehouse.AlertGuessing:
			a.Cause = gatehouse.AlertMany
		case gatehouse.AlertJob:
			a.Cause = "expiry"
		case gatehouse.AlertEnrolment, gatehouse.AlertSigningKeys:
			a.Cause = "uk"
		}
		if i%2 == 1 {
			a.AckedAt, a.AckedBy = fixture.Noon, "Owen Hale"
		}
		v.Open = append(v.Open, a)
		for n, c := range []store.AlertCall{{Phase: "opened", Answer: "ok", DoneAt: fixture.Noon}, {Phase: "opened", Answer: "outbound request: status: it answered 503", DueAt: fixture.Noon}, {Phase: "closed", Answer: fixture.LongWord, DoneAt: fixture.Noon}} {
			if n == i%3 {
				v.Calls[a.ID] = append(v.Calls[a.ID], c)
			}
		}
		a.ClosedAt = fixture.Noon
		v.Closed = append(v.Closed, a)
	}
	block := v.Open[0]
	block.ID, block.Cause = "alt_block", "203.0.113.0/24"
	v.Open = append(v.Open, block)
	return v
}

// hostileWatch puts a probe into what processes say.
func hostileWatch(v ui.View, probe string) ui.View {
	switch v.(type) {
	case Alerts:
		a := gatehouse.Alert{ID: "alt_1", Kind: gatehouse.AlertEnrolment, Cause: probe, AckedAt: fixture.Noon, AckedBy: probe}
		over := a
		over.ClosedAt = fixture.Noon
		return Alerts{AlertList: watch.AlertList{Open: []gatehouse.Alert{a}, Closed: []gatehouse.Alert{over}, Calls: map[string][]store.AlertCall{a.ID: {{Phase: "opened", Answer: probe}}}}}
	case Health:
		h := healthView(nil)
		h.Processes, h.Trouble = []gatehouse.ProcessState{{Host: probe, Version: probe}}, probe
		return h
	case Jobs:
		p := here
		p.Host = probe
		return Jobs{watch.Jobs{Self: p.ID, Processes: []gatehouse.ProcessState{p, there}, Of: map[string][]gatehouse.JobState{
			p.ID: {gatehouse.JobState{Name: "expiry"}.Begin(fixture.Noon).End(fixture.Noon, 0, probe)}}}}
	}
	return v
}

// A job that fails comes first, with its error; of several processes the newest run counts.
func TestJobsThatFailComeFirst(t *testing.T) {
	v := watchViews()["jobs"].(Jobs)
	p := &ui.Page{Words: ui.WordsOf(&ui.Visit{Site: fixture.Sites()["uk"], Lang: "en-GB"}, fixture.Noon)}
	lines := v.Lines(p)
	if len(lines) != len(jobNames()) || lines[0].State != "failing" || !strings.Contains(lines[0].Failed.Text, "disk is full") || len(lines[0].Each) != 2 {
		t.Errorf("%d lines, %+v", len(lines), lines[0])
	}
	if last := lines[len(lines)-1]; last.State == "failing" || last.Last.At.IsZero() || !last.Next.After(last.Last.At.Add(-time.Hour)) {
		t.Errorf("%+v", last)
	}
}
