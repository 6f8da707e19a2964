package operator

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
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
	return map[string]ui.View{"jobs-fresh": Jobs{fresh}, "jobs": Jobs{busy}}
}

// hostileWatch puts a probe into what processes say.
func hostileWatch(v ui.View, probe string) ui.View {
	switch v.(type) {
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
