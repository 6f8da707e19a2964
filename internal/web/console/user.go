package console

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// CorrectEmail gives a user another address, which codes go to from then on: who sits down
// at an open session must not lead a colleague's to a mailbox of theirs (ASVS 7.5.1).
func (c *Console) CorrectEmail(w http.ResponseWriter, r *http.Request) error {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(r.PostFormValue("email"))
	if typed == "" { // which would take the address away: here one is corrected
		return c.notCorrected(w, r, typed, fault("email", directory.FieldRequired))
	}
	if id != caller.UserID { // which is refused, with whatever password
		err = c.confirm(r)
	}
	var done directory.Correction
	if err == nil {
		done, err = c.Directory.CorrectEmail(r.Context(), caller, v.Site, id, typed)
	}
	if err == nil {
		return seeUser(w, r, id, corrected(done)...)
	}
	return c.notCorrected(w, r, typed, err)
}

// corrected are the words for what came of a correction: an administrator who does not know
// that a new password went out sends another.
func corrected(d directory.Correction) []string {
	switch {
	case d.Waits && d.Told:
		return []string{ui.UserAsked, ui.AlsoTold}
	case d.Waits:
		return []string{ui.UserAsked}
	case !d.Moved:
		return []string{ui.UserSame}
	}
	done := []string{ui.UserCorrected}
	if d.Told {
		done = append(done, ui.AlsoTold)
	}
	done = append(done, map[directory.Reissue]string{
		directory.ReissueSent: ui.AlsoPasswordSent, directory.ReissueEnded: ui.AlsoPasswordEnded, directory.ReissueNone: ui.AlsoNoPassword}[d.Password])
	if d.Notice {
		done = append(done, ui.AlsoNotice)
	}
	return done
}

func fault(field, code string) error {
	return &gatehouse.Error{Kind: gatehouse.Invalid, Code: "fields", Fields: []gatehouse.FieldError{{Field: field, Code: code}}}
}

// notCorrected shows the form again with what was typed.
func (c *Console) notCorrected(w http.ResponseWriter, r *http.Request, typed string, err error) error {
	var e *gatehouse.Error
	often := errors.As(err, &e) && e.Code == directory.CodeResendWait
	if e == nil || len(e.Fields) == 0 && !often {
		return err
	}
	view, failed := c.user(r)
	if failed != nil {
		return failed
	}
	view.Email = clip(typed)
	if often {
		return c.notDone(w, r, view, ui.RefusedOften, e)
	}
	for _, f := range e.Fields {
		if f.Code == directory.FieldOwnAccount {
			view.Refused = ui.RefusedOwn
			continue
		}
		if f.Field != "current_password" {
			f.Field = "email" // where it is the username, too, both are wrong in the same way
		}
		if len(view.Fields) == 0 {
			view.Fields = append(view.Fields, f)
		}
	}
	return c.refused(w, r, http.StatusUnprocessableEntity, view)
}

// refused shows the user's page under its own address: the one that was posted to has no
// page for the language menu to come back to.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, status int, view ui.UserDetail) error {
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: view.Path()}
	return c.page(w, r, status, view)
}

// EndTrust ends the trust in one of a user's browsers (B08).
func (c *Console) EndTrust(w http.ResponseWriter, r *http.Request) error {
	browser, err := pathID(r, "browser")
	if err != nil {
		return err
	}
	return c.do(w, r, ui.UserUntrusted, func(caller gatehouse.Caller, v *ui.Visit, id string) error {
		return c.Directory.EndTrust(r.Context(), caller, v.Site, id, browser)
	})
}

// acted is what the page says after an act. The acts' names are the last parts of their
// paths.
var acted = map[string]string{
	ui.ActUnlock: ui.UserUnlocked, ui.ActActivate: ui.UserActivated, ui.ActDeactivate: ui.UserDeactivated, ui.ActPassword: ui.UserPasswordSent,
}

// Asks makes the handler of the page that asks before an act.
func (c *Console) Asks(act string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return c.askAct(w, r, act, http.StatusOK, nil) }
}

func (c *Console) askAct(w http.ResponseWriter, r *http.Request, act string, status int, wrong []gatehouse.FieldError) error {
	v, caller, _ := on(r)
	view, err := c.user(r)
	switch {
	case err != nil:
		return err
	case view.Of.ID == caller.UserID:
		return c.notDone(w, r, view, ui.RefusedOwn, &gatehouse.Error{Kind: gatehouse.Conflict, Code: directory.CodeOwnAccount})
	case !view.Offers(act): // the page says how it is by now
		return seeUser(w, r, view.Of.ID)
	}
	return c.page(w, r, status, ui.UserAct{UserDetail: view, Act: act, AskPassword: c.stale(v), Fields: wrong})
}

