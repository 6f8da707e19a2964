package sms_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/sms"
)

var hello = sms.Message{ID: "msg_7", To: "+447400123456", Digits: "447400123456", Text: "418207 is your code for “Fernhollow” & co.", Site: "fernhollow-uk"}

func environment(name string) (string, bool) {
	value, ok := map[string]string{"SMS_TOKEN": "s3cret", "EMPTY": ""}[name]
	return value, ok
}

func settings(url string) sms.Settings {
	return sms.Settings{URL: url, Method: "POST", Timeout: 10 * time.Second, Env: environment,
		Headers: map[string]string{"Authorization": `Bearer {{env "SMS_TOKEN"}}`, "Content-Type": "application/json"},
		Body:    `{"to": {{json .To}}, "text": {{json .Text}}, "reference": {{json .ID}}}`}
}

func gateway(t *testing.T, s sms.Settings) *sms.Gateway {
	t.Helper()
	g, err := sms.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestAMessageAsTheTemplatesSay(t *testing.T) {
	got := make(chan [3]string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- [3]string{r.Method + " " + r.URL.String(), r.Header.Get("Authorization"), string(body)}
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, "{\n\"status\": \"queued\", \"text\": \"418207, 418-207\"}")
	}))
	defer server.Close()
	s := settings(server.URL + "/v1/messages?from=Portal&to={{query .To}}&digits={{.Digits}}&site={{.Site}}")
	s.Accepted = `"status":\s*"queued"`
	reply, err := gateway(t, s).Send(t.Context(), hello, "418207")
	if err != nil {
		t.Fatal(err)
	}
	if want := `201 Created { "status": "queued", "text": "…, …"}`; reply != want {
		t.Errorf("it said %q, want %q", reply, want)
	}
	request := <-got
	want := [3]string{"POST /v1/messages?from=Portal&to=%2B447400123456&digits=447400123456&site=fernhollow-uk", "Bearer s3cret",
		`{"to": "+447400123456", "text": "418207 is your code for “Fernhollow” \u0026 co.", "reference": "msg_7"}`}
	if request != want {
		t.Errorf("%q", request)
	}
}

func TestWhatGatewaysAnswer(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   http.HandlerFunc
		taken    bool
		final    bool
		contains string
	}{
		{"taken", status(202, "ok"), true, false, "202"},
		{"an error with 200", status(200, `error: no credit`), false, true, "no credit"},
		{"too many", status(429, "slow down"), false, false, "429"},
		{"broken", status(503, ""), false, false, "503"},
		{"bad number", status(400, "not a mobile number"), false, true, "not a mobile"},
		{"wrong secret", status(401, ""), false, true, "401"},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
		}, false, true, "307"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, false, "cannot be reached"},
		{"never ends", hang, false, false, "cannot be reached"},
		{"10 MB of HTML", status(502, strings.Repeat("<p>Bad gateway", 1<<20)), false, false, "502"},
		{"controls", status(400, "a\x00\x1b[31mb\u202ec\r\nd"), false, true, "400 Bad Request a [31mb c d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			s := settings(server.URL)
			s.Accepted, s.Timeout = "ok", 300*time.Millisecond
			if c.name != "never ends" {
				s.Timeout = time.Minute
			}
			reply, err := gateway(t, s).Send(t.Context(), hello, "418207")
			var refused *sms.Error
			switch {
			case c.taken && err == nil:
			case !c.taken && errors.As(err, &refused) && refused.Final == c.final:
				reply = refused.Reason
			default:
				t.Fatalf("%q %v", reply, err)
			}
			if !strings.Contains(reply, c.contains) || len(reply) > 300 || strings.Contains(reply, "s3cret") {
				t.Errorf("it says %q", reply)
			}
		})
	}
	g := gateway(t, settings("http://127.0.0.1:1/?token={{env \"SMS_TOKEN\"}}"))
	if _, err := g.Send(t.Context(), hello, ""); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a gateway that is not there: %v", err)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for _, c := range []struct {
		change func(*sms.Settings)
		says   string
	}{
		{func(s *sms.Settings) { s.URL = "http://gateway.example/" }, "https://"},
		{func(s *sms.Settings) { s.URL = "gateway" }, "https://"},
		{func(s *sms.Settings) { s.URL = "https://gateway.example/{{.Nobody}}" }, "Nobody"},
		{func(s *sms.Settings) { s.Body = "{{json .To" }, "body"},
		{func(s *sms.Settings) { s.Body = `{{env "NOT_THERE"}}` }, "NOT_THERE"},
		{func(s *sms.Settings) { s.Headers["Authorization"] = `{{env "EMPTY"}}` }, "EMPTY"},
		{func(s *sms.Settings) { s.Accepted = "(" }, "accepted"},
		{func(s *sms.Settings) { s.Method = "PO ST" }, "method"},
	} {
		s := settings("https://gateway.example/")
		c.change(&s)
		if _, err := sms.New(s); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.says, err)
		}
	}
}

// hang reads the request, so that it notices when nobody waits for the answer any longer.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
