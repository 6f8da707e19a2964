package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

const (
	// progressEvery is how often a page is told the progress of its enrolment.
	progressEvery = time.Second
	// checkEvery is after how many of those the session is checked again: a route's
	// audience is checked when a request begins, and this one lasts.
	checkEvery = 3
	// mostStreams is how many pages of one user can listen at a time, in all browsers:
	// each holds a connection, and signing in again gives another session.
	mostStreams = 8
)

// ReasonManyStreams: other pages of the user are listening already.
const ReasonManyStreams = "many-streams"

// EnrolmentEvents tells a page the progress of its enrolment while it goes on.
func (c *Console) EnrolmentEvents(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	return c.follow(w, r, func(words *ui.Words) (runPage, error) {
		e, err := c.Directory.Enrolment(r.Context(), v.Site, caller, company, r.PathValue("id"))
		return enrolmentRun(words, e), err
	})
}

// follow tells a page the progress of its run while it goes on.
func (c *Console) follow(w http.ResponseWriter, r *http.Request, read func(*ui.Words) (runPage, error)) error {
	return c.stream(w, r, func(words *ui.Words, now time.Time) (RunProgress, error) {
		run, err := read(words)
		return progressOf(words, now, run), err
	})
}

// stream tells a page the progress of something while it goes on (server-sent events). It ends with
// that, with the session, with the role, and when the server stops; the page then asks again, and
// gets another process if there is one.
func (c *Console) stream(w http.ResponseWriter, r *http.Request, read func(*ui.Words, time.Time) (RunProgress, error)) error {
	v := ui.VisitOf(r)
	caller := v.Caller(r)
	progress, err := read(ui.WordsOf(v, c.Now()), c.Now())
	if err != nil {
		return err
	}
	if !c.streams.enter(caller.UserID) {
		return &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonManyStreams, RetryAfter: 10 * time.Second}
	}
	defer c.streams.leave(caller.UserID)
	w.Header().Set("Content-Type", ui.EventStream)
	w.Header().Set("X-Accel-Buffering", "no") // a buffering proxy would hold the events back
	if r.Method == http.MethodHead {
		return nil
	}
	// The limits on a connection are for answers that are complete at once.
	stream := http.NewResponseController(w)
	stream.SetReadDeadline(time.Time{})  //nolint:errcheck // then the stream is cut, and begun again
	stream.SetWriteDeadline(time.Time{}) //nolint:errcheck
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		if !tell(w, stream, progress) || progress.Over {
			return nil
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return nil
		case <-ui.Stopping(r.Context()):
			return nil
		}
		if n%checkEvery == 0 && !c.still(r.Context(), v) {
			return nil
		}
		// An answer that has begun has no status for an error: the next one does.
		now := c.Now()
		if progress, err = read(ui.WordsOf(v, now), now); err != nil {
			return nil
		}
	}
}

// tell sends the progress of a run. It reports whether anybody is listening.
func tell(w http.ResponseWriter, stream *http.ResponseController, now RunProgress) bool {
	data, err := json.Marshal(now)
	if err != nil {
		return false
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", data)
	return err == nil && stream.Flush() == nil
}

// still reports whether the session is still valid, and of an administrator of the same
// company, or of an operator who may import. It counts as use of the session, as does a page that
// asks again; an enrolment ends.
func (c *Console) still(ctx context.Context, v *ui.Visit) bool {
	ses, err := c.SignIn.Session(ctx, v.Site, v.SessionToken)
	if v.Site.ForOperators() {
		return err == nil && gatehouse.OperatorMay(ses.User.Role, gatehouse.OperatorCompanies)
	}
	return err == nil && ses.User.Role == gatehouse.RoleAdmin && ses.CompanyID == v.Company.ID
}

// streams counts the open streams by user.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

func (s *streams) enter(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user] >= mostStreams {
		return false
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[user]++
	return true
}

func (s *streams) leave(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user]--; s.open[user] == 0 {
		delete(s.open, user)
	}
}

// runPage is what the page of a run's progress says that depends on what the run does.
type runPage struct {
	gatehouse.Run
	// Heading and the text LeadKey are those of the page behind the dialog, Running and Over the
	// titles of the dialog.
	Heading, LeadKey, Running, Over string
	// Ended is the last line, when it is over; Note and OverNote what there is to know.
	Ended, Note, OverNote string
	// Result is the page of its result, Leave where Close leads while it goes on.
	Result, Leave string
	// Outcomes are the outcomes in a word. Told: users get a notice.
	Outcomes outcomeWords
	Told     bool
}

