package demo

import (
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/signin"
)

// tell adds what has happened to a listed user, up to the account's current state, and
// the mails about it.
func (sc *scene) tell(u *gatehouse.User, p person) {
	boss, office := sc.admins[u.CompanyID], sc.office(u.CompanyID)
	if boss == nil { // nobody else is there
		boss = u
	}
	byBoss := caller(boss, office)
	system := gatehouse.Caller{Kind: gatehouse.System, Name: "import"}
	switch p.state {
	case StateInvited:
		sc.event(u, gatehouse.EventUserCreated, gatehouse.ResultOK, u.CreatedAt, byBoss, nil)
	case StateLegacy, StateNeverSignedIn:
		sc.event(u, gatehouse.EventUserImported, gatehouse.ResultOK, u.CreatedAt, system, nil)
	default:
		sc.event(u, gatehouse.EventUserCreated, gatehouse.ResultOK, u.CreatedAt, system, nil)
		sc.visits(u)
	}
	switch p.state {
	case StateTemporary:
		by := byBoss
		if p.forgot {
			by = gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: office.address, UserAgent: office.device}
		}
		sc.event(u, gatehouse.EventPasswordReset, gatehouse.ResultOK, u.Password.SetAt, by, nil)
	case StateLocked:
		sc.guesses(u, office)
	case StateApp:
		sc.event(u, gatehouse.EventFactorAdded, gatehouse.ResultOK, u.FirstSignInAt, caller(u, office), signin.FactorDetail(sc.apps[u.ID]))
	case StateDeactivated:
		sc.event(u, gatehouse.EventUserDeactivated, gatehouse.ResultOK, u.LastSignInAt.Add(2*time.Hour), byBoss, nil)
	}
	if p.mailed || p.bounced {
		sc.letters = append(sc.letters, letter{sc.recipient(u), sc.message(u, p, boss, office)})
	}
}

func caller(u *gatehouse.User, at place) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: u.ID, Name: u.Username, IPAddress: at.address, UserAgent: at.device}
}

// visits are the sign-ins of the last weeks, the last one being the account's last,
// from the desk and now and then from elsewhere.
func (sc *scene) visits(u *gatehouse.User) {
	desk, elsewhere := sc.desk(u), sc.elsewhere()
	at := u.LastSignInAt.Add(-time.Duration(2+sc.dice.IntN(4)) * 3 * day)
	for attempt := 1; at.Before(u.LastSignInAt); attempt++ {
		from := desk
		if attempt%3 == 2 {
			from = elsewhere
		}
		if attempt%4 == 3 {
			sc.signIn(u, at.Add(-time.Minute), from, gatehouse.ResultWrong, attempt)
		}
		if at.After(u.FirstSignInAt) {
			sc.signIn(u, at, from, gatehouse.ResultOK, attempt+attempt/4)
			sc.event(u, gatehouse.EventSignOut, gatehouse.ResultOK, at.Add(10*time.Minute+sc.upTo(time.Hour)), caller(u, from), nil)
		}
		at = at.Add(2*day + sc.upTo(day))
	}
	sc.signIn(u, u.LastSignInAt, desk, gatehouse.ResultOK, 1)
}

// guesses are the wrong attempts that locked an account.
func (sc *scene) guesses(u *gatehouse.User, from place) {
	wrong := sc.site.Policy.Lockout.Attempts
	for i := range wrong {
		sc.signIn(u, u.LockedAt.Add(time.Duration(i-wrong+1)*9*time.Second), from, gatehouse.ResultWrong, i+1)
	}
	by := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: from.address, UserAgent: from.device}
	sc.event(u, gatehouse.EventLocked, gatehouse.ResultOK, u.LockedAt.Add(time.Millisecond), by,
		map[string]string{"scope": "account", "reason": string(gatehouse.LockedByAttempts)})
}

func (sc *scene) signIn(u *gatehouse.User, at time.Time, from place, result gatehouse.EventResult, attempt int) {
	by := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: from.address, UserAgent: from.device}
	sc.event(u, gatehouse.EventSignIn, result, at, by, map[string]string{"attempt": strconv.Itoa(attempt)})
}

func (sc *scene) recipient(u *gatehouse.User) mail.Recipient {
	return mail.To(sc.site, *u)
}

// message is the mail that went with an account's state.
func (sc *scene) message(u *gatehouse.User, p person, boss *gatehouse.User, from place) mail.Message {
	if p.state == StateLocked {
		return mail.Locked{Lock: mail.Lock{Username: u.Username, Attempts: sc.site.Policy.Lockout.Attempts, At: u.LockedAt,
			IPAddress: from.address, UnlockAfter: sc.site.Policy.Lockout.UnlockAfter, Administrator: boss.DisplayName()}}
	}
	m := mail.TemporaryPassword{Username: u.Username, Password: p.password, ExpiresAt: u.Password.ExpiresAt}
	switch {
	case p.forgot:
		m.For, m.At, m.IPAddress = mail.PasswordForRecovery, u.Password.SetAt, from.address
		return m
	case p.state == StateInvited:
		m.For = mail.PasswordForAccount
	default:
		m.For = mail.PasswordForReset
	}
	m.Name, m.Company = boss.DisplayName(), sc.cast.firm(p.company).name
	return m
}
