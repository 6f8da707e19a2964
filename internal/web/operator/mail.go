package operator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Mail lists what is in the outbox and what became of it, over all sites (C13).
func (o *Operator) Mail(w http.ResponseWriter, r *http.Request) error {
	return o.showMail(w, r, http.StatusOK, false)
}

func (o *Operator) showMail(w http.ResponseWriter, r *http.Request, status int, changed bool) error {
	q := r.URL.Query()
	f := directory.MailFilter{Site: q.Get("site"), State: directory.MessageState(q.Get("state")), Group: gatehouse.MailGroup(q.Get("kind")), Before: clipped(q.Get("before"), 60)}
	found, err := o.Directory.MailQueue(r.Context(), by(r), o.Sites.All(), f)
	if err != nil {
		return err
	}
	return o.page(w, r, status, Mail{MailQueue: found, Sites: o.Sites.All(), Changed: changed, Done: q.Get("done")})
}

// HoldMail holds what a site sends, ReleaseMail lets it go again.
func (o *Operator) HoldMail(w http.ResponseWriter, r *http.Request) error {
	return o.heldOr(w, r, func(st *site.Site) error { return o.Directory.HoldMail(r.Context(), st, by(r)) })
}

func (o *Operator) ReleaseMail(w http.ResponseWriter, r *http.Request) error {
	return o.heldOr(w, r, func(st *site.Site) error {
		return o.Directory.ReleaseMail(r.Context(), st, by(r), formTime(r, "held"))
	})
}

func (o *Operator) heldOr(w http.ResponseWriter, r *http.Request, do func(*site.Site) error) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	err = do(st)
	if gatehouse.ReasonOf(err) == directory.ReasonMailChanged {
		return o.showMail(w, r, http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, ui.OperatorMailPath+"?done=holds", http.StatusSeeOther)
	return nil
}

// formTime is a moment that a form has sent as it got it; the zero time for anything else.
func formTime(r *http.Request, name string) time.Time {
	if us, err := strconv.ParseInt(r.PostFormValue(name), 10, 64); err == nil && us > 0 {
		return time.UnixMicro(us).UTC()
	}
	return time.Time{}
}

// justDone is what a page was asked to say was done; empty if it is none of its news.
func justDone(r *http.Request, news []string) string {
	if done := r.URL.Query().Get("done"); slices.Contains(news, done) {
		return done
	}
	return ""
}

// OneMail shows a message without its content.
func (o *Operator) OneMail(w http.ResponseWriter, r *http.Request) error {
	return o.showOneMail(w, r, http.StatusOK, "")
}

func (o *Operator) showOneMail(w http.ResponseWriter, r *http.Request, status int, refused string) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	m, err := o.Directory.QueuedMail(r.Context(), st, by(r), r.PathValue("message"))
	if err != nil {
		return err
	}
	return o.page(w, r, status, OneMail{QueuedMail: m, Site: st, Refused: refused, Done: r.URL.Query().Get("done")})
}

// RetryMail has a message tried at once, DropMail ends it.
func (o *Operator) RetryMail(w http.ResponseWriter, r *http.Request) error {
	return o.onMail(w, r, "retried", func(st *site.Site, id, seen string) error {
		return o.Directory.RetryMail(r.Context(), st, by(r), id, seen)
	})
}

func (o *Operator) DropMail(w http.ResponseWriter, r *http.Request) error {
	return o.onMail(w, r, "dropped", func(st *site.Site, id, seen string) error {
		return o.Directory.DropMail(r.Context(), st, by(r), id, seen)
	})
}

// mailRefusals are the reasons for which nothing is done to a message, and the page says so.
var mailRefusals = []string{directory.ReasonMailChanged, directory.ReasonMailHeld, directory.ReasonResendWait}

func (o *Operator) onMail(w http.ResponseWriter, r *http.Request, done string, do func(st *site.Site, id, seen string) error) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	id := r.PathValue("message")
	err = do(st, id, r.PostFormValue("seen"))
	if why := gatehouse.ReasonOf(err); slices.Contains(mailRefusals, why) {
		return o.showOneMail(w, r, http.StatusConflict, why)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, mailPath(st.ID, id)+"?done="+done, http.StatusSeeOther)
	return nil
}

