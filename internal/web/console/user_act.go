package console

import (
	"errors"
	"html/template"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// CorrectEmail gives a user another address, which then gets the codes: somebody who sits
// down at an open session must not redirect a colleague's codes to their own mailbox (ASVS
// 7.5.1).
func (c *Console) CorrectEmail(w http.ResponseWriter, r *http.Request) error {
	on, u, err := c.whose(r)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(r.PostFormValue("email"))
	if typed == "" { // would remove the address: here one is corrected
		return c.notCorrected(w, r, typed, fault("email", directory.FieldRequired))
	}
	if gatehouse.NeedsSecondOperator(on.By, u) {
		return c.proposeEmail(w, r, on, u, typed)
	}
	done, err := c.Directory.CorrectEmail(r.Context(), on.Site, on.By, u.ID, typed)
	if err == nil {
		return seeUser(w, r, on.PathOf(u), corrected(done)...)
	}
	return c.notCorrected(w, r, typed, err)
}

// corrected are the words for the effects of a correction: an administrator who does not
// know that a new password went out sends another.
func corrected(d directory.Correction) []string {
	switch {
	case d.Waits && d.Told:
		return []string{UserAsked, AlsoTold}
	case d.Waits:
		return []string{UserAsked}
	case !d.Moved:
		return []string{UserSame}
	}
	done := []string{UserCorrected}
	if d.Told {
		done = append(done, AlsoTold)
	}
	done = append(done, map[directory.Reissue]string{
		directory.ReissueSent: AlsoPasswordSent, directory.ReissueEnded: AlsoPasswordEnded, directory.ReissueNone: AlsoNoPassword}[d.Password])
	if d.Notice {
		done = append(done, AlsoNotice)
	}
	return done
}

func fault(field, code string) error {
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "fields", Fields: []gatehouse.FieldError{{Field: field, Reason: code}}}
}

// notCorrected shows the form again with what was typed.
func (c *Console) notCorrected(w http.ResponseWriter, r *http.Request, typed string, err error) error {
	var e *gatehouse.Error
	often := errors.As(err, &e) && e.Reason == directory.ReasonResendWait
	proposed := e != nil && e.Reason == directory.ReasonProposed
	if e == nil || len(e.Fields) == 0 && !often && !proposed {
		return err
	}
	view, failed := c.user(r)
	if failed != nil {
		return failed
	}
	view.Email, view.Why = clip(typed), clip(r.PostFormValue("why"))
	if proposed {
		return c.notDone(w, r, view, RefusedProposed, e)
	}
	if often {
		return c.notDone(w, r, view, RefusedOften, e)
	}
	for _, f := range e.Fields {
		if f.Reason == directory.FieldOwnAccount {
			view.Refused = RefusedOwn
			continue
		}
		if f.Field != "why" {
			f.Field = "email" // if it is also the username, both are wrong in the same way
		}
		if !slices.ContainsFunc(view.Fields, func(other gatehouse.FieldError) bool { return other.Field == f.Field }) {
			view.Fields = append(view.Fields, f)
		}
	}
	return c.refused(w, r, http.StatusUnprocessableEntity, view)
}

// refused shows the user's page under its own address: the one that was posted to has no
// page for the language menu to return to.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, status int, view UserDetail) error {
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: view.Path()}
	return c.page(w, r, status, view)
}

// EndTrust ends the trust in one of a user's browsers (B08).
func (c *Console) EndTrust(w http.ResponseWriter, r *http.Request) error {
	device, err := pathID(r, "device")
	if err != nil {
		return err
	}
	return c.do(w, r, UserUntrusted, func(on Place, id string) error {
		return c.Directory.EndTrust(r.Context(), on.Site, on.By, id, device)
	})
}

