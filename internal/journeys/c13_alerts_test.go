package journeys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/watch"
)

// raiseAlert opens an alert, as if something were wrong.
func raiseAlert(t *testing.T, s *testkit.Server) {
	t.Helper()
	now := s.Clock.Now()
	s.Write(func(q store.Queries) error {
		_, err := q.OpenAlert(t.Context(), gatehouse.Alert{ID: "alt_1", Kind: gatehouse.AlertMailAge, Value: 1000, Threshold: 900, OpenedAt: now})
		return err
	})
}

// hook receives calls of the webhook, and fails first.
type hook struct {
	mu    sync.Mutex
	fails int
	calls []map[string]any
	ids   []string
	bad   []string
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, hookSecret)
	mac.Write([]byte(id + "." + stamp + "." + string(body)))
	if got := r.Header.Get("Webhook-Signature"); got != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || r.Header.Get("Content-Type") != "application/json" {
		h.bad = append(h.bad, got)
	}
	if _, err := strconv.ParseInt(stamp, 10, 64); err != nil {
		h.bad = append(h.bad, stamp)
	}
	h.ids = append(h.ids, id)
	if h.fails > 0 {
		h.fails--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var said map[string]any
	if err := json.Unmarshal(body, &said); err != nil {
		h.bad = append(h.bad, string(body))
	}
	h.calls = append(h.calls, said)
}

var hookSecret = []byte("a secret of the webhook, as long as it has to be")

func lookForAlerts(t *testing.T, all ...*testkit.Server) {
	t.Helper()
	for _, s := range all {
		if err := s.Alerts.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Alerts.CallWebhook(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Somebody guesses: two processes see it, one alert opens, those who may answer it get one mail each, and
// the webhook is called until it answers, with the same ID each time. An operator takes it on; it closes
// when it is over.
func TestC13_AGuessingStormIsOneAlert(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		receiver := &hook{fails: 1}
		web := httptest.NewServer(receiver)
		t.Cleanup(web.Close)
		thresholds := gatehouse.AlertThresholds{gatehouse.AlertGuessing: 6}
		one, other := twoProcesses(t, at, func(o *assembly.Options) {
			o.Alerts = assembly.Alerts{Thresholds: thresholds, Webhook: &watch.Webhook{URL: web.URL, Secret: hookSecret, Client: assembly.Outbound(nil, true)}}
		})
		_, support, _ := operatorWithApp(t, one, "tbello", gatehouse.RoleSupport)
		owner, security, _ := operatorWithApp(t, one, "ohale", gatehouse.RoleOwner)
		if p := security.Get("/operator/alerts").Want(200); !p.Has("No open alerts") {
			t.Errorf("nothing is wrong: %s", p.Text("main"))
		}
		lookForAlerts(t, one, other)
		guesser := visitor(t, one, "meridian-uk")
		for i := range 6 {
			signIn(guesser, "user"+strconv.Itoa(i), "guess")
		}
		lookForAlerts(t, one, other, one, other)
		p := security.Get("/operator/alerts").Want(200)
		if cards := p.Find("section[aria-labelledby^=alt_]").Length(); cards != 1 || !contains(p.Text("main"), "Somebody is guessing passwords", "127.0.0.0/24", "it answered 503", "not reached yet") || p.Find("main a[href='/operator/find?q=127.0.0.0%2F24']").Length() != 1 {
			t.Errorf("%d alerts: %s", cards, p.Text("main"))
		}
		if m := mailAbout(t, one, owner.Email, "guessing passwords"); !contains(m.Text, "127.0.0.0/24", "/operator/alerts") {
			t.Errorf("the mail: %s", m.Text)
		}
		if n := len(messagesAbout(t, one, "alert-opened")); n != 1 {
			t.Errorf("%d mails, want one, to the owner: support does not answer alerts", n)
		}
		if p := support.Get("/operator").Want(200); !contains(p.Text("main"), "Somebody is guessing passwords") || p.Find("nav.tabs .badge").Length() != 1 {
			t.Errorf("the overview: %s", p.Text("main"))
		}
		if p := support.Get("/operator/alerts").Want(200); p.Find("main form").Length() != 0 {
			t.Error("support may take on alerts")
		}
		old := security.Get("/operator/alerts").Want(200)
		done := security.Press(old, "Acknowledge", nil).Want(200)
		if !contains(done.Text("main"), "You have acknowledged the alert", "Acknowledged by Mira Santos") || done.Find("nav.tabs .badge").Length() != 0 {
			t.Errorf("taken on: %s", done.Text("main"))
		}
		if p := security.Press(old, "Acknowledge", nil); p.Status != http.StatusConflict || !p.Has("somebody else has acknowledged it") {
			t.Errorf("twice: %d", p.Status)
		}
		one.Clock.Add(16 * time.Minute)
		lookForAlerts(t, one, other)
		p = security.Get("/operator/alerts")
		if p.URL.Path == "/sign-in" || !contains(p.Text("main"), "No open alerts", "Closed", "127.0.0.0/24", "Acknowledged by Mira Santos") {
			t.Errorf("over: %s", p.Text("main"))
		}
		receiver.mu.Lock()
		defer receiver.mu.Unlock()
		if len(receiver.bad) != 0 || len(receiver.calls) != 2 || len(receiver.ids) != 3 || receiver.ids[0] != receiver.ids[1] || receiver.ids[1] == receiver.ids[2] {
			t.Fatalf("bad %q, ids %q, calls %v", receiver.bad, receiver.ids, receiver.calls)
		}
		if receiver.calls[0]["type"] != "alert.opened" || receiver.calls[1]["type"] != "alert.closed" {
			t.Errorf("calls: %v", receiver.calls)
		}
		data, _ := receiver.calls[0]["data"].(map[string]any)
		if data["kind"] != "guessing" || data["cause"] != "127.0.0.0/24" || !strings.HasSuffix(data["url"].(string), "/operator/alerts") {
			t.Errorf("data: %v", data)
		}
	})
}

// messagesAbout are the operators' messages of a kind.
func messagesAbout(t *testing.T, s *testkit.Server, kind string) []store.Message {
	t.Helper()
	all, _, err := s.Store.Read().MessagesOfSite(t.Context(), gatehouse.OperatorsSite, store.MailPage{Kinds: []string{kind}, Limit: 50, Window: 500})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