func mailPath(siteID, id string) string {
	return ui.OperatorMailPath + "/" + url.PathEscape(siteID) + "/" + url.PathEscape(id)
}

// Mail is the list.
type Mail struct {
	directory.MailQueue
	Sites []*site.Site
	// Done is what was just done. Changed: nothing was, because somebody else was faster.
	Done    string
	Changed bool
}

func (Mail) Template() string        { return "operator_mail" }
func (Mail) Title(p *ui.Page) string { return p.T("opmail.title") }

func (v Mail) Filters(p *ui.Page) []ui.Filter {
	ids := make([]string, len(v.Sites))
	for i, st := range v.Sites {
		ids[i] = st.ID
	}
	return []ui.Filter{
		ui.FilterOf("state", p.T("opmail.state"), p.T("opmail.all_states"), v.State, directory.MessageStates, func(s directory.MessageState) string { return p.T("opmail.state_" + string(s)) }),
		ui.FilterOf("site", p.T("operator.site"), p.T("opmail.all_sites"), v.Site, ids, func(id string) string { return siteName(v.Sites, id) }),
		ui.FilterOf("kind", p.T("operator.mail_group"), p.T("opmail.all_kinds"), v.Group, gatehouse.MailGroups, func(g gatehouse.MailGroup) string { return p.T("operator.mail_" + string(g)) }),
	}
}

// Newest and Older are the addresses of the first and of the next page, with the same filters.
func (v Mail) Newest() string { return v.address("") }
func (v Mail) Older() string  { return v.address(v.Next) }

func (v Mail) address(before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"site": v.Site, "state": string(v.State), "kind": string(v.Group), "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ui.OperatorMailPath
	}
	return ui.OperatorMailPath + "?" + q.Encode()
}

// Filtered: not everything is shown.
func (v Mail) Filtered() bool { return v.Site != "" || v.State != "" || v.Group != "" }

// mailLine is a message of the list.
type mailLine struct {
	directory.Message
	Path, SiteName, Class string
	// Why is what was said last; empty: nothing of interest.
	Why string
}

var mailBadges = map[directory.MessageState]string{
	"waiting": "badge-info", "sending": "badge-info", "deferred": "badge-warn", "expired": "badge-warn", "sent": "badge-ok", "refused": "badge-bad", "bounced": "badge-bad",
}

// Lines puts the messages into words.
func (v Mail) Lines() []mailLine {
	var lines []mailLine
	for _, m := range v.Messages {
		l := mailLine{Message: m, Path: mailPath(m.SiteID, m.ID), SiteName: m.SiteID, Class: mailBadges[m.State]}
		if m.State != "sent" {
			l.Why = clipped(m.Reply, 160)
		}
		l.SiteName = siteName(v.Sites, m.SiteID)
		lines = append(lines, l)
	}
	return lines
}

func siteName(sites []*site.Site, id string) string {
	for _, st := range sites {
		if st.ID == id {
			return st.Name
		}
	}
	return id
}

// Badge is the class of a state.
func (Mail) Badge(s directory.MessageState) string { return mailBadges[s] }

// siteHold is a site, and whether its mail is held.
type siteHold struct {
	ID, Name, Path string
	Held           bool
	Since          time.Time
	// Mark tells this hold from a later one.
	Mark int64
	By   string
}

// Holds are all sites.
func (v Mail) Holds() []siteHold {
	var all []siteHold
	for _, st := range v.Sites {
		h := siteHold{ID: st.ID, Name: st.Name, Path: ui.OperatorMailPath + "/" + url.PathEscape(st.ID)}
		for _, held := range v.Held {
			if held.SiteID == st.ID {
				h.Held, h.Since, h.Mark, h.By = true, held.HeldAt, held.HeldAt.UnixMicro(), held.By
			}
		}
		all = append(all, h)
	}
	return all
}

// OneMail is a message for an operator.
type OneMail struct {
	directory.QueuedMail
	Site *site.Site
	// Done is what was just done, Refused why nothing was.
	Done, Refused string
}

func (OneMail) Template() string          { return "operator_mail_one" }
func (v OneMail) Title(p *ui.Page) string { return v.Subject }

