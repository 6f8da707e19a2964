package demo

import (
	"embed"
	"log/slog"
	"net/http"
	"time"

	"gatehouse/internal/web/ui"
)

//go:embed *.html parts/*.html
var templates embed.FS

// Handler answers for the demo's own host: the tour, the inbox and the static files
// of their pages. The web server around it gives the request its reference and the
// answer its headers.
func Handler(a Accounts, inbox *Inbox, now func() time.Time, log *slog.Logger) (http.Handler, error) {
	pages, err := ui.New(templates)
	if err != nil {
		return nil, err
	}
	h := &handler{accounts: a, inbox: inbox, pages: pages, now: now, log: log, mux: http.NewServeMux()}
	h.mux.HandleFunc("/{$}", h.tour)
	h.mux.HandleFunc("/inbox", h.list)
	h.mux.HandleFunc("/inbox/messages", h.messages)
	h.mux.HandleFunc("/inbox/messages/{id}", h.message)
	h.mux.Handle("/static/", ui.Static())
	h.mux.HandleFunc("/", h.notFound)
	return h, nil
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

func (h *handler) write(w http.ResponseWriter, r *http.Request, status int, view ui.View) {
	if err := h.pages.Write(w, r, status, h.now(), view); err != nil {
		h.fail(w, r, err)
	}
}

// fail answers if not even a page can be made.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	reference := ui.VisitOf(r).Reference
	h.log.ErrorContext(r.Context(), "demo page", "ref", reference, "error", err)
	http.Error(w, reference, http.StatusInternalServerError)
}