// acted is what the page says after an act. The names of acts are the last parts of
// their paths.
var acted = map[gatehouse.UserAct]string{
	gatehouse.ActUnlock: UserUnlocked, gatehouse.ActActivate: UserActivated, gatehouse.ActDeactivate: UserDeactivated, gatehouse.ActPassword: UserPasswordSent,
	gatehouse.ActInvite: UserInvited, gatehouse.ActInviteAgain: UserInvited, gatehouse.ActMakeAdmin: UserMadeAdmin, gatehouse.ActUnmakeAdmin: UserUnmadeAdmin,
	gatehouse.ActDelete: UserDeleted, gatehouse.ActRestore: UserRestored, gatehouse.ActSignOut: UserSignedOut,
}

// Acts are the acts that have a page which asks first.
func Acts() []gatehouse.UserAct { return slices.Sorted(maps.Keys(acted)) }

// Asks makes the handler of the page that asks before an act.
func (c *Console) Asks(act gatehouse.UserAct) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return c.askAct(w, r, act) }
}

func (c *Console) askAct(w http.ResponseWriter, r *http.Request, act gatehouse.UserAct) error {
	view, err := c.user(r)
	switch {
	case err != nil:
		return err
	case view.Of.ID == view.On.By.UserID:
		return c.notDone(w, r, view, RefusedOwn, &gatehouse.Error{Kind: gatehouse.Conflict, Reason: directory.ReasonOwnAccount})
	case !view.Offers(act): // the page shows the current state
		return seeUser(w, r, view.Path())
	}
	return c.page(w, r, http.StatusOK, UserAct{UserDetail: view, Act: act})
}

// Does makes the handler of an act (A08). Each affects what somebody may do.
func (c *Console) Does(act gatehouse.UserAct) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return c.do(w, r, acted[act], func(on Place, id string) error {
			return c.Directory.Act(r.Context(), on.Site, on.By, id, act, clip(r.PostFormValue("seen")))
		})
	}
}

// EndSession signs a user out on one device.
func (c *Console) EndSession(w http.ResponseWriter, r *http.Request) error {
	session, err := pathID(r, "session")
	if err != nil {
		return err
	}
	return c.do(w, r, UserSessionEnded, func(on Place, id string) error {
		return c.Directory.EndSession(r.Context(), on.Site, on.By, id, session)
	})
}

// AskResetTwoFactor asks before ResetTwoFactor, if no script has asked.
func (c *Console) AskResetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	on, u, err := c.whose(r)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, ResetTwoFactor{On: on, Of: u})
}

// ResetTwoFactor resets a user's two-factor (B19), which removes protection, as
// switching it off for everybody does.
func (c *Console) ResetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	return c.do(w, r, UserReset, func(on Place, id string) error {
		return c.Directory.ResetTwoFactor(r.Context(), on.Site, on.By, id)
	})
}

// Resend sends a message to a user again (C13).
func (c *Console) Resend(w http.ResponseWriter, r *http.Request) error {
	message, err := pathID(r, "message")
	if err != nil {
		return err
	}
	return c.do(w, r, UserResent, func(on Place, id string) error {
		return c.Directory.Resend(r.Context(), on.Site, on.By, id, message)
	})
}

