package directory

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// ReasonPolicyChanged: the company's policy, or its site's, is another one than when the preview
	// was shown. Kind Conflict.
	ReasonPolicyChanged = "policy-changed"
	// ReasonPolicyOften: the administrators would be told too often. Kind TooMany.
	ReasonPolicyOften = "policy-often"
	// FieldPolicyChoice: no value that a company of this site can choose.
	FieldPolicyChoice = "policy-choice"
)

// PolicyState is what a company requires beyond its site, and who changed it last.
type PolicyState struct {
	gatehouse.CompanyPolicy
	// ChangedAt is zero if nobody ever did; ChangedBy is empty if it was the operator, or somebody
	// who is gone.
	ChangedAt time.Time
	ChangedBy string
}

// CompanyPolicy returns what a company requires beyond its site.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) CompanyPolicy(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (p PolicyState, err error) {
	q := s.Store.Read()
	firm, err := company(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return p, err
	}
	p.CompanyPolicy = firm.Policy
	at, by, err := q.CompanyPolicyChange(ctx, st.ID, id)
	if err != nil || by == "" {
		p.ChangedAt = at
		return p, err
	}
	u, err := s.starter(ctx, q, gatehouse.Run{SiteID: st.ID, CompanyID: id, StartedBy: by})
	if u.ID != "" {
		p.ChangedBy = u.DisplayName()
	}
	p.ChangedAt = at
	return p, err
}

// PolicyPreview is what a change of a company's policy would do now.
type PolicyPreview struct {
	// Was is what the company requires now, and Chosen what it would require.
	Was, Chosen gatehouse.CompanyPolicy
	// Sessions end at once; Devices lose their trust.
	Sessions, Devices Affected
	// Expired users have a password that is older than allowed from now on.
	Expired Affected
	// Passwords are of users who have chosen one that may be too short from now on; nobody if no
	// longer ones are required.
	Passwords Affected
	// Agreed identifies the change; see gatehouse.Policy.Agreed.
	Agreed string
}

// Affected is what a change of a policy reaches of a company's users.
type Affected struct {
	// Count is how many there are, and Users how many users have them.
	Count, Users int
	// First are the first of these users, in the order of their names.
	First []gatehouse.User
}

// namedOfAffected is how many users a preview names.
const namedOfAffected = 20

// More is how many users there are besides the first.
func (a Affected) More() int { return a.Users - len(a.First) }

// PreviewPolicy computes what a change of a company's policy would do now.
//
// Errors: Invalid with the settings' names as fields; Forbidden, NotFound, Unavailable.
func (s *Service) PreviewPolicy(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, chosen gatehouse.CompanyPolicy) (p PolicyPreview, err error) {
	q, now := s.Store.Read(), s.Now()
	firm, err := company(ctx, q, st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return p, err
	}
	if err := checkPolicy(st, firm.Policy, chosen).Err(); err != nil {
		return p, err
	}
	p = PolicyPreview{Was: firm.Policy, Chosen: chosen, Agreed: st.Policy.Agreed(firm.Policy, chosen)}
	was, then := st.Policy.For(firm.Policy), st.Policy.For(chosen)
	reach := func(of *Affected, is bool, find func() (map[string]int, error)) {
		if err == nil && is {
			*of, err = s.affected(ctx, st, firm, find)
		}
	}
	reach(&p.Sessions, then.Session.Idle < was.Session.Idle || then.Session.Absolute < was.Session.Absolute, func() (map[string]int, error) {
		return q.SessionsOver(ctx, st.ID, id, was.Session, then.Session, now)
	})
	reach(&p.Devices, then.TrustedDevice < was.TrustedDevice, func() (map[string]int, error) {
		return q.TrustOver(ctx, st.ID, id, later(firm.TwoFactorAt, now.Add(-was.TrustedDevice)), now.Add(-then.TrustedDevice))
	})
	reach(&p.Expired, then.Password.MaxAge < was.Password.MaxAge, func() (map[string]int, error) {
		return q.PasswordsSet(ctx, st.ID, id, now.Add(-was.Password.MaxAge), now.Add(-then.Password.MaxAge))
	})
	reach(&p.Passwords, then.Password.MinLength > was.Password.MinLength, func() (map[string]int, error) {
		return q.PasswordsSet(ctx, st.ID, id, time.Time{}, now)
	})
	return p, err
}

