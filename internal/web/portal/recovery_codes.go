package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// RecoveryCodesPath is the page about recovery codes.
const RecoveryCodesPath = SecurityPath + "/recovery-codes"

// RecoveryCodes shows how many are left; the codes themselves were shown once.
func (p *Portal) RecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	all, err := p.Account.Factors(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	if !all.Any() {
		http.Redirect(w, r, SecurityPath, http.StatusSeeOther)
		return nil
	}
	return p.page(w, r, http.StatusOK, RecoveryCodes{Kept: all.Codes})
}

// NewRecoveryCodes makes new ones, and shows them this once.
func (p *Portal) NewRecoveryCodes(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	codes, err := p.Account.NewRecoveryCodes(r.Context(), v.Site, in(r, v), *v.Session)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, RecoveryCodes{FreshCodes: FreshCodes{codes, v.User.Username}})
}

// RecoveryCodes is the page about recovery codes.
type RecoveryCodes struct {
	FreshCodes
	// Added is the first factor, which they came with; empty: they were asked for.
	Added gatehouse.FactorKind
	// Kept are the stored ones.
	Kept []gatehouse.RecoveryCode
}

func (RecoveryCodes) Template() string { return "recovery_codes" }

func (v RecoveryCodes) Title(p *ui.Page) string {
	if len(v.Fresh) > 0 {
		return p.T("recovery_codes.fresh_title")
	}
	return p.T("recovery_codes.title")
}

// Left is how many can still be used.
func (v RecoveryCodes) Left() int { return gatehouse.Left(v.Kept) }

// Few reports whether new ones should be made soon.
func (v RecoveryCodes) Few() bool { return v.Left() <= gatehouse.FewRecoveryCodes }
