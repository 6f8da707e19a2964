package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

const (
	// progressEvery is how often a page is told how far its run is.
	progressEvery = time.Second
	// checkEvery is after how many of those it is asked whether the session still may
	// know: the audience of a route is looked at when a request begins, and this one
	// lasts.
	checkEvery = 3
	// mostStreams is how many pages of one user are told at a time, in all browsers: each
	// holds a connection, and sessions are to be had by signing in again.
	mostStreams = 8
)

// CodeManyStreams: other pages of the user listen already.
const CodeManyStreams = "many-streams"

// EnrolmentEvents tells a page how far its run is, as long as it goes on (server-sent
// events). It ends with the run, with the session, with the role, and when the server is
// to stop; the page asks again, at another process where there is one.
func (c *Console) EnrolmentEvents(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	e, err := c.Directory.Enrolment(r.Context(), caller, v.Site, company, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !c.streams.enter(caller.UserID) {
		return &gatehouse.Error{Kind: gatehouse.TooMany, Code: CodeManyStreams, RetryAfter: 10 * time.Second}
	}
	defer c.streams.leave(caller.UserID)
	w.Header().Set("Content-Type", ui.EventStream)
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that collects answers would hold them back
	if r.Method == http.MethodHead {
		return nil
	}
	// The limits on a connection are for answers that are complete at once.
	stream := http.NewResponseController(w)
	stream.SetReadDeadline(time.Time{})  //nolint:errcheck // then the stream is cut, and begun anew
	stream.SetWriteDeadline(time.Time{}) //nolint:errcheck
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		if !c.tell(w, stream, v, e) || e.State != gatehouse.EnrolmentRunning {
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
		// An answer that has begun has no status for an error: the next one has.
		if e, err = c.Directory.Enrolment(r.Context(), caller, v.Site, company, e.ID); err != nil {
			return nil
		}
	}
}

// tell sends how far a run is. It reports whether anybody listens.
func (c *Console) tell(w http.ResponseWriter, stream *http.ResponseController, v *ui.Visit, e gatehouse.Enrolment) bool {
	data, err := json.Marshal(ui.ProgressOf(v, c.Now(), e))
	if err != nil {
		return false
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", data)
	return err == nil && stream.Flush() == nil
}

// still reports whether the session goes on, of an administrator of the same company. It
// counts as use of the session, as a page that asks anew does; a run has an end.
func (c *Console) still(ctx context.Context, v *ui.Visit) bool {
	ses, err := c.SignIn.Session(ctx, v.Site, v.SessionToken)
	return err == nil && ses.User.Role == gatehouse.RoleAdmin && ses.CompanyID == v.Company.ID
}

// streams counts the answers without an end, by user.
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
