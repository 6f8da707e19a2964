package directory

import (
	"context"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ImportSecondOperator: it takes a second operator to correct the address
// (gatehouse.NeedsSecondOperator), so a file cannot.
const ImportSecondOperator = "second-operator"

// FieldNoAccount: no column says which company a line is about, in an import for a site.
const FieldNoAccount = "account"

// doesImport is the caller doing what an import by page takes: for a company, nothing that operators do.
func doesImport(c gatehouse.Caller, companyID string) gatehouse.Caller {
	if companyID == "" {
		return c.For(gatehouse.OperatorCompanies)
	}
	return c
}

// importFor returns what an import by page is for: a company, of which the caller is an administrator,
// or with none the whole site, for which the caller is an operator who has signed in and does it (doesImport).
func importFor(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, companyID string) (gatehouse.Company, error) {
	if companyID != "" {
		return company(ctx, q, st, c, companyID)
	}
	if !c.SignedInOperator() { // commands have their own import
		return gatehouse.Company{}, errForbidden
	}
	return gatehouse.Company{}, operatorOnly(st, c, gatehouse.OperatorCompanies)
}

// asksSecond reports whether the line corrects an address for which the caller would have to ask a
// second operator: of somebody who manages a company, or does so with this line.
func (p *importPass) asksSecond(ch importChange) bool {
	return ch.moves() && (gatehouse.NeedsSecondOperator(p.caller, ch.was) || gatehouse.NeedsSecondOperator(p.caller, ch.now))
}

// makers finds the lines that make a company: the first good one of each that is not there yet.
type makers map[*importCompany]bool

func (m makers) mark(ch *importChange) {
	if len(ch.problems) > 0 || ch.company == nil || ch.company.line == 0 || m[ch.company] {
		return
	}
	m[ch.company], ch.makes = true, true
}

// holdFirms holds the companies that lines are about, in one order: what may change who leads a company,
// or suspends it, waits for the company first.
func holdFirms(tx *act.Unit, ids []string) error {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if _, err := tx.HoldCompany(tx, tx.Site.ID, id); err != nil {
			return err
		}
	}
	return nil
}

// firmsOf are the companies of changes that are there already.
func firmsOf(changes []importChange) (ids []string) {
	for _, ch := range changes {
		if ch.company != nil && ch.company.line == 0 {
			ids = append(ids, ch.company.ID)
		}
	}
	return ids
}