// Path is the page of the message, UserPath that of whom it is to; empty: nobody with an account.
func (v OneMail) Path() string { return mailPath(v.SiteID, v.ID) }
func (v OneMail) UserPath() string {
	if v.User.ID == "" {
		return ""
	}
	return userPath(v.SiteID, v.User.ID)
}

// Badge is the class of its state.
func (v OneMail) Badge() string { return mailBadges[v.State] }

// StateKey is the word for the state.
func (v OneMail) StateKey() string {
	if v.Dropped {
		return "dropped"
	}
	return string(v.State)
}

// EachTry are the tries that are kept, the newest first.
func (v OneMail) EachTry() []gatehouse.MailTry {
	all := gatehouse.MailTries(v.TryLog)
	slices.Reverse(all)
	return all
}

// TryBadge is the class of what became of the message by a try.
func (OneMail) TryBadge(t gatehouse.MailTry) string {
	return mailBadges[directory.MessageState(t.State)]
}

// Full: older tries may be missing.
func (v OneMail) Full() bool { return len(v.EachTry()) == gatehouse.MostMailTries }

// Held: nothing of the site is sent.
func (v OneMail) Held() bool { return v.Hold.SiteID != "" }

// Bounced lists addresses that mail comes back from.
func (o *Operator) Bounced(w http.ResponseWriter, r *http.Request) error {
	return o.showBounced(w, r, http.StatusOK, false)
}

func (o *Operator) showBounced(w http.ResponseWriter, r *http.Request, status int, changed bool) error {
	q := r.URL.Query()
	f := directory.BouncedFilter{Site: q.Get("site")}
	if us, err := strconv.ParseInt(q.Get("at"), 10, 64); err == nil && us > 0 {
		f.At, f.ID = time.UnixMicro(us).UTC(), clipped(q.Get("id"), 60)
	}
	found, err := o.Directory.Bounced(r.Context(), by(r), o.Sites.All(), f)
	if err != nil {
		return err
	}
	return o.page(w, r, status, Bounced{Bounced: found, Changed: changed, Done: q.Has("done")})
}

// ClearBounce believes again in an address.
func (o *Operator) ClearBounce(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	err = o.Directory.ForgetBounce(r.Context(), st, by(r), r.PathValue("user"), formTime(r, "at"))
	if gatehouse.ReasonOf(err) == directory.ReasonMailChanged {
		return o.showBounced(w, r, http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, ui.OperatorBouncedPath+"?done", http.StatusSeeOther)
	return nil
}

// Bounced is the list.
type Bounced struct {
	directory.Bounced
	Done, Changed bool
}

func (Bounced) Template() string        { return "operator_bounced" }
func (Bounced) Title(p *ui.Page) string { return p.T("opmail.bounced_title") }

// bouncedLine is an address of the list.
type bouncedLine struct {
	directory.FoundUser
	Path, Clear, Why string
	Mark             int64
}

// Lines are the addresses, with why: of a report, which anybody may have made who has the mail, the
// numbers.
func (v Bounced) Lines() []bouncedLine {
	var lines []bouncedLine
	for _, f := range v.Users {
		l := bouncedLine{FoundUser: f, Path: userPath(f.Site.ID, f.User.ID), Mark: f.User.Bounce.At.UnixMicro(), Why: clipped(f.User.Bounce.Reason, 160)}
		l.Clear = ui.OperatorBouncedPath + "/" + url.PathEscape(f.Site.ID) + "/" + url.PathEscape(f.User.ID)
		if f.User.Bounce.Reported {
			l.Why = gatehouse.AnswerCodes(f.User.Bounce.Reason)
		}
		lines = append(lines, l)
	}
	return lines
}

// Older is the address of the next page; empty: there is none.
func (v Bounced) Older() string {
	if !v.More || len(v.Users) == 0 {
		return ""
	}
	last := v.Users[len(v.Users)-1].User
	q := url.Values{"at": {strconv.FormatInt(last.Bounce.At.UnixMicro(), 10)}, "id": {last.ID}}
	if v.Site != "" {
		q.Set("site", v.Site)
	}
	return ui.OperatorBouncedPath + "?" + q.Encode()
}