// Does makes the handler of an act (A08). Each decides whether somebody can sign in, so
// that it wants a recent sign-in, or the password.
func (c *Console) Does(act string) func(http.ResponseWriter, *http.Request) error {
	method := c.Directory.Unlock
	switch act {
	case ui.ActActivate:
		method = c.Directory.Activate
	case ui.ActDeactivate:
		method = c.Directory.Deactivate
	case ui.ActPassword:
		method = c.Directory.SendPassword
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		err := c.do(w, r, acted[act], func(caller gatehouse.Caller, v *ui.Visit, id string) error {
			// Of a stranger, nobody says whether the password was right; of the own account
			// it is refused with whatever password.
			_, err := c.Directory.User(r.Context(), caller, v.Site, id)
			if err == nil && id != caller.UserID {
				err = c.confirm(r)
			}
			if err == nil {
				err = method(r.Context(), caller, v.Site, id)
			}
			return err
		})
		var e *gatehouse.Error
		if errors.As(err, &e) && len(e.Fields) > 0 {
			return c.askAct(w, r, act, http.StatusUnprocessableEntity, e.Fields)
		}
		return err
	}
}

// AskResetTwoFactor asks before ResetTwoFactor, where no script has asked.
func (c *Console) AskResetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	return c.askReset(w, r, http.StatusOK, nil)
}

func (c *Console) askReset(w http.ResponseWriter, r *http.Request, status int, wrong []gatehouse.FieldError) error {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	u, err := c.Directory.User(r.Context(), caller, v.Site, id)
	if err != nil {
		return err
	}
	return c.page(w, r, status, ui.ResetTwoFactor{Of: u, AskPassword: c.stale(v), Fields: wrong})
}

// ResetTwoFactor resets a user's second step (B19), which takes protection away, as
// switching it off for everybody does.
func (c *Console) ResetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	err := c.do(w, r, ui.UserReset, func(caller gatehouse.Caller, v *ui.Visit, id string) error {
		if id != caller.UserID {
			if err := c.confirm(r); err != nil {
				return err
			}
		}
		return c.Directory.ResetSecondStep(r.Context(), caller, v.Site, id)
	})
	var e *gatehouse.Error
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return c.askReset(w, r, http.StatusUnprocessableEntity, e.Fields)
	}
	return err
}

// Resend sends a message to a user again (C13).
func (c *Console) Resend(w http.ResponseWriter, r *http.Request) error {
	message, err := pathID(r, "message")
	if err != nil {
		return err
	}
	return c.do(w, r, ui.UserResent, func(caller gatehouse.Caller, v *ui.Visit, id string) error {
		return c.Directory.Resend(r.Context(), caller, v.Site, id, message)
	})
}

// do changes something about the user whom the path names, and shows the user's page with
// what was done, or why it was not.
func (c *Console) do(w http.ResponseWriter, r *http.Request, done string, change func(gatehouse.Caller, *ui.Visit, string) error) error {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err = change(caller, v, id); err == nil {
		return seeUser(w, r, id, done)
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || refusals[e.Code] == "" {
		return err
	}
	view, failed := c.user(r)
	if failed != nil {
		return failed
	}
	return c.notDone(w, r, view, refusals[e.Code], e)
}

// notDone says on the user's page why something was not done, and where waiting helps,
// how long to wait.
func (c *Console) notDone(w http.ResponseWriter, r *http.Request, view ui.UserDetail, why string, e *gatehouse.Error) error {
	view.Refused, view.Wait = why, e.RetryAfter
	if e.RetryAfter > 0 {
		retryAfter(w, e.RetryAfter)
	}
	return c.refused(w, r, ui.StatusOf(e), view)
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// refusals are what the page has words for.
var refusals = map[string]string{
	directory.CodeNotResendable: ui.RefusedResend,
	directory.CodeNoAddress:     ui.RefusedAddress,
	directory.CodeResendWait:    ui.RefusedSoon,
	directory.CodeOwnAccount:    ui.RefusedOwn,
	directory.CodeDeactivated:   ui.RefusedDeactivated,
	directory.CodeUnlockWait:    ui.RefusedUnlock,

	directory.CodeLockedByOperator: ui.RefusedOperator,
}

// seeUser leads to the user's page, which says what was done, and what besides.
func seeUser(w http.ResponseWriter, r *http.Request, id string, done ...string) error {
	to := ui.CompanyUsersPath + "/" + id
	if len(done) > 0 {
		to += "?" + url.Values{"done": done}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
