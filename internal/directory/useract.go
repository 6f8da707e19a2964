package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// ReasonUserChanged: the user is no longer as the form showed. Kind Conflict.
	ReasonUserChanged = "user-changed"
	// ReasonActWait: each act is a mail, so there is a limit. Kind TooMany.
	ReasonActWait = "act-wait"
)

// refused turns the reason why an act does not apply into an error.
func refused(why gatehouse.ActRefusal) error {
	switch why {
	case "":
		return nil
	case gatehouse.RefusedByOperator:
		return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: string(why)}
	}
	return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: string(why)}
}

// Act does an act to a user; seen is the gatehouse.UserVersion that the form showed, or empty. What
// has been done already is no error.
//
// Errors: Forbidden, NotFound, Conflict with a gatehouse.ActRefusal or ReasonUserChanged, TooMany
// with ReasonUnlockWait, ReasonResendWait or ReasonActWait, Unavailable.
func (s *Service) Act(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, a gatehouse.UserAct, seen string) error {
	q, c := s.Store.Read(), c.For(gatehouse.OperatorActOf(a))
	u, err := user(ctx, q, st, c, id)
	if err != nil {
		return err
	}
	if !fits(st, a) {
		return errForbidden
	}
	why, err := s.allowed(ctx, q, st, c, a, u)
	if err != nil || why == gatehouse.RefusedAlready {
		return err
	}
	if err := refused(why); err != nil {
		return err
	}
	if err := s.spareAct(ctx, st, c, a, u); err != nil {
		return err
	}
	ready, err := s.prepare(ctx, st, a, u)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		if err != nil {
			return err
		}
		why, err := s.allowed(tx, tx.Queries, st, c, a, u)
		switch {
		case err != nil || why == gatehouse.RefusedAlready:
			return err
		case why != "":
			return refused(why)
		case seen != "" && seen != gatehouse.UserVersion(u):
			return refused(ReasonUserChanged)
		}
		return s.perform(tx, a, u, ready)
	})
}

// fits reports whether there is such an act at a site: operators are no administrators of a company,
// and are not deleted, because the event log names them.
func fits(st *site.Site, a gatehouse.UserAct) bool {
	return !st.ForOperators() || a != gatehouse.ActMakeAdmin && a != gatehouse.ActUnmakeAdmin && a != gatehouse.ActDelete && a != gatehouse.ActRestore
}

// spareAct takes an administrator's act from the limits: each is a mail to the user.
func (s *Service) spareAct(ctx context.Context, st *site.Site, c gatehouse.Caller, a gatehouse.UserAct, u gatehouse.User) error {
	switch a {
	case gatehouse.ActUnlock:
		return s.spare(ctx, c, ReasonUnlockWait, actLimits("unlock", st, u)...)
	case gatehouse.ActInvite, gatehouse.ActInviteAgain, gatehouse.ActPassword:
		return s.spare(ctx, c, ReasonResendWait, actLimits("resend", st, u)...)
	}
	return s.spare(ctx, c, ReasonActWait, actLimits("act", st, u)...)
}

// acting returns the user that an act is about, held until the transaction ends, after checking
// once more who acts: an administrator may have lost the role a moment ago, to the very user that
// this is about. Everything that may change who leads a company waits for the company first.
func (s *Service) acting(tx *act.Unit, id string) (gatehouse.User, error) {
	u, err := user(tx, tx.Queries, tx.Site, tx.Caller, id)
	if err != nil {
		return u, err
	}
	if _, err := tx.HoldCompany(tx, tx.Site.ID, u.CompanyID); err != nil {
		return u, err
	}
	if err := stillLeads(tx, u.CompanyID); err != nil {
		return u, err
	}
	u, err = tx.HoldUser(tx, tx.Site.ID, id)
	return visible(tx.Site, tx.Caller, u, err)
}

