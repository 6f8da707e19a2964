package directory

import (
	"context"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about proposals. Kind Conflict.
const (
	// ReasonProposed: another proposal about the user waits.
	ReasonProposed = "proposed"
	// ReasonProposalOver: it has been answered, nobody did in time, or the user or the operator who
	// made it is not what they were.
	ReasonProposalOver = "proposal-over"
	// ReasonOwnProposal: it takes a second operator.
	ReasonOwnProposal = "own-proposal"
)

// maxProposalText is how long a reason may be, in code points.
const maxProposalText = 300

// ProposedAddress is a proposal as it is now, with the user and the company that it is about.
type ProposedAddress struct {
	gatehouse.AddressProposal
	User    gatehouse.User
	Company gatehouse.Company
}

// ProposeEmail has an operator propose another address for a user (gatehouse.NeedsSecondOperator).
// Nothing changes until a second one agrees: AgreeToEmail.
//
// Errors: Forbidden, NotFound, Invalid with fields email and why, Conflict with ReasonProposed or
// gatehouse.RefusedDeleted, Unavailable.
func (s *Service) ProposeEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, email, why string) error {
	c = c.For(gatehouse.OperatorPropose)
	if err := operatorOnly(st, c, gatehouse.OperatorPropose); err != nil || !c.SignedInOperator() {
		return errForbidden
	}
	email, why = strings.TrimSpace(email), oneForm(why)
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		switch {
		case err != nil:
			return err
		case u.Deleted():
			return refused(gatehouse.RefusedDeleted)
		}
		if err := s.checkProposal(tx, u, email, why); err != nil {
			return err
		}
		if err := s.makeRoom(tx, u); err != nil {
			return err
		}
		p := gatehouse.AddressProposal{SiteID: st.ID, ID: store.NewID("prp", tx.Now()), UserID: u.ID, CompanyID: u.CompanyID, Old: u.Email, New: email, Why: why,
			Seen: gatehouse.UserVersion(u), State: gatehouse.ProposalOpen, AskedAt: tx.Now(), ByID: c.UserID, ByName: c.Name}
		if err := tx.InsertAddressProposal(tx, p); err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventEmailProposed, gatehouse.ResultOK, map[string]string{"proposal": p.ID, "email": p.New, "email_before": p.Old, "reason": why})
	})
}

// checkProposal returns what is wrong with a proposal, as with a change of the user.
func (s *Service) checkProposal(tx *act.Unit, u gatehouse.User, email, why string) error {
	fields := UserChange{Email: &email}.apply(tx.Site, u)
	bad := checkUser(tx.Site, &fields)
	switch {
	case email == "":
		bad.Add("email", FieldRequired)
	case gatehouse.SameMailbox(email, u.Email):
		bad.Add("email", FieldSame)
	}
	bad.needed("why", why, maxProposalText, gatehouse.InNames)
	other, err := tx.Holder(u, email)
	if err == nil && other.ID != "" {
		bad.Add("email", FieldTaken)
	}
	if err != nil {
		return err
	}
	return bad.Err()
}

// makeRoom ends a proposal about a user that nobody can answer any longer.
func (s *Service) makeRoom(tx *act.Unit, u gatehouse.User) error {
	p, err := tx.OpenAddressProposal(tx, u.SiteID, u.ID)
	if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	made, err := proposer(tx, tx.Queries, p)
	switch {
	case err != nil:
		return err
	case made && p.Now(u, tx.Now()) == gatehouse.ProposalOpen:
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonProposed}
	}
	p.State, p.EndedAt = gatehouse.ProposalOver, tx.Now()
	_, err = tx.EndAddressProposal(tx, p)
	return err
}

// proposer reports whether the operator who made a proposal could still make it: what somebody has
// left behind who was turned off since is worth nothing.
func proposer(ctx context.Context, q store.Queries, p gatehouse.AddressProposal) (bool, error) {
	by, err := q.User(ctx, gatehouse.OperatorsSite, p.ByID)
	if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		return false, nil
	}
	return err == nil && by.State == gatehouse.Active && gatehouse.OperatorMay(by.Role, gatehouse.OperatorPropose), err
}

// AgreeToEmail has a second operator agree to a proposal, which then is a correction like any other.
//
// Errors: Forbidden, NotFound, Conflict with ReasonProposalOver or ReasonOwnProposal, Invalid with
// field username or email (taken since), Unavailable.
func (s *Service) AgreeToEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Correction, error) {
	p, err := s.answerable(ctx, st, c, id)
	if err != nil {
		return Correction{}, err
	}
	return s.correct(ctx, st, c, p.UserID, UserChange{Email: &p.New, agreed: p.ID})
}

// RefuseEmail has a second operator refuse a proposal.
//
// Errors: as AgreeToEmail; Invalid with field reason.
func (s *Service) RefuseEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, reason string) error {
	p, err := s.answerable(ctx, st, c, id)
	if err != nil {
		return err
	}
	var f faults
	reason = oneForm(reason)
	f.needed("reason", reason, maxProposalText, gatehouse.InNames)
	if err := f.Err(); err != nil {
		return err
	}
	return s.endProposal(ctx, st, c.For(gatehouse.OperatorAddress), p, gatehouse.ProposalRefused, reason)
}

// WithdrawEmail has the operator who made a proposal take it back.
//
// Errors: Forbidden, NotFound, Conflict with ReasonProposalOver, Unavailable.
func (s *Service) WithdrawEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	if err := operatorOnly(st, c, gatehouse.OperatorPropose); err != nil {
		return err
	}
	p, err := s.Store.Read().AddressProposal(ctx, st.ID, id)
	if err != nil {
		return err
	}
	if !c.SignedInOperator() || c.UserID != p.ByID {
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonProposalOver}
	}
	return s.endProposal(ctx, st, c.For(gatehouse.OperatorPropose), p, gatehouse.ProposalWithdrawn, "")
}

