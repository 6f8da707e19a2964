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

// EnrolmentEvents tells a page the progress of its enrolment while it goes on
// (server-sent events). It ends with the enrolment, with the session, with the role, and
// when the server stops; the page then asks again, and gets another process if there is
// one.
func (c *Console) EnrolmentEvents(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	e, err := c.Directory.Enrolment(r.Context(), v.Site, caller, company, r.PathValue("id"))
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
		if !c.tell(w, stream, v, e) || e.State != gatehouse.RunRunning {
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
		if e, err = c.Directory.Enrolment(r.Context(), v.Site, caller, company, e.ID); err != nil {
			return nil
		}
	}
}

// tell sends the progress of an enrolment. It reports whether anybody is listening.
func (c *Console) tell(w http.ResponseWriter, stream *http.ResponseController, v *ui.Visit, e gatehouse.Enrolment) bool {
	now := c.Now()
	data, err := json.Marshal(progressOf(ui.WordsOf(v, now), now, e))
	if err != nil {
		return false
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", data)
	return err == nil && stream.Flush() == nil
}

// still reports whether the session is still valid, and of an administrator of the same
// company. It counts as use of the session, as does a page that asks again; an enrolment
// ends.
func (c *Console) still(ctx context.Context, v *ui.Visit) bool {
	ses, err := c.SignIn.Session(ctx, v.Site, v.SessionToken)
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

// EnrolmentRunning is the progress of an enrolment in Enhanced Security, until it is
// done (B02).
type EnrolmentRunning struct{ Enrolment gatehouse.Enrolment }

func (EnrolmentRunning) Template() string          { return "progress" }
func (v EnrolmentRunning) Title(p *ui.Page) string { return v.Progress(p).Words["title"] }

// EnrolmentProgress is the progress of an enrolment: numbers, words by the names of their
// places on the page, and the target of Close. The page is made from it, and gets updates
// of it.
type EnrolmentProgress struct {
	Done  int               `json:"done"`
	Total int               `json:"total"`
	Over  bool              `json:"over"`
	Close string            `json:"close"`
	Words map[string]string `json:"words"`
}

// progressOf puts the progress of an enrolment at a moment into words.
func progressOf(w *ui.Words, now time.Time, e gatehouse.Enrolment) EnrolmentProgress {
	number := func(n int) string { return w.T("enrolment.number", "number", n) }
	r := EnrolmentProgress{Done: e.Counts.Done(), Total: e.Total, Over: e.State != gatehouse.RunRunning, Close: ui.EnhancedSecurityPath, Words: map[string]string{
		"changed": number(e.Counts.Changed), "unchanged": number(e.Counts.Unchanged), "told": number(e.Counts.Told),
		"skipped": number(e.Counts.Skipped), "failed": number(e.Counts.Failed),
	}}
	if r.Over {
		r.Close = EnrolmentPath(e.ID)
		return r.say(w.T("enrolment.title_"+ruleWord(e.Rule())), ended(w, e), w.T("enrolment.took", "time", took(w, e)), w.T("enrolment.summary_sent"))
	}
	left := w.T("enrolment.left_unknown")
	if d := e.Left(now); d > 0 {
		left = w.T("enrolment.left", "time", w.Span(d))
	}
	return r.say(w.T("enrolment.running_"+ruleWord(e.Rule())), w.T("enrolment.done", "n", e.Total, "done", e.Counts.Done()), left, w.T("enrolment.goes_on"))
}

func (r EnrolmentProgress) say(title, done, left, note string) EnrolmentProgress {
	r.Words["title"], r.Words["done"], r.Words["left"], r.Words["note"] = title, done, left, note
	return r
}

// ended is the last line of an enrolment: how many users have each outcome that occurred.
func ended(w *ui.Words, e gatehouse.Enrolment) string {
	parts := []string{w.T("enrolment.row_changed_"+ruleWord(e.Rule()), "n", e.Counts.Changed)}
	for _, of := range []struct {
		outcome gatehouse.Outcome
		n       int
	}{{gatehouse.OutcomeUnchanged, e.Counts.Unchanged}, {gatehouse.OutcomeSkipped, e.Counts.Skipped}, {gatehouse.OutcomeFailed, e.Counts.Failed}} {
		if of.n > 0 {
			parts = append(parts, w.T("enrolment.row_"+string(of.outcome), "n", of.n))
		}
	}
	return w.T("enrolment.ended_"+string(e.State), "counts", strings.Join(parts, w.T("list.comma")))
}

// Path is where the enrolment is followed to its end.
func (v EnrolmentRunning) Path() string { return ProgressPath(v.Enrolment.ID) }

// Progress is the progress of the enrolment.
func (v EnrolmentRunning) Progress(p *ui.Page) EnrolmentProgress {
	return progressOf(p.Words, p.Now, v.Enrolment)
}

// Outcome is an outcome in a word.
func (v EnrolmentRunning) Outcome(p *ui.Page, o gatehouse.Outcome) string {
	return outcomeText(p.Words, v.Enrolment.Rule(), o)
}