// stillLeads refuses a signed-in caller who is no longer an administrator of the company, or no longer
// an operator who may do this.
func stillLeads(tx *act.Unit, companyID string) error {
	if tx.Caller.SignedInOperator() {
		return tx.StillOperates()
	}
	if tx.Caller.Kind != gatehouse.SignedIn {
		return nil
	}
	admin, err := tx.User(tx, tx.Site.ID, tx.Caller.UserID)
	if err == nil && (!admin.Leads() || admin.CompanyID != companyID) {
		err = errForbidden
	}
	return err
}

// allowed returns why an act does not apply to a user; empty: it does. Unlocking does, also without
// a lock: it resets the counts.
func (s *Service) allowed(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, a gatehouse.UserAct, u gatehouse.User) (gatehouse.ActRefusal, error) {
	f, err := s.actFacts(ctx, q, st, c, u)
	why := gatehouse.ActAllowed(a, u, f, s.Now())
	if why == gatehouse.RefusedNotLocked {
		why = ""
	}
	return why, err
}

// actFacts are what gatehouse.ActAllowed needs to know about a user.
func (s *Service) actFacts(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, u gatehouse.User) (f gatehouse.ActFacts, err error) {
	f = gatehouse.ActFacts{Own: notOwn(c, u) != nil, Reachable: reachable(u), MayUnlockAll: operates(c)}
	if f.Locked = gatehouse.LockedNow(st.Policy.Lockout, u, s.Now()); !f.Locked {
		if f.Locked, err = s.devicesOrAnswersLocked(ctx, q, st, u); err != nil {
			return f, err
		}
	}
	asked, err := q.FactorAsk(ctx, st.ID, u.ID)
	if err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
		return f, err
	}
	f.Asked = asked.AskedAt
	// Support can always give the role back to a company's administrator, but not to an owner.
	if f.OthersLead = f.MayUnlockAll && !st.ForOperators(); !f.OthersLead && u.Leads() {
		others, err := q.Administrators(ctx, st.ID, u.CompanyID, u.ID, 1)
		f.OthersLead = len(others) > 0
		return f, err
	}
	return f, nil
}

func (s *Service) devicesOrAnswersLocked(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) (bool, error) {
	locked, err := devicesLocked(ctx, q, st, u.ID, s.Now())
	if err != nil || locked {
		return locked, err
	}
	answers, err := q.AttemptsOf(ctx, st.ID, gatehouse.AnswerSubject(u.ID))
	a := answers[""]
	return !a.LockedAt.IsZero() && !gatehouse.LockOver(st.Policy.AnswerLockout(), a, s.Now()), err
}

// prepared is what an act needs before its transaction, which must not wait for a hash.
type prepared struct {
	plain    string
	password gatehouse.Password
}

// prepare makes what perform needs for a user: a temporary password, for the acts that send one.
func (s *Service) prepare(ctx context.Context, st *site.Site, a gatehouse.UserAct, u gatehouse.User) (p prepared, err error) {
	switch a {
	case gatehouse.ActInvite, gatehouse.ActInviteAgain:
		if st.InvitesByLink {
			return p, nil
		}
		p.plain, p.password, err = s.temporary(ctx, st, gatehouse.PasswordInitial)
	case gatehouse.ActPassword:
		p.plain, p.password, err = s.temporary(ctx, st, originOfReset(u))
	}
	return p, err
}

