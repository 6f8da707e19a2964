package demo

import (
	"cmp"
	"math/rand/v2"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// scene is everything that a site begins with.
type scene struct {
	site *site.Site
	cast cast

	now    time.Time
	dice   *rand.Rand
	hashes map[string]string // by password

	companies []gatehouse.Company
	users     []*gatehouse.User
	events    []gatehouse.Event
	letters   []letter
	// challenges are the stored ones, by user ID.
	challenges map[string]challenge
	// apps are the authenticator apps that users begin with, by user ID.
	apps map[string]gatehouse.Factor
	// admins are the administrators who act for a company, by its ID.
	admins map[string]*gatehouse.User
}

// letter is a mail that is on its way.
type letter struct {
	to      mail.Recipient
	message mail.Message
}

const day = 24 * time.Hour

// play makes up all of it. It needs no database, so that the transaction is short.
func (sc *scene) play(hashes map[string]string, now time.Time) {
	sc.now, sc.hashes = now, hashes
	sc.dice = rand.New(rand.NewPCG(10482, 3195)) // the same people at every start
	sc.admins, sc.challenges, sc.apps = map[string]*gatehouse.User{}, map[string]challenge{}, map[string]gatehouse.Factor{}
	names := newNamer(sc.site, sc.cast, sc.dice)
	listed := map[*gatehouse.User]person{}
	for _, f := range sc.cast.companies {
		c := sc.company(f)
		n := 0
		for i, p := range sc.cast.people {
			if p.company == f.account {
				listed[sc.listed(c, p, i)] = p
				n++
			}
		}
		for i := range f.users - n {
			sc.unlisted(c, names.next(f), i, f.users)
		}
	}
	for _, u := range sc.users {
		if p, ok := listed[u]; ok {
			sc.tell(u, p)
		}
	}
}

func (sc *scene) company(f firm) gatehouse.Company {
	created := sc.now.Add(-sc.upTo(6*365*day) - 400*day)
	c := gatehouse.Company{ID: store.NewID("com", created), SiteID: sc.site.ID, Name: f.name, AccountNumber: f.account,
		TwoFactor: f.twoFactor, Factor: f.factor, CreatedAt: created}
	if f.inDays > 0 {
		year, month, date := sc.now.In(sc.site.Zone).Date()
		c.FactorBy = time.Date(year, month, date+f.inDays+1, 0, 0, 0, 0, sc.site.Zone) // the last day counts until its end
	}
	sc.companies = append(sc.companies, c)
	return c
}

// listed adds a user that the tour lists.
func (sc *scene) listed(c gatehouse.Company, p person, n int) *gatehouse.User {
	u := sc.add(c, gatehouse.User{Username: p.username, FirstName: p.first, LastName: p.last, Email: p.email, Role: p.role})
	u.EmailConfirmed = u.Email != "" && len(sc.users)%5 != 4
	sc.set(u, p.state, cmp.Or(p.hash, sc.hashes[p.password]))
	if age := sc.site.Policy.Password.MaxAge; p.soon && age > 0 {
		u.Password.SetAt = sc.now.Add(6*day - age)
	}
	sc.asks(u, p, n)
	if p.state == StateApp {
		sc.apps[u.ID] = appOf(u)
	}
	if p.role == admin && (p.state == StateActive || p.state == StateApp) {
		sc.admins[c.ID] = u
	}
	return u
}

// asks stores the challenge question of a listed user.
func (sc *scene) asks(u *gatehouse.User, p person, n int) {
	if u.ChallengeSet {
		sc.challenges[u.ID] = p.challenge(n)
	}
}

// unlisted adds the i-th of the users who fill up a company.
func (sc *scene) unlisted(c gatehouse.Company, name gatehouse.User, i, of int) {
	name.Role = user
	if i == 0 || i%60 == 59 {
		name.Role = admin
	}
	state := unlistedState(i)
	if state == StateNoEmail {
		if sc.site.SignInWith == gatehouse.WithEmail {
			state = StateActive
		} else {
			name.Email = ""
		}
	}
	u := sc.add(c, name)
	u.EmailConfirmed = u.Email != "" && sc.dice.IntN(100) < 85
	sc.set(u, state, sc.hashes[sharedPassword(sc.site)])
	sc.asks(u, person{}, i)
	if i == 0 && sc.admins[c.ID] == nil {
		sc.admins[c.ID] = u
	}
	if of <= 200 && !u.LastSignInAt.IsZero() {
		sc.signIn(u, u.LastSignInAt, sc.desk(u), gatehouse.ResultOK, 1)
	}
}

// unlistedState distributes the states as in a company that is some years old. The
// first is always active.
func unlistedState(i int) State {
	switch {
	case i%40 == 11:
		return StateDeactivated
	case i%50 == 7:
		return StateInvited
	case i%25 == 3:
		return StateNoEmail
	case i%12 == 5:
		return StateNeverSignedIn
	case i%333 == 100:
		return StateLocked
	}
	return StateActive
}

// add adds a user in the initial state.
func (sc *scene) add(c gatehouse.Company, u gatehouse.User) *gatehouse.User {
	u.CreatedAt = sc.now.Add(-20*day - sc.upTo(sc.now.Sub(c.CreatedAt)-20*day))
	u.ID = store.NewID("usr", u.CreatedAt)
	u.SiteID, u.CompanyID, u.State = c.SiteID, c.ID, gatehouse.Active
	sc.users = append(sc.users, &u)
	return &u
}

// set brings a user into a state.
func (sc *scene) set(u *gatehouse.User, state State, hash string) {
	u.Password = gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: u.CreatedAt}
	if age := sc.site.Policy.Password.MaxAge; age > 0 && sc.now.Sub(u.CreatedAt) > age/3 {
		u.Password.SetAt = sc.now.Add(-age / 3)
	}
	switch state {
	case StateNeverSignedIn:
		return
	case StateInvited:
		u.State = gatehouse.Invited
		u.CreatedAt = sc.justNow()
		u.ID = store.NewID("usr", u.CreatedAt)
		sc.temporary(u, gatehouse.PasswordInitial, u.CreatedAt)
		return
	}
	sc.accepted(u)
	if state != StateLegacy {
		sc.visited(u)
	}
	switch state {
	case StateTemporary:
		sc.temporary(u, gatehouse.PasswordRecovery, sc.justNow())
	case StateExpired:
		sc.expire(u)
	case StateLocked:
		u.LockedAt, u.LockReason = sc.now.Add(-30*time.Minute-sc.upTo(time.Hour)), gatehouse.LockedByAttempts
	case StateDeactivated:
		u.State = gatehouse.Deactivated
	}
}

