package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Preview is what switching Enhanced Security would do now (B01).
type Preview struct {
	Company gatehouse.Company
	Rule    gatehouse.TwoFactorRule
	// Total and Counts are those that the run would end with.
	Total  int
	Counts gatehouse.RunCounts
	// Reasons are how many there would be of each outcome and reason.
	Reasons []gatehouse.OutcomeCount
	// Groups are how many users are in each group; one may be in several.
	Groups map[gatehouse.UserGroup]int
	// Stranded is how many could no longer sign in until they get an address that mail reaches,
	// and StrandedNames the first of their names.
	Stranded      int
	StrandedNames []string
	// Fingerprint changes with everything that the preview says about any user.
	Fingerprint string
}

// mostStranded is how many are named: the list of the users has all of them.
const mostStranded = 10

// PreviewTwoFactor computes what requiring something of a company's users would do, for the users
// as they are now.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) PreviewTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rule gatehouse.TwoFactorRule) (Preview, error) {
	all, err := s.PreviewsTwoFactor(ctx, st, c, companyID, rule)
	if err != nil {
		return Preview{}, err
	}
	return all[0], nil
}

// PreviewsTwoFactor is PreviewTwoFactor for several rules, with one look at the users.
func (s *Service) PreviewsTwoFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, rules ...gatehouse.TwoFactorRule) ([]Preview, error) {
	firm, err := company(ctx, s.Store.Read(), st, c, companyID)
	if err != nil {
		return nil, err
	}
	return previews(ctx, s.Store.Read(), firm, rules...)
}

// previewing is a preview that is being computed.
type previewing struct {
	Preview
	reasons map[gatehouse.OutcomeCount]int
	sum     hash.Hash
}

func previews(ctx context.Context, q store.Queries, firm gatehouse.Company, rules ...gatehouse.TwoFactorRule) ([]Preview, error) {
	all := make([]*previewing, len(rules))
	for i, rule := range rules {
		all[i] = &previewing{Preview{Company: firm, Rule: rule, Groups: map[gatehouse.UserGroup]int{}}, map[gatehouse.OutcomeCount]int{}, sha256.New()}
		fmt.Fprintln(all[i].sum, firm.Rule(), rule)
	}
	err := q.AllUsers(ctx, firm.SiteID, firm.ID, func(u gatehouse.User) error {
		can := reachable(u)
		groups := gatehouse.GroupsOf(u, can)
		for _, p := range all {
			p.count(u, can, groups)
		}
		return nil
	})
	done := make([]Preview, len(rules))
	for i, p := range all {
		p.Reasons, p.Fingerprint = counted(p.reasons), hex.EncodeToString(p.sum.Sum(nil))
		done[i] = p.Preview
	}
	return done, err
}

// count counts one more user.
func (p *previewing) count(u gatehouse.User, can bool, groups []gatehouse.UserGroup) {
	outcome, reason := gatehouse.Enrol(p.Rule.Require, u, can)
	p.Total++
	p.Counts.Add(outcome, gatehouse.Notified(u, can))
	p.reasons[gatehouse.OutcomeCount{Outcome: outcome, Reason: reason}]++
	p.strand(u, outcome, reason)
	for _, g := range groups {
		p.Groups[g]++
	}
	fmt.Fprintln(p.sum, u.ID, outcome, reason, groups)
}

// strand counts a user whom no code could reach.
func (p *Preview) strand(u gatehouse.User, o gatehouse.Outcome, why gatehouse.OutcomeReason) {
	if o != gatehouse.OutcomeFailed && (o != gatehouse.OutcomeSkipped || why != gatehouse.ReasonNoEmail) {
		return
	}
	if p.Stranded++; p.Stranded <= mostStranded {
		p.StrandedNames = append(p.StrandedNames, u.DisplayName())
	}
}

// counted lists counts in display order.
func counted(n map[gatehouse.OutcomeCount]int) []gatehouse.OutcomeCount {
	all := make([]gatehouse.OutcomeCount, 0, len(n))
	for of, count := range n {
		of.Count = count
		all = append(all, of)
	}
	slices.SortFunc(all, inOrder)
	return all
}

func inOrder(a, b gatehouse.OutcomeCount) int {
	byOutcome := slices.Index(gatehouse.Outcomes, a.Outcome) - slices.Index(gatehouse.Outcomes, b.Outcome)
	if byOutcome != 0 {
		return byOutcome
	}
	return strings.Compare(string(a.Reason), string(b.Reason))
}
