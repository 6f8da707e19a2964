package gatehouse

import "time"

// AddressProposal is another email address for a user, which one operator proposes and another has
// to agree to: somebody who talks support into it, or holds one operator's session, does not get
// the mail of an account.
type AddressProposal struct {
	SiteID, ID, UserID string
	CompanyID          string
	// Old is the address when it was proposed, New the one that is proposed, Why how the operator
	// knows that it is the user's.
	Old, New, Why string
	// Seen is the UserVersion when it was proposed.
	Seen          string
	State         ProposalState
	AskedAt       time.Time
	ByID, ByName  string
	EndedAt       time.Time
	EndedByID     string
	EndedByName   string
	RefusedReason string
}

// ProposalState is what became of a proposal.
type ProposalState string

// The states of a proposal. Over: nobody has answered in time, or the user has changed since.
const (
	ProposalOpen      ProposalState = "open"
	ProposalAgreed    ProposalState = "agreed"
	ProposalRefused   ProposalState = "refused"
	ProposalWithdrawn ProposalState = "withdrawn"
	ProposalOver      ProposalState = "over"
)

// ProposalsFor is how long a proposal waits for an answer: over a weekend.
const ProposalsFor = 72 * time.Hour

// EndsAt is when a proposal is over if nobody answers.
func (p AddressProposal) EndsAt() time.Time { return p.AskedAt.Add(ProposalsFor) }

// Now is the state of a proposal about a user as the user is now. What was proposed for somebody
// who had another address, name or role, or was another company's, is not what would happen.
func (p AddressProposal) Now(u User, now time.Time) ProposalState {
	if p.State == ProposalOpen && (!now.Before(p.EndsAt()) || u.ID != p.UserID || u.CompanyID != p.CompanyID || UserVersion(u) != p.Seen) {
		return ProposalOver
	}
	return p.State
}

// NeedsSecondOperator reports whether the caller, an operator who has signed in, can only propose
// another address for a user: support always, and everybody for those who manage a company.
// Commands are run by those who could change the database anyway.
func NeedsSecondOperator(c Caller, u User) bool {
	return c.SignedInOperator() && (u.Role == RoleAdmin || !OperatorMay(c.Role, OperatorAddress))
}

// MayAnswer reports whether an operator may answer a proposal: never the one who made it.
func (p AddressProposal) MayAnswer(c Caller) bool {
	return c.SignedInOperator() && c.UserID != p.ByID && c.Operates(OperatorAddress)
}