// perform does an act that applies to a user (gatehouse.ActAllowed). The caller holds the user, and
// has checked who acts (acting, for one; stillLeads, for many).
func (s *Service) perform(tx *act.Unit, a gatehouse.UserAct, u gatehouse.User, p prepared) error {
	switch a {
	case gatehouse.ActInvite, gatehouse.ActInviteAgain:
		return s.invite(tx, u, p)
	case gatehouse.ActUnlock:
		return s.unlock(tx, u)
	case gatehouse.ActPassword:
		p.password.Origin = originOfReset(u) // the user may have signed in meanwhile
		return s.issue(tx, u, p, mail.PasswordForReset)
	case gatehouse.ActAskFactor:
		return s.askFactor(tx, u)
	case gatehouse.ActDeactivate:
		return s.deactivate(tx, u)
	case gatehouse.ActActivate:
		return s.activate(tx, u)
	case gatehouse.ActMakeAdmin:
		return s.setRole(tx, u, gatehouse.RoleAdmin)
	case gatehouse.ActUnmakeAdmin:
		return s.setRole(tx, u, gatehouse.RoleUser)
	case gatehouse.ActSignOut:
		return s.signOut(tx, u)
	case gatehouse.ActDelete:
		return s.remove(tx, u)
	case gatehouse.ActRestore:
		return s.restore(tx, u)
	}
	return refused(gatehouse.RefusedAlready)
}

// Allowed returns which acts apply to a user now, in display order.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Allowed(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) ([]gatehouse.UserAct, error) {
	q := s.Store.Read()
	u, err := user(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return nil, err
	}
	f, err := s.actFacts(ctx, q, st, c, u)
	var acts []gatehouse.UserAct
	for _, a := range gatehouse.UserActs {
		if c.For(gatehouse.OperatorActOf(a)).MayManage(st.ID, u.CompanyID) && fits(st, a) && gatehouse.ActAllowed(a, u, f, s.Now()) == "" {
			acts = append(acts, a)
		}
	}
	return acts, err
}

// askFactor asks one user for a second factor; TellFactorAsks writes the mail.
func (s *Service) askFactor(tx *act.Unit, u gatehouse.User) error {
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	return tx.PutFactorAsk(tx, gatehouse.FactorAsk{SiteID: u.SiteID, UserID: u.ID, AskedAt: tx.Now(), ByID: admin.ID, ByName: admin.DisplayName()})
}

// setRole makes a user an administrator, or takes that away.
func (s *Service) setRole(tx *act.Unit, u gatehouse.User, role gatehouse.Role) error {
	was := u
	u.Role = role
	if err := tx.UpdateProfile(tx, u, tx.Now()); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventUserChanged, gatehouse.ResultOK, changed(was, u)); err != nil {
		return err
	}
	return s.roleChanged(tx, u)
}

// roleChanged does what follows from another role: what it no longer reaches ends, the user is
// told, and so are the other administrators if there is one more. A stolen session must not make
// administrators in silence.
func (s *Service) roleChanged(tx *act.Unit, u gatehouse.User) error {
	if err := tx.EndClosedLoginsOf(tx, u, tx.Now()); err != nil {
		return err
	}
	if tx.Site.ForOperators() {
		return s.tellOperators(tx, u, mail.AccountRole)
	}
	what := mail.AccountUser
	if u.Role == gatehouse.RoleAdmin {
		what = mail.AccountAdministrator
	}
	if err := s.tellAct(tx, u, what, time.Time{}); err != nil || u.Role != gatehouse.RoleAdmin {
		return err
	}
	return s.announce(tx, u)
}

// mostAnnounced is how many administrators are told about a new one.
const mostAnnounced = 50

// announce tells the other administrators about a new one, except the one who made it.
func (s *Service) announce(tx *act.Unit, u gatehouse.User) error {
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	others, err := tx.Administrators(tx, tx.Site.ID, u.CompanyID, u.ID, mostAnnounced)
	for _, to := range others {
		if err == nil && to.ID != admin.ID {
			err = tx.Tell(to, mail.NewAdministrator{Username: u.Username, Name: u.DisplayName(), By: admin.DisplayName(), At: tx.Now()})
		}
	}
	return err
}

// tellAct tells a user what was done to the account.
func (s *Service) tellAct(tx *act.Unit, u gatehouse.User, what mail.AccountAct, until time.Time) error {
	if tx.Site.ForOperators() {
		return s.tellOperators(tx, u, what)
	}
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	return tx.Tell(u, mail.AccountChanged{Username: u.Username, What: what, By: admin.DisplayName(), At: tx.Now(), Until: until})
}
