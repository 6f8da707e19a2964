package signin_test

import (
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// do does an act, and says what was replied.
func (p *player) do(a act, before modelState) (reply, error) {
	p.Clock.Add(time.Millisecond)
	tab := p.tabs[a.browser]
	switch a.verb {
	case rightPassword:
		return p.enterPassword(a.browser, p.password)
	case wrongPassword:
		return p.enterPassword(a.browser, wrong)
	case lastGuess:
		usual := p.st.Policy.Lockout
		p.st.Policy.Lockout.Attempts = 1
		defer func() { p.st.Policy.Lockout = usual }()
		return p.enterPassword(a.browser, wrong)
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
		return said(p.SignIn.SignOut(ctx, p.st, tab.session, tab.signIn, visitor(p.st)))
	case changeOwn, signOutOther, removeOther:
		return p.inSession(a)
	case endTrustIn:
		return said(p.desk.EndTrust(ctx, operator, p.st, p.user.ID, p.browserID(a.browser)))
	}
	return p.others(a.verb)
}

// said is the reply that goes with an error; the error is kept for who cannot place it.
func said(err error) (reply, error) {
	if err == nil {
		return fine, nil
	}
	switch code := codeOf(err); code {
	case signin.CodeFailed:
		return failed, nil
	case signin.CodeTemporaryExpired:
		return expired, nil
	case signin.CodeTemporaryUsed:
		return used, nil
	case signin.CodeCodesOver:
		return codesOver, nil
	case signin.CodeCodeWait:
		return waitFirst, nil
	case "no-sign-in":
		return noSignIn, nil
	case "moved":
		return movedOn, nil
	case "deactivated":
		return refusedNow, nil
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

// noCode is one of an earlier sign-in in this browser, used or not, or one that nobody
// was sent.
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
		out, err := p.SignIn.ChangePassword(ctx, p.st, signin.In{Session: tab.session, Browser: tab.browser, Caller: visitor(p.st)},
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
	if a.verb == signOutOther {
		return said(p.own.SignOutElsewhere(ctx, p.st, ses.Caller(visitor(p.st)), ses.Session))
	}
	return said(p.own.RemoveDevice(ctx, p.st, ses.Caller(visitor(p.st)), ses.Session, p.browserID(1-a.browser)))
}

func (p *player) browserID(i int8) string {
	p.t.Helper()
	id, err := p.Store.Read().Browser(ctx, p.st.ID, p.user.ID, secret.HashToken(p.tabs[i].browser), time.Time{})
	p.must(err)
	return id
}

func (p *player) others(v verb) (reply, error) {
	u := p.user
	switch v {
	case switchCompany:
		firm, err := p.Store.Read().Company(ctx, u.SiteID, u.CompanyID)
		p.must(err)
		p.write(func(q store.Queries) error {
			_, err := q.SetTwoFactor(ctx, u.SiteID, u.CompanyID, !firm.TwoFactor, p.Clock.Now())
			return err
		})
	case switchOwn:
		own := !p.User(u).OwnTwoFactor
		p.write(func(q store.Queries) error { return q.SetOwnTwoFactor(ctx, u.SiteID, u.ID, own) })
	case newTerms:
		p.st.TermsVersion = p.word()
		p.st.Terms = []site.Terms{{Version: p.st.TermsVersion, Texts: map[string]string{"en-GB": "1. " + p.st.TermsVersion}}}
	case resetPassword:
		if _, err := p.desk.ResetPassword(ctx, operator, p.st, u.ID); err != nil {
			return said(err)
		}
		p.Outbox.Hurry()
		p.password = p.mailed(temporaryPassword.FindString)
	case resetSecondStep:
		return said(p.desk.ResetSecondStep(ctx, operator, p.st, u.ID))
	case lockAccount:
		p.write(func(q store.Queries) error {
			if _, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByOperator, p.Clock.Now()); err != nil {
				return err
			}
			return q.EndAccess(ctx, u.SiteID, u.ID)
		})
	case unlockAccount:
		return said(p.desk.Unlock(ctx, operator, p.st, u.ID))
	case deactivate:
		return said(p.desk.Deactivate(ctx, operator, p.st, u.ID))
	case activate:
		return said(p.desk.Activate(ctx, operator, p.st, u.ID))
	case hourPasses, weekPasses:
		p.Clock.Add(map[verb]time.Duration{hourPasses: anHour, weekPasses: aWeek}[v])
		p.usedUp()
		for _, tab := range p.tabs {
			tab.late, tab.codes = append(tab.codes, tab.late...), nil
		}
	}
	return fine, nil
}
