package signin_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// do performs an act, and returns the reply.
func (p *player) do(a act, before modelState) (reply, error) {
	p.Clock.Add(time.Millisecond)
	tab := p.tabs[a.browser]
	switch a.verb {
	case rightPassword:
		return p.enterPassword(a.browser, p.password)
	case wrongPassword:
		return p.enterPassword(a.browser, wrong)
	case lastGuess:
		defer p.oneTooMany()()
		return p.enterPassword(a.browser, wrong)
	case colleague:
		return p.shares(tab)
	case sendCode:
		return p.send(a.browser, before)
	case enterNewest, enterNewestTrusting, enterOlder, enterLate, enterOthers, enterWrong:
		return p.enterCode(a)
	case choose:
		next := p.word()
		out, err := p.SignIn.ChoosePassword(ctx, p.st, p.at(a.browser), signin.NewPassword{Old: p.password, New: next, Repeat: next})
		if err == nil {
			p.password = next
		}
		return p.led(a.browser, out, err)
	case accept:
		out, err := p.SignIn.AcceptTerms(ctx, p.st, p.at(a.browser), yesForm(p.st))
		return p.led(a.browser, out, err)
	case signOut:
		_, err := p.SignIn.SignOut(ctx, p.st, visitor(p.st), tab.session, tab.signIn)
		return said(err)
	case changeOwn, signOutOther, removeOther, setOwnTwoFactor:
		return p.inSession(a)
	case forgot, answerRight, answerWrong, askLink, followLink:
		return p.recovers(a.verb)
	case endTrustIn:
		return said(p.desk.EndTrust(ctx, p.st, operator, p.user.ID, p.deviceID(a.browser)))
	}
	return p.others(a.verb)
}

// oneTooMany makes the next wrong password one too many.
func (p *player) oneTooMany() (back func()) {
	usual := p.st.Policy.Lockout
	p.st.Policy.Lockout.Attempts = 1
	return func() { p.st.Policy.Lockout = usual }
}

// shares is another user of the company on this browser.
func (p *player) shares(tab *playerTab) (reply, error) {
	p.n++
	v := p.addUser(fmt.Sprint(p.user.Username, "-colleague-", p.n), func(u *gatehouse.User) { u.CompanyID, u.TermsAccepted = p.user.CompanyID, p.st.TermsVersion })
	out, err := p.SignIn.Password(ctx, p.st, signin.PasswordRequest{Username: v.Username, Password: first, Device: tab.browser, Caller: visitor(p.st)})
	if err != nil {
		return said(err)
	}
	how := alsoIn
	if out.Step == gatehouse.StepCode {
		how = alsoAsked
		code := mailedCode.FindString(p.Mail.Wait(p.t, v.Email).Text)
		at := signin.At{SignIn: out.SignIn, Device: tab.browser, Caller: visitor(p.st)}
		if out, err = p.SignIn.EnterCode(ctx, p.st, at, signin.CodeForm{Code: code, Trust: true}); err != nil {
			return said(err)
		}
	}
	if out.Step != gatehouse.StepDone {
		return "", fmt.Errorf("the colleague is led to %q", out.Step)
	}
	tab.browser = out.Device // which identifies both from now on
	return how, nil
}

// recovers does an act about a forgotten password.
func (p *player) recovers(v verb) (reply, error) {
	switch v {
	case forgot:
		token, err := p.SignIn.BeginRecovery(ctx, p.st, signin.RecoveryRequest{Username: p.user.Username, Email: p.user.Email, Caller: visitor(p.st)})
		p.question, p.link = token, ""              // the user continues with whatever was begun last
		p.write(func(q store.Queries) (err error) { // the answers that the model does not cover
			for range gatehouse.RecoveryTries - 1 {
				_, err = q.CountAnswer(ctx, p.st.ID, secret.HashToken(token), gatehouse.RecoverByChallenge, gatehouse.RecoveryTries, p.Clock.Now())
			}
			return err
		})
		return said(err)
	case answerRight:
		err := p.SignIn.AnswerChallenge(ctx, p.st, visitor(p.st), p.question, answer)
		if err == nil {
			p.password = p.mailed(temporaryPassword.FindString)
		}
		return said(err)
	case answerWrong:
		return said(p.SignIn.AnswerChallenge(ctx, p.st, visitor(p.st), p.question, "Rex"))
	case askLink:
		return p.asksLink()
	}
	next := p.word()
	err := p.SignIn.ResetPassword(ctx, p.st, visitor(p.st), p.link, signin.NewPassword{New: next, Repeat: next})
	if err == nil {
		p.password = next
	}
	return said(err)
}

