package demo

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"gatehouse/internal/web/ui"
)

// The Content-Security-Policies: InboxPolicy is for the inbox, which frames a mail;
// MailPolicy is for the framed mail itself, which is a stranger's HTML with inline
// styles and nothing else.
const (
	InboxPolicy = ui.Policy + "; frame-src 'self'"
	MailPolicy  = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; " +
		"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)

// list shows the inbox; ?message=ID opens one of the mails, as the links of the
// list do.
func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	h.show(w, r, r.URL.Query().Get("message"))
}

// message shows the inbox with one mail open; with .html after the ID, the mail's own
// HTML for the frame in that page.
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
	head.Set("Content-Security-Policy", MailPolicy)
	head.Set("X-Frame-Options", "SAMEORIGIN")
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	w.Write(framedMail(m.HTML)) //nolint:errcheck // a visitor who has gone need not be told
}

// show renders the inbox; id is the open mail, empty for none.
func (h *handler) show(w http.ResponseWriter, r *http.Request, id string) {
	view := InboxPage{To: r.URL.Query().Get("to"), SMTP: h.inbox.Addr()}
	view.Messages = h.inbox.Mails(view.To, "")
	if id != "" {
		m, ok := h.inbox.Mail(id)
		if !ok {
			h.notFound(w, r)
			return
		}
		view.Open = &m
	}
	w.Header().Set("Content-Security-Policy", InboxPolicy)
	h.write(w, r, http.StatusOK, view)
}

// messages returns the mails for scripts, newest first: ?to=ADDRESS, ?after=ID.
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

// InboxPage is the demo's mailbox: a list of mails, newest first, and one of them open.
// Its page needs InboxPolicy. Its frame has no site.
type InboxPage struct {
	Messages []Mail
	// Open is the mail that is shown; nil: none is.
	Open *Mail
	// To shows the mail of one address only; empty: all.
	To string
	// SMTP is the address that accepts mail, host:port; may be empty.
	SMTP string
}

func (InboxPage) Template() string      { return "inbox" }
func (InboxPage) Title(*ui.Page) string { return "Inbox" }

// Newest is the id after which the page asks for mails.
func (v InboxPage) Newest() string {
	if len(v.Messages) == 0 {
		return ""
	}
	return v.Messages[0].ID
}

// IsOpen reports whether a mail of the list is the one shown.
func (v InboxPage) IsOpen(m Mail) bool { return v.Open != nil && v.Open.ID == m.ID }

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]'’]`)

// piece is a part of a mail's text: words, or a web address.
type piece struct {
	Text string
	Link bool
}

// Pieces are the mail's text, with its web addresses as links.
func (m Mail) Pieces() (all []piece) {
	rest := 0
	for _, at := range webAddress.FindAllStringIndex(m.Text, -1) {
		all = append(all, piece{m.Text[rest:at[0]], false}, piece{m.Text[at[0]:at[1]], true})
		rest = at[1]
	}
	return append(all, piece{m.Text[rest:], false})
}

// framedMail prepares a mail's HTML for the frame of the inbox: its links open in a new
// tab, because the frame may show nothing else. Serve it with MailPolicy.
func framedMail(html string) []byte {
	const base = `<base target="_blank">`
	at := 0
	if head := headTag.FindStringIndex(html); head != nil {
		at = head[1]
	}
	return []byte(html[:at] + base + html[at:])
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