// do changes something about the user in the path, and shows the user's page with what
// was done, or why it was not.
func (c *Console) do(w http.ResponseWriter, r *http.Request, done string, change func(on Place, id string) error) error {
	on, err := c.placeOf(r)
	if err != nil {
		return err
	}
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err = change(on, id); err == nil {
		return seeUser(w, r, on.PathOf(gatehouse.User{ID: id}), done)
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || refusals[e.Reason] == "" {
		return err
	}
	view, failed := c.user(r)
	if failed == nil && e.Reason == directory.ReasonUserChanged {
		view.Changed, failed = c.Directory.LastChange(r.Context(), on.Site, on.By, id)
	}
	if failed != nil {
		return failed
	}
	return c.notDone(w, r, view, refusals[e.Reason], e)
}

// notDone says on the user's page why something was not done and, if waiting helps, how
// long to wait.
func (c *Console) notDone(w http.ResponseWriter, r *http.Request, view UserDetail, why string, e *gatehouse.Error) error {
	view.Refused, view.Wait = why, e.RetryAfter
	if e.RetryAfter > 0 {
		retryAfter(w, e.RetryAfter)
	}
	return c.refused(w, r, ui.StatusOf(e), view)
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// refusals are the reasons that the page has words for.
var refusals = map[string]string{
	directory.ReasonNotResendable: RefusedResend,
	directory.ReasonNoEmail:       RefusedAddress,
	directory.ReasonResendWait:    RefusedSoon,
	directory.ReasonOwnAccount:    RefusedOwn,
	directory.ReasonDeactivated:   RefusedDeactivated,
	directory.ReasonSuspended:     RefusedSuspended,
	directory.ReasonUnlockWait:    RefusedUnlock,

	directory.ReasonLockedByOperator: RefusedOperator,
	directory.ReasonUserChanged:      RefusedChanged,
	directory.ReasonActWait:          RefusedSoon,

	string(gatehouse.RefusedLast):       RefusedLast,
	string(gatehouse.RefusedDeleted):    RefusedDeleted,
	string(gatehouse.RefusedSignedIn):   RefusedNot,
	string(gatehouse.RefusedInvited):    RefusedNot,
	string(gatehouse.RefusedNotInvited): RefusedNot,
	string(gatehouse.RefusedHasFactor):  RefusedNot,
	string(gatehouse.RefusedAskedSoon):  RefusedNot,
}

// seeUser leads to the user's page, which says what was done, and what else.
func seeUser(w http.ResponseWriter, r *http.Request, to string, done ...string) error {
	if len(done) > 0 {
		to += "?" + url.Values{"done": done}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// UserAct asks before something is done to a user.
type UserAct struct {
	UserDetail
	Act gatehouse.UserAct
}

func (UserAct) Template() string          { return "user_act" }
func (v UserAct) Title(p *ui.Page) string { return p.T("act." + string(v.Act) + "_title") }

// Danger: the act takes something away.
func (v UserAct) Danger() bool {
	switch v.Act {
	case gatehouse.ActDeactivate, gatehouse.ActDelete, gatehouse.ActUnmakeAdmin, gatehouse.ActSignOut:
		return true
	}
	return false
}

// Seen is the version that the page shows, for the form.
func (v UserAct) Seen() string { return gatehouse.UserVersion(v.Of) }

// Effects are the effects of the act, one per line.
func (v UserAct) Effects(p *ui.Page) []template.HTML {
	site := v.On.in(p).Site
	var lines []template.HTML
	for i := 1; i <= 3; i++ {
		key := "act." + string(v.Act) + "_" + strconv.Itoa(i)
		if i == 1 && site.InvitesByLink && (v.Act == gatehouse.ActInvite || v.Act == gatehouse.ActInviteAgain) {
			key = "act." + string(v.Act) + "_link_1"
		}
		lines = append(lines, p.Rich(key, "address", ui.Name(v.Of.Email), "valid", site.Policy.TemporaryPassword))
	}
	more := func(is bool, key string) {
		if is {
			lines = append(lines, p.Rich("act."+key))
		}
	}
	locked := v.Offers(gatehouse.ActUnlock) || v.stands(gatehouse.BarrierOperator)
	sends := v.Act == gatehouse.ActPassword || v.Act == gatehouse.ActInvite || v.Act == gatehouse.ActInviteAgain
	more(v.Act == gatehouse.ActUnlock && v.Reachable && v.Usable(), "told")
	more(locked && (v.Act == gatehouse.ActActivate || sends), "lock_stays")
	more(sends && v.Of.Bouncing(), "bouncing")
	return lines
}

// ResetTwoFactor asks before a user's two-factor is reset, if no script has asked or the
// password is required.
type ResetTwoFactor struct {
	On Place
	Of gatehouse.User
}

func (ResetTwoFactor) Template() string        { return "user_reset" }
func (ResetTwoFactor) Title(p *ui.Page) string { return p.T("user.reset_title") }
func (v ResetTwoFactor) Path() string          { return v.On.PathOf(v.Of) }

// ResetDelay is as in UserDetail.
func (v ResetTwoFactor) ResetDelay(p *ui.Page) time.Duration { return v.On.in(p).resetDelay(v.Of) }
