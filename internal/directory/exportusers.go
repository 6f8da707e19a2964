package directory

import (
	"context"
	"strconv"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// ExportUsers is EachFound for a file that leaves the site: the event log has who exported how many,
// and with which filter, before the first one is handed out.
//
// Errors: as EachFound.
func (s *Service) ExportUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f gatehouse.UserFilter, fn func(gatehouse.UserFacts) error) error {
	var ids []string
	l, err := s.lookAt(ctx, st, c, companyID, f, func(l *look, r *roll) { ids = l.ids(r) })
	if err != nil {
		return err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if _, err := company(tx, tx.Queries, st, c, companyID); err != nil {
			return err
		}
		detail := map[string]string{"users": strconv.Itoa(len(ids))}
		if said := f.Query().Encode(); said != "" {
			detail["filter"] = said
		}
		return tx.Record(gatehouse.User{CompanyID: companyID}, gatehouse.EventUsersExported, gatehouse.ResultOK, detail)
	})
	if err != nil {
		return err
	}
	return s.eachOf(ctx, st, companyID, l, ids, fn)
}
