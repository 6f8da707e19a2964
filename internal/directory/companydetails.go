package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

const (
	// ReasonDetailsChanged: somebody else has changed the details since the form was made. Kind
	// Conflict.
	ReasonDetailsChanged = "details-changed"
	// FieldZone: no time zone that a company can choose.
	FieldZone = "zone"
	// FieldContactWays: a contact has neither an address nor a number.
	FieldContactWays = "contact-ways"
	// FieldPhone: not a phone number as people write them.
	FieldPhone = "contact-phone"
)

// CompanyDetails returns what a company's administrators say about it.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) CompanyDetails(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.CompanyDetails, error) {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c.For(gatehouse.OperatorSee), id); err != nil {
		return gatehouse.CompanyDetails{}, err
	}
	return q.CompanyDetails(ctx, st.ID, id)
}

// SetCompanyDetails replaces them; seen is the version that the form showed. Contacts without
// anything are left out.
//
// Errors: Invalid with fields, the contacts' as contact_1_name and so on; Conflict with
// ReasonDetailsChanged; Forbidden, NotFound, Unavailable.
func (s *Service) SetCompanyDetails(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, d gatehouse.CompanyDetails, seen string) error {
	if err := checkDetails(&d).Err(); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		if _, err := company(tx, tx.Queries, st, c, id); err != nil {
			return err
		}
		if _, err := tx.HoldCompany(tx, st.ID, id); err != nil {
			return err
		}
		if err := stillLeads(tx, id); err != nil {
			return err
		}
		was, err := tx.CompanyDetails(tx, st.ID, id)
		switch {
		case err != nil || was.Version() == d.Version():
			return err
		case was.Version() != seen:
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDetailsChanged}
		}
		if err := tx.SetCompanyDetails(tx, st.ID, id, d); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{CompanyID: id}, gatehouse.EventCompanyChanged, gatehouse.ResultOK, map[string]string{
			"zone_before": was.Zone, "zone": d.Zone, "contacts_before": named(was.Contacts), "contacts": named(d.Contacts),
			"report_before": yesNo(!was.NoReport), "report": yesNo(!d.NoReport)})
	})
}

// named are contacts in one line, for the event log.
func named(all []gatehouse.Contact) string {
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = strings.Join(slices.DeleteFunc([]string{c.Name, c.About, c.Email, c.Phone}, func(s string) bool { return s == "" }), ", ")
	}
	return strings.Join(lines, "; ")
}

// checkDetails trims the details and returns what is wrong with them.
func checkDetails(d *gatehouse.CompanyDetails) faults {
	var f faults
	if !gatehouse.KnownZone(d.Zone) {
		f.Add("zone", FieldZone)
	}
	var kept []gatehouse.Contact
	for i, c := range d.Contacts {
		c = gatehouse.Contact{Name: oneForm(c.Name), About: oneForm(c.About), Email: strings.TrimSpace(c.Email), Phone: oneForm(c.Phone)}
		if c == (gatehouse.Contact{}) {
			continue
		}
		kept = append(kept, c)
		field := func(name string) string { return fmt.Sprintf("contact_%d_%s", i+1, name) }
		f.needed(field("name"), c.Name, gatehouse.MaxName, gatehouse.InNames)
		f.text(field("about"), c.About, gatehouse.MaxName, gatehouse.InNames)
		if c.Email != "" && f.text(field("email"), c.Email, gatehouse.MaxUsername, gatehouse.InKeys) && !mail.CanSend(c.Email) {
			f.Add(field("email"), FieldEmail)
		}
		if c.Phone != "" && !phoneNumber(c.Phone) {
			f.Add(field("phone"), FieldPhone)
		}
		if c.Email == "" && c.Phone == "" {
			f.Add(field("email"), FieldContactWays)
		}
	}
	d.Contacts = kept[:min(len(kept), gatehouse.MostContacts)]
	return f
}

// phoneNumber reports whether a text is a phone number as people write them, with an extension
// perhaps. Nothing is sent there: it is for people to read.
func phoneNumber(s string) bool {
	digits := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune(" +-()./x", c):
			return false
		}
	}
	return digits >= 3 && digits <= 20
}