// outcomeWords are the outcomes of a run in a word.
type outcomeWords map[string]string

// Running is the progress of a run, until it is done (B02).
type Running struct{ of func(*ui.Words) runPage }

func (Running) Template() string                  { return "progress" }
func (v Running) Title(p *ui.Page) string         { return v.Progress(p).Words["title"] }
func (v Running) Run(p *ui.Page) runPage          { return v.of(p.Words) }
func (v Running) Progress(p *ui.Page) RunProgress { return progressOf(p.Words, p.Now, v.of(p.Words)) }

// Shown are the counts on the page, with the words for them.
func (v Running) Shown(p *ui.Page) []shownCount {
	r := v.of(p.Words)
	var all []shownCount
	for _, o := range gatehouse.Outcomes {
		all = append(all, shownCount{string(o), r.Outcomes[string(o)]})
	}
	if r.Told {
		all = append(all, shownCount{"told", p.T("enrolment.told")})
	}
	return all
}

// shownCount is a count on a page of progress: the name of its place, and what it counts.
type shownCount struct{ Name, Label string }

// Path is where the run is followed to its end, and Events where its progress comes from.
func (r runPage) Path() string   { return r.Result + "?" + ProgressQuery + "=1" }
func (r runPage) Events() string { return r.Result + "/events" }

// RunProgress is the progress of a run: numbers, words by the names of their places on the page,
// and the target of Close. The page is made from it, and gets updates of it.
type RunProgress struct {
	Done  int               `json:"done"`
	Total int               `json:"total"`
	Over  bool              `json:"over"`
	Close string            `json:"close"`
	Words map[string]string `json:"words"`
}

// progressOf puts the progress of a run at a moment into words.
func progressOf(w *ui.Words, now time.Time, r runPage) RunProgress {
	number := func(n int) string { return w.T("enrolment.number", "number", n) }
	p := RunProgress{Done: r.Counts.Done(), Total: r.Total, Over: r.State != gatehouse.RunRunning, Close: r.Leave, Words: map[string]string{
		"changed": number(r.Counts.Changed), "unchanged": number(r.Counts.Unchanged), "told": number(r.Counts.Told),
		"skipped": number(r.Counts.Skipped), "failed": number(r.Counts.Failed),
	}}
	if p.Over {
		p.Close = r.Result
		return p.say(r.Over, r.Ended, w.T("enrolment.took", "time", took(w, r.Run)), r.OverNote)
	}
	left := w.T("enrolment.left_unknown")
	if d := r.Left(now); d > 0 {
		left = w.T("enrolment.left", "time", w.Span(d))
	}
	return p.say(r.Running, w.T("enrolment.done", "n", r.Total, "done", r.Counts.Done()), left, r.Note)
}

func (p RunProgress) say(title, done, left, note string) RunProgress {
	p.Words["title"], p.Words["done"], p.Words["left"], p.Words["note"] = title, done, left, note
	return p
}

// enrolmentRun is what the progress of an enrolment says.
func enrolmentRun(w *ui.Words, e gatehouse.Enrolment) runPage {
	word := ruleWord(e.Rule())
	r := runPage{Run: e.Run, Heading: w.T("enhanced_security.title"), LeadKey: "enhanced_security.lead",
		Running: w.T("enrolment.running_" + word), Over: w.T("enrolment.title_" + word),
		Ended: w.T("enrolment.ended_"+string(e.State), "counts", countsLine(w, w.T("enrolment.row_changed_"+word, "n", e.Counts.Changed), e.Counts)),
		Note:  w.T("enrolment.goes_on"), OverNote: w.T("enrolment.summary_sent"),
		Result: EnrolmentPath(e.ID), Leave: ui.EnhancedSecurityPath, Told: true, Outcomes: outcomeWords{}}
	for _, o := range gatehouse.Outcomes {
		r.Outcomes[string(o)] = outcomeText(w, e.Rule(), o)
	}
	return r
}

// countsLine is how many users have each outcome that occurred.
func countsLine(w *ui.Words, changed string, n gatehouse.RunCounts) string {
	parts := []string{changed}
	for _, of := range []struct {
		outcome gatehouse.Outcome
		n       int
	}{{gatehouse.OutcomeUnchanged, n.Unchanged}, {gatehouse.OutcomeSkipped, n.Skipped}, {gatehouse.OutcomeFailed, n.Failed}} {
		if of.n > 0 {
			parts = append(parts, w.T("enrolment.row_"+string(of.outcome), "n", of.n))
		}
	}
	return strings.Join(parts, w.T("list.comma"))
}