// accepted: everything that a sign-in can ask for has been answered.
func (sc *scene) accepted(u *gatehouse.User) {
	u.ChallengeSet = sc.site.Recovery == gatehouse.RecoverByChallenge
	u.TermsAccepted = sc.site.TermsVersion
	if sc.site.AsksSoleUser {
		// As gatehouse.SoleUserDue requires.
		u.SoleUserFor = cmp.Or(sc.site.TermsVersion, "once")
		u.SoleUser = u.FirstName != ""
	}
}

// visited: signed in for the first time soon after the account was made, and last
// some hours to weeks ago.
func (sc *scene) visited(u *gatehouse.User) {
	u.FirstSignInAt = u.CreatedAt.Add(time.Hour + sc.upTo(5*day))
	u.LastSignInAt = sc.now.Add(-5*time.Hour - sc.upTo(14*day))
	u.Password.SetAt = u.FirstSignInAt
	if age := sc.site.Policy.Password.MaxAge; age > 0 {
		u.Password.SetAt = sc.now.Add(-min(age/2, sc.now.Sub(u.FirstSignInAt)))
	}
}

func (sc *scene) temporary(u *gatehouse.User, origin gatehouse.PasswordOrigin, at time.Time) {
	u.Password.Origin, u.Password.SetAt = origin, at
	u.Password.ExpiresAt = at.Add(sc.site.Policy.TemporaryPassword)
}

// justNow is so recent that nearly all the time of a temporary password is left.
func (sc *scene) justNow() time.Time {
	return sc.now.Add(-time.Minute - sc.upTo(sc.site.Policy.TemporaryPassword/12))
}

// expire makes a password expire: a chosen one if the site has such a limit, else a
// temporary one.
func (sc *scene) expire(u *gatehouse.User) {
	if age := sc.site.Policy.Password.MaxAge; age > 0 {
		u.Password.SetAt = sc.now.Add(-age - 9*day)
		return
	}
	sc.temporary(u, gatehouse.PasswordRecovery, sc.now.Add(-sc.site.Policy.TemporaryPassword-2*day))
}

// upTo is a time span from 0 to d.
func (sc *scene) upTo(d time.Duration) time.Duration {
	return time.Duration(sc.dice.Int64N(int64(max(d, 1))))
}

// event adds a line to the event log.
func (sc *scene) event(u *gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, at time.Time, by gatehouse.Caller, detail map[string]string) {
	sc.events = append(sc.events, gatehouse.Event{
		ID: store.NewID("evt", at), SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, At: at, Kind: kind, Result: result,
		ActorKind: by.Kind, ActorID: by.UserID, ActorName: by.Name, IPAddress: by.IPAddress, UserAgent: by.UserAgent,
		Reference: secret.NewReference(), Detail: detail,
	})
}