// affected adds up what users have, and names the first of them.
func (s *Service) affected(ctx context.Context, st *site.Site, firm gatehouse.Company, find func() (map[string]int, error)) (a Affected, err error) {
	numbers, err := find()
	if err != nil || len(numbers) == 0 {
		return a, err
	}
	a.Users = len(numbers)
	for _, n := range numbers {
		a.Count += n
	}
	var first []string
	err = s.withRoll(ctx, st, firm, func(r *roll) {
		for _, one := range r.people {
			if numbers[one.id] > 0 && len(first) < namedOfAffected {
				first = append(first, one.id)
			}
		}
	})
	if err == nil {
		a.First, err = s.usersOf(ctx, st, firm.ID, first)
	}
	return a, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func checkPolicy(st *site.Site, was, chosen gatehouse.CompanyPolicy) (f faults) {
	for _, setting := range st.Policy.BadChoices(was, chosen) {
		f.Add(string(setting), FieldPolicyChoice)
	}
	return f
}

// An administrator may change it six times at once, then every half hour: each time all
// administrators get a mail.
const (
	policyEvery = 30 * time.Minute
	policyBurst = 6
)

// SetCompanyPolicy sets what a company requires beyond its site, with immediate effect. agreed is
// PolicyPreview.Agreed of what the caller has seen; empty: nothing was shown. What is already so is
// no error, and tells nobody.
//
// Errors: Invalid with the settings' names as fields; Conflict with ReasonPolicyChanged; TooMany
// with ReasonPolicyOften; Forbidden, NotFound, Unavailable.
func (s *Service) SetCompanyPolicy(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, chosen gatehouse.CompanyPolicy, agreed string) error {
	c = c.For(gatehouse.OperatorCompanies)
	if err := knock(st, c); err != nil {
		return err
	}
	limit := store.Limit{Key: "policy:" + st.ID + ":" + id, Every: policyEvery, Burst: policyBurst}
	if err := s.spare(ctx, c, ReasonPolicyOften, limit); err != nil {
		return err
	}
	told := false
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		told = false
		if _, err := company(tx, tx.Queries, st, c, id); err != nil {
			return err
		}
		firm, err := tx.HoldCompany(tx, st.ID, id)
		if err == nil {
			err = stillLeads(tx, id)
		}
		switch {
		case err != nil || firm.Policy == chosen:
			return err
		case agreed != "" && agreed != st.Policy.Agreed(firm.Policy, chosen):
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonPolicyChanged}
		}
		if err := checkPolicy(st, firm.Policy, chosen).Err(); err != nil {
			return err
		}
		told = true
		return setPolicy(tx, firm, chosen)
	})
	if !told && c.Kind == gatehouse.SignedIn { // nobody was told
		err = errors.Join(err, s.Store.GiveBack(ctx, limit))
	}
	return err
}

// setPolicy writes a policy, and ends what it no longer allows. What one of the two does not allow
// ends in any case: a session or a trust that had ended must not come back with a looser policy.
func setPolicy(tx *act.Unit, firm gatehouse.Company, chosen gatehouse.CompanyPolicy) error {
	now, site := tx.Now(), tx.Site.Policy
	if err := tx.SetCompanyPolicy(tx, firm.SiteID, firm.ID, chosen, tx.Caller.UserID, now); err != nil {
		return err
	}
	strictest := site.For(firm.Policy).For(chosen)
	ended, err := tx.EndSessionsOver(tx, firm.SiteID, firm.ID, strictest.Session, now)
	if err != nil {
		return err
	}
	distrusted, err := tx.EndTrustOver(tx, firm.SiteID, firm.ID, now.Add(-strictest.TrustedDevice))
	if err != nil {
		return err
	}
	detail := map[string]string{"sessions": strconv.Itoa(len(ended)), "devices": strconv.FormatInt(distrusted, 10)}
	for _, s := range firm.Policy.Changes(chosen) {
		detail[string(s)+"_before"], detail[string(s)] = s.Text(firm.Policy.Of(s)), s.Text(chosen.Of(s))
	}
	if err := tx.Record(gatehouse.User{CompanyID: firm.ID}, gatehouse.EventPolicyChanged, gatehouse.ResultOK, detail); err != nil {
		return err
	}
	return announcePolicy(tx, firm, site.For(firm.Policy), site.For(chosen))
}

// announcePolicy tells all administrators, including the one who changed it: a stolen session must
// not weaken a company in silence.
func announcePolicy(tx *act.Unit, firm gatehouse.Company, was, then gatehouse.Policy) error {
	msg := mail.PolicyChanged{Company: firm.Name, At: tx.Now()}
	for _, s := range gatehouse.PolicySettings {
		if before, after := was.Of(s), then.Of(s); before != after {
			msg.Changes = append(msg.Changes, mail.PolicyChange{Setting: s, Was: before, Now: after})
		}
	}
	if len(msg.Changes) == 0 { // the site is stricter than either
		return nil
	}
	admin, err := administrator(tx)
	if err != nil {
		return err
	}
	msg.By = admin.DisplayName()
	all, err := tx.Administrators(tx, firm.SiteID, firm.ID, "", mostAnnounced)
	for _, to := range all {
		if err == nil {
			err = tx.Tell(to, msg)
		}
	}
	return err
}
