package directory

import (
	"context"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ReasonSuspended: the company is suspended. Kind Conflict.
const ReasonSuspended = string(gatehouse.RefusedSuspended)

// maxSuspendedWhy is how long the reason of a suspension may be, in code points.
const maxSuspendedWhy = 300

// Suspension is what operators see before they suspend a company, or end that.
type Suspension struct {
	gatehouse.Company
	// Open is what ends at once.
	Open store.OpenOfCompany
	// Counts are the company's users by state, which suspending does not change.
	Counts map[gatehouse.UserState]int
	// Told are the administrators who get a mail.
	Told []gatehouse.User
}

// Suspension returns it.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Suspension(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (v Suspension, err error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSuspend); err != nil {
		return v, err
	}
	q := s.Store.Read()
	if v.Company, err = q.Company(ctx, st.ID, id); err != nil {
		return v, err
	}
	if v.Counts, err = q.CountUsers(ctx, st.ID, id); err != nil {
		return v, err
	}
	if v.Told, err = q.Administrators(ctx, st.ID, id, "", mostAnnounced); err != nil {
		return v, err
	}
	v.Open, err = q.OpenOfCompany(ctx, st.ID, id, s.Now())
	return v, err
}

// Suspend keeps everybody of a company out: sessions, sign-ins, trust in devices, codes, tokens of
// platforms and waiting mail end at once, and nobody signs in, recovers a password or gets mail until
// Resume. The users keep their states. why is only shown to operators; seen is the
// gatehouse.Company.Version that the form showed, or empty.
//
// Errors: Invalid with field reason; Conflict with ReasonSuspended or ReasonCompanyChanged; Forbidden,
// NotFound, Unavailable.
func (s *Service) Suspend(ctx context.Context, st *site.Site, c gatehouse.Caller, id, why, seen string) error {
	if err := operatorOnly(st, c, gatehouse.OperatorSuspend); err != nil || st.ForOperators() {
		return errForbidden
	}
	var f faults
	why = oneForm(why)
	f.needed("reason", why, maxSuspendedWhy, gatehouse.InNames)
	if err := f.Err(); err != nil {
		return err
	}
	return s.Do(ctx, st, c.For(gatehouse.OperatorSuspend), func(tx *act.Unit) error {
		firm, err := heldFirm(tx, id, seen)
		switch {
		case err != nil:
			return err
		case firm.Suspended():
			return refused(gatehouse.RefusedSuspended)
		}
		told, err := tx.Administrators(tx, st.ID, id, "", mostAnnounced)
		if err != nil {
			return err
		}
		firm.SuspendedAt, firm.SuspendedBy, firm.SuspendedWhy = tx.Now(), c.Name, why
		if err := tx.SetSuspended(tx, firm); err != nil {
			return err
		}
		ended, err := tx.EndCompany(tx, firm, gatehouse.CompanySuspended, tx.Now())
		if err != nil {
			return err
		}
		detail := map[string]string{"reason": why, "sessions": strconv.Itoa(ended)}
		if err := tx.Record(gatehouse.User{CompanyID: id}, gatehouse.EventCompanySuspended, gatehouse.ResultOK, detail); err != nil {
			return err
		}
		return tellAll(tx, told, mail.CompanySuspended{Company: firm.Name, At: tx.Now()})
	})
}

// Resume ends a suspension. The users are in the states that they had, or were given meanwhile. What
// had ended stays ended, and so does what an attempt that was under way may have opened since.
//
// Errors: Conflict with gatehouse.RefusedAlready or ReasonCompanyChanged; Forbidden, NotFound,
// Unavailable.
func (s *Service) Resume(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string) error {
	if err := operatorOnly(st, c, gatehouse.OperatorSuspend); err != nil {
		return err
	}
	return s.Do(ctx, st, c.For(gatehouse.OperatorSuspend), func(tx *act.Unit) error {
		firm, err := heldFirm(tx, id, seen)
		switch {
		case err != nil:
			return err
		case !firm.Suspended():
			return refused(gatehouse.RefusedAlready)
		}
		since := firm.SuspendedAt
		if _, err := tx.EndCompany(tx, firm, gatehouse.CompanyResumed, tx.Now()); err != nil {
			return err
		}
		firm.SuspendedAt, firm.SuspendedBy, firm.SuspendedWhy = time.Time{}, "", ""
		if err := tx.SetSuspended(tx, firm); err != nil {
			return err
		}
		detail := map[string]string{"since": since.UTC().Format(time.RFC3339)}
		if err := tx.Record(gatehouse.User{CompanyID: id}, gatehouse.EventCompanyResumed, gatehouse.ResultOK, detail); err != nil {
			return err
		}
		told, err := tx.Administrators(tx, st.ID, id, "", mostAnnounced)
		if err != nil {
			return err
		}
		return tellAll(tx, told, mail.CompanySuspended{Company: firm.Name, At: tx.Now(), Resumed: true})
	})
}

// heldFirm returns a company that an operator changes, held until the transaction ends, after checking
// once more who acts. seen is the gatehouse.Company.Version that the form showed; empty: any.
func heldFirm(tx *act.Unit, id, seen string) (gatehouse.Company, error) {
	if err := stillLeads(tx, id); err != nil {
		return gatehouse.Company{}, err
	}
	firm, err := tx.HoldCompany(tx, tx.Site.ID, id)
	if err == nil && firm.Merged() {
		err = refused(gatehouse.RefusedMerged)
	}
	if err == nil && seen != "" && seen != firm.Version() {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonCompanyChanged}
	}
	return firm, err
}

// tellAll mails several users the same.
func tellAll(tx *act.Unit, all []gatehouse.User, msg mail.Message) error {
	for _, to := range all {
		if err := tx.Tell(to, msg); err != nil {
			return err
		}
	}
	return nil
}
