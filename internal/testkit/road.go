package testkit

import (
	"net/http"
	"net/http/httptest"
	"sync"
)

// road carries answers from the server to the browser; it may be slow, or break.
type road struct {
	mu    sync.Mutex
	lose  map[string]int
	held  chan struct{}
	posts map[string]int
}

// LoseAnswer makes the server's next answer to a form posted to a path get lost:
// everything that the form does is done, and the connection is cut before a byte comes
// back.
func (s *Server) LoseAnswer(path string) {
	s.road.mu.Lock()
	defer s.road.mu.Unlock()
	if s.road.lose == nil {
		s.road.lose = map[string]int{}
	}
	s.road.lose[path]++
}

// HoldAnswers makes every answer to a form wait, after everything is done, until release
// is called.
func (s *Server) HoldAnswers() (release func()) {
	s.road.mu.Lock()
	defer s.road.mu.Unlock()
	held := make(chan struct{})
	s.road.held = held
	return sync.OnceFunc(func() {
		s.road.mu.Lock()
		defer s.road.mu.Unlock()
		s.road.held = nil
		close(held)
	})
}

// Posts is how many forms were posted to a path.
func (s *Server) Posts(path string) int {
	s.road.mu.Lock()
	defer s.road.mu.Unlock()
	return s.road.posts[path]
}

// take decides what happens to the answer to a form.
func (r *road) take(path string) (lost bool, held chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.posts == nil {
		r.posts = map[string]int{}
	}
	r.posts[path]++
	if lost = r.lose[path] > 0; lost {
		r.lose[path]--
	}
	return lost, r.held
}

// over sends answers over the road.
func (r *road) over(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodPost {
			h.ServeHTTP(w, req)
			return
		}
		lost, held := r.take(req.URL.Path)
		if !lost && held == nil {
			h.ServeHTTP(w, req)
			return
		}
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, req)
		if lost {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		<-held
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
}
