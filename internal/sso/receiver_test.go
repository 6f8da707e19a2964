package sso_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/testkit"
)

// receiver is a platform that is notified of ended sessions.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	hold   chan struct{} // unless it is nil, nobody gets a response before it is closed
	forms  []url.Values
	kinds  []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.ParseForm() //nolint:errcheck // seen in the form
		r.mu.Lock()
		r.forms, r.kinds = append(r.forms, q.PostForm), append(r.kinds, q.Method+" "+q.Header.Get("Content-Type"))
		hold := r.hold
		r.mu.Unlock()
		if hold != nil {
			<-hold
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// at returns the address that an application registers.
func (r *receiver) at() string {
	return strings.Replace(r.URL, "127.0.0.1", "orders.localhost", 1) + "/back-channel-logout"
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) heard() []url.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forms[:len(r.forms):len(r.forms)]
}

// told waits until the platform was notified of n sessions, and returns the last token.
func (r *receiver) told(t *testing.T, n int) string {
	t.Helper()
	testkit.Eventually(t, fmt.Sprintf("%d logout tokens", n), func() bool { return len(r.heard()) >= n })
	all := r.heard()
	if len(all) != n {
		t.Fatalf("heard %d times, not %d", len(all), n)
	}
	return all[n-1].Get("logout_token")
}