// asksLink hangs up when the mail is there: the response takes equally long for everybody.
func (p *player) asksLink() (reply, error) {
	asking, hangUp := context.WithCancel(ctx)
	defer hangUp()
	answer := make(chan error, 1)
	go func() { answer <- p.SignIn.SendResetLink(asking, p.st, visitor(p.st), p.user.Email) }()
	p.question, p.link = "", p.mailed(func(text string) string {
		_, rest, _ := strings.Cut(text, "/reset-password?token=")
		token, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(token)
	})
	hangUp()
	return said(<-answer)
}

// said returns the reply for an error; it returns unknown errors unchanged.
func said(err error) (reply, error) {
	if err == nil {
		return fine, nil
	}
	switch code := reasonOf(err); code {
	case signin.ReasonFailed:
		return failed, nil
	case signin.ReasonTemporaryExpired:
		return expired, nil
	case signin.ReasonTemporaryUsed:
		return used, nil
	case signin.ReasonCodesOver:
		return codesOver, nil
	case signin.ReasonCodeWait:
		return waitFirst, nil
	case "no-sign-in":
		return noSignIn, nil
	case "moved":
		return movedOn, nil
	case "deactivated":
		return refusedNow, nil
	case signin.ReasonRecoveryOver, signin.ReasonLinkOver:
		return over, nil
	}
	switch faultsOf(err) {
	case fmt.Sprint("code code-wrong ", modelTries-1):
		return wrongCode, nil
	case fmt.Sprint("code code-expired ", modelTries-1):
		return lateCode, nil
	}
	return "", err
}

func (p *player) enterCode(a act) (reply, error) {
	tab, other := p.tabs[a.browser], p.tabs[1-a.browser]
	var code string
	switch a.verb {
	case enterNewest, enterNewestTrusting:
		code = tab.codes[0]
	case enterOlder:
		code = tab.codes[len(tab.codes)-1]
	case enterLate:
		code = tab.late[0]
	case enterOthers:
		code = other.codes[0]
	case enterWrong:
		code = p.noCode(tab)
	}
	// Typed as people do (B06).
	out, err := p.SignIn.EnterCode(ctx, p.st, p.at(a.browser), signin.CodeForm{Code: code[:3] + " " + code[3:], Trust: a.verb == enterNewestTrusting})
	if err == nil {
		tab.past = append(tab.past, tab.codes...)
		tab.codes, tab.late = nil, nil
	}
	return p.led(a.browser, out, err)
}

// noCode returns a code of an earlier sign-in in this browser, used or not, or one that was sent
// to nobody.
func (p *player) noCode(tab *playerTab) string {
	p.n++
	if len(tab.past) > 0 && p.n%2 == 0 {
		return tab.past[len(tab.past)-1]
	}
	for n := p.n; ; n++ {
		if code := fmt.Sprintf("%06d", n); !p.told[code] {
			return code
		}
	}
}

func (p *player) inSession(a act) (reply, error) {
	tab := p.tabs[a.browser]
	if a.verb == changeOwn {
		next := p.word()
		out, err := p.SignIn.ChangePassword(ctx, p.st, signin.In{Session: tab.session, Device: tab.browser, Caller: visitor(p.st)},
			signin.NewPassword{Old: p.password, New: next, Repeat: next})
		if err == nil {
			p.password, tab.session = next, out.Session
		}
		return said(err)
	}
	ses, err := p.SignIn.Session(ctx, p.st, tab.session)
	if err != nil {
		return "", err
	}
	if a.verb == setOwnTwoFactor {
		return p.chooses(signin.In{Session: tab.session, Device: tab.browser, Caller: ses.Caller(visitor(p.st))}, ses.Session)
	}
	if a.verb == signOutOther {
		return said(p.own.SignOutElsewhere(ctx, p.st, ses.Caller(visitor(p.st)), ses.Session))
	}
	return said(p.own.RemoveDevice(ctx, p.st, ses.Caller(visitor(p.st)), ses.Session, p.deviceID(1-a.browser)))
}