// answerable returns a proposal, if the caller is one who may answer it.
func (s *Service) answerable(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.AddressProposal, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorAddress); err != nil {
		return gatehouse.AddressProposal{}, err
	}
	p, err := s.Store.Read().AddressProposal(ctx, st.ID, id)
	if err == nil && !p.MayAnswer(c) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOwnProposal}
	}
	return p, err
}

// agreedTo settles the proposal that a change carries out, and returns what the event says about it.
// Without one, it refuses a change that takes a second operator.
func (s *Service) agreedTo(tx *act.Unit, u gatehouse.User, change UserChange) (map[string]string, error) {
	if change.agreed != "" {
		p, err := s.settle(tx, u, change.agreed, gatehouse.ProposalAgreed, "")
		return map[string]string{"proposed_by": p.ByName, "proposed_by_id": p.ByID}, err
	}
	if gatehouse.NeedsSecondOperator(tx.Caller, u) && change.Email != nil && !gatehouse.SameMailbox(*change.Email, u.Email) {
		return nil, errForbidden
	}
	return nil, nil
}

func (s *Service) endProposal(ctx context.Context, st *site.Site, c gatehouse.Caller, p gatehouse.AddressProposal, how gatehouse.ProposalState, reason string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, p.UserID)
		if err != nil {
			return err
		}
		_, err = s.settle(tx, u, p.ID, how, reason)
		return err
	})
}

// settle ends an open proposal about a user, who is held: of two answers one counts, and none after
// a change of the user.
func (s *Service) settle(tx *act.Unit, u gatehouse.User, id string, how gatehouse.ProposalState, reason string) (gatehouse.AddressProposal, error) {
	p, err := tx.AddressProposal(tx, u.SiteID, id)
	if err != nil {
		return p, err
	}
	made, err := proposer(tx, tx.Queries, p)
	if err != nil {
		return p, err
	}
	over := &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonProposalOver}
	switch {
	case !made || p.Now(u, tx.Now()) != gatehouse.ProposalOpen:
		return p, over
	case how != gatehouse.ProposalWithdrawn && !p.MayAnswer(tx.Caller):
		return p, &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOwnProposal}
	}
	p.State, p.EndedAt, p.EndedByID, p.EndedByName, p.RefusedReason = how, tx.Now(), tx.Caller.UserID, tx.Caller.Name, reason
	if mine, err := tx.EndAddressProposal(tx, p); err != nil || !mine {
		if err == nil {
			err = over
		}
		return p, err
	}
	detail := map[string]string{"proposal": p.ID, "answer": string(how), "email": p.New, "proposed_by": p.ByName, "proposed_by_id": p.ByID}
	if reason != "" {
		detail["reason"] = reason
	}
	return p, tx.Record(u, gatehouse.EventEmailProposalEnded, gatehouse.ResultOK, detail)
}

// The lists of proposals show those of so many days, and so many.
const (
	proposalsShown = 10 * 24 * time.Hour
	mostProposals  = 100
)

// Proposals returns the proposals of the last days, the newest first: all for those who may answer
// them, and their own for others.
//
// Errors: Forbidden, Unavailable.
func (s *Service) Proposals(ctx context.Context, c gatehouse.Caller, sites []*site.Site) (list []ProposedAddress, err error) {
	if !c.Operates(gatehouse.OperatorPropose) {
		return nil, errForbidden
	}
	q := s.Store.Read()
	all, err := q.AddressProposals(ctx, s.Now().Add(-proposalsShown), mostProposals)
	for _, p := range all {
		for _, st := range sites {
			if err != nil || st.ID != p.SiteID || p.ByID != c.UserID && !c.Operates(gatehouse.OperatorAddress) {
				continue
			}
			var one ProposedAddress
			if one, err = s.proposed(ctx, q, p); err == nil {
				list = append(list, one)
			}
		}
	}
	return list, err
}

// Proposal returns one, for the one who made it and those who may answer.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Proposal(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (ProposedAddress, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorPropose); err != nil {
		return ProposedAddress{}, err
	}
	q := s.Store.Read()
	p, err := q.AddressProposal(ctx, st.ID, id)
	switch {
	case err != nil:
		return ProposedAddress{}, err
	case p.ByID != c.UserID && !c.Operates(gatehouse.OperatorAddress):
		return ProposedAddress{}, gatehouse.ErrNotFound
	}
	return s.proposed(ctx, q, p)
}

// OpenProposal returns the proposal about a user that waits; one without ID if none does.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) OpenProposal(ctx context.Context, st *site.Site, c gatehouse.Caller, userID string) (none ProposedAddress, err error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSee); err != nil {
		return none, err
	}
	q := s.Store.Read()
	p, err := q.OpenAddressProposal(ctx, st.ID, userID)
	if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	one, err := s.proposed(ctx, q, p)
	if err != nil || one.State != gatehouse.ProposalOpen {
		return none, err
	}
	return one, nil
}

// proposed adds whom a proposal is about, and says how it is now.
func (s *Service) proposed(ctx context.Context, q store.Queries, p gatehouse.AddressProposal) (one ProposedAddress, err error) {
	one.AddressProposal = p
	if one.User, err = q.User(ctx, p.SiteID, p.UserID); err != nil {
		return one, err
	}
	one.User = bare(one.User)
	if one.Company, err = q.Company(ctx, p.SiteID, one.User.CompanyID); err != nil {
		return one, err
	}
	made, err := proposer(ctx, q, p)
	if one.State = p.Now(one.User, s.Now()); err == nil && one.State == gatehouse.ProposalOpen && !made {
		one.State = gatehouse.ProposalOver
	}
	return one, err
}
