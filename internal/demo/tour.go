package demo

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"gatehouse/internal/web/ui"
)

// Handler answers for the demo's own host: the tour, the inbox and the static files
// of their pages. The web server around it gives the request its reference and the
// answer its headers.
func Handler(a Accounts, inbox *Inbox, pages *ui.Pages, now func() time.Time, log *slog.Logger) http.Handler {
	h := &handler{accounts: a, inbox: inbox, pages: pages, now: now, log: log, mux: http.NewServeMux()}
	h.mux.HandleFunc("/{$}", h.tour)
	h.mux.HandleFunc("/inbox", h.list)
	h.mux.HandleFunc("/inbox/messages", h.messages)
	h.mux.HandleFunc("/inbox/messages/{id}", h.message)
	h.mux.Handle("/static/", ui.Static())
	h.mux.HandleFunc("/", h.notFound)
	return h
}

type handler struct {
	accounts Accounts
	inbox    *Inbox
	pages    *ui.Pages
	now      func() time.Time
	log      *slog.Logger
	mux      *http.ServeMux
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.write(w, r, http.StatusMethodNotAllowed, ui.ErrorPage{Status: http.StatusMethodNotAllowed})
		return
	}
	h.mux.ServeHTTP(w, r)
}

func (h *handler) notFound(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusNotFound, ui.ErrorPage{Status: http.StatusNotFound})
}

func (h *handler) tour(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusOK, h.accounts.tour(h.inbox.Addr()))
}

// list shows the inbox; ?message=ID opens one of the mails, as the links of the
// list do.
func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, r.URL.Query().Get("message"))
}

// message shows the inbox with one mail open; with .html behind the ID, the mail's
// own HTML for the frame in that page.
func (h *handler) message(w http.ResponseWriter, r *http.Request) {
	id, framed := strings.CutSuffix(r.PathValue("id"), ".html")
	if !framed {
		h.show(w, r, id)
		return
	}
	m, ok := h.inbox.Mail(id)
	if !ok || m.HTML == "" {
		h.notFound(w, r)
		return
	}
	head := w.Header()
	head.Set("Content-Security-Policy", ui.MailPolicy)
	head.Set("X-Frame-Options", "SAMEORIGIN")
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	w.Write(ui.FramedMail(m.HTML)) //nolint:errcheck // a visitor who has gone need not be told
}

// show renders the inbox; id is the mail that is open, empty for none.
func (h *handler) show(w http.ResponseWriter, r *http.Request, id string) {
	view := ui.Inbox{To: r.URL.Query().Get("to"), SMTP: h.inbox.Addr()}
	for _, m := range h.inbox.Mails(view.To, "") {
		view.Messages = append(view.Messages, m.view())
	}
	if id != "" {
		m, ok := h.inbox.Mail(id)
		if !ok {
			h.notFound(w, r)
			return
		}
		open := m.view()
		view.Open = &open
	}
	w.Header().Set("Content-Security-Policy", ui.InboxPolicy)
	h.write(w, r, http.StatusOK, view)
}

func (m Mail) view() ui.Message {
	return ui.Message{ID: m.ID, To: m.To, From: m.From, Subject: m.Subject, At: m.At, Text: m.Text, HasHTML: m.HTML != ""}
}

// messages gives the mails to scripts, newest first: ?to=ADDRESS, ?after=ID.
func (h *handler) messages(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(h.inbox.Mails(r.URL.Query().Get("to"), r.URL.Query().Get("after")))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(append(body, '\n')) //nolint:errcheck // a visitor who has gone need not be told
}

func (h *handler) write(w http.ResponseWriter, r *http.Request, status int, view ui.View) {
	if err := h.pages.Write(w, r, status, h.now(), view); err != nil {
		h.fail(w, r, err)
	}
}

// fail answers where not even a page can be made.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	reference := ui.VisitOf(r).Reference
	h.log.ErrorContext(r.Context(), "demo page", "ref", reference, "error", err)
	http.Error(w, reference, http.StatusInternalServerError)
}