// chooses switches the user's own choice of codes. The walks are not about the hourly limit of
// that.
func (p *player) chooses(in signin.In, here gatehouse.Session) (reply, error) {
	in.Caller.Proved = true // the model has no clock for that
	form := account.SecurityForm{Own: map[bool]string{true: "off", false: "on"}[p.User(p.user).OwnTwoFactor]}
	if err := p.own.SaveSecurity(ctx, p.st, in, here, form); err != nil {
		return said(err)
	}
	p.must(p.Store.GiveBack(ctx, store.Limit{Key: p.st.ID + ":own-two-factor:" + p.user.ID, Every: time.Hour / 5, Burst: 5}))
	return fine, nil
}

func (p *player) deviceID(i int8) string {
	p.t.Helper()
	id, err := p.Store.Read().Device(ctx, p.st.ID, p.user.ID, secret.HashToken(p.tabs[i].browser), time.Time{})
	p.must(err)
	return id
}

func (p *player) others(v verb) (reply, error) {
	u := p.user
	switch v {
	case setCompanyTwoFactor:
		firm, err := p.Store.Read().Company(ctx, u.SiteID, u.CompanyID)
		p.must(err)
		_, err = p.desk.SetTwoFactor(ctx, p.st, operator, u.CompanyID, gatehouse.EmailCodes(!firm.TwoFactor), "")
		return said(err)
	case newTerms:
		p.st.TermsVersion = p.word()
		p.st.Terms = []site.Terms{{Version: p.st.TermsVersion, Texts: map[string]string{"en-GB": "1. " + p.st.TermsVersion}}}
	case resetPassword:
		if _, err := p.desk.ResetPassword(ctx, p.st, operator, u.ID); err != nil {
			return said(err)
		}
		p.Outbox.Hurry()
		p.password = p.mailed(temporaryPassword.FindString)
	case strangersGuess:
		defer p.oneTooMany()()
		_, err := p.SignIn.Password(ctx, p.st, signin.PasswordRequest{Username: u.Username, Password: wrong, Caller: visitor(p.st)})
		return said(err)
	case correctEmail:
		return p.corrects()
	case resetTwoFactor:
		return said(p.desk.ResetTwoFactor(ctx, p.st, operator, u.ID))
	case lockAccount:
		p.write(func(q store.Queries) error {
			if _, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByOperator, p.Clock.Now()); err != nil {
				return err
			}
			return endLocked(ctx, q, u)
		})
	case unlockAccount:
		return said(p.desk.Unlock(ctx, p.st, operator, u.ID))
	case deactivate:
		return said(p.desk.Deactivate(ctx, p.st, operator, u.ID))
	case activate:
		return said(p.desk.Activate(ctx, p.st, operator, u.ID))
	case hourPasses, weekPasses:
		p.Clock.Add(map[verb]time.Duration{hourPasses: anHour, weekPasses: aWeek}[v])
		p.usedUp()
		for _, tab := range p.tabs {
			tab.late, tab.codes = append(tab.codes, tab.late...), nil
		}
	}
	return fine, nil
}

// corrects has an administrator correct the address. The walks are not about confirming the new
// one, which the next code does.
func (p *player) corrects() (reply, error) {
	fresh := fmt.Sprintf("%s.%s@northgate.example", p.user.Username, p.word())
	if _, err := p.desk.UpdateUser(ctx, p.st, operator, p.user.ID, directory.UserChange{Email: &fresh}); err != nil {
		return said(err)
	}
	p.Outbox.Hurry()
	p.user = p.User(p.user)
	if p.user.Password.Temporary() && p.user.State != gatehouse.Deactivated {
		p.password = p.mailed(temporaryPassword.FindString)
	}
	p.write(func(q store.Queries) error {
		_, err := q.ProveEmail(ctx, p.user.SiteID, p.user.ID, fresh)
		return err
	})
	return fine, nil
}
