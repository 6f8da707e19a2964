package console

import (
	"net/http"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Report shows the report on a month: the one before this, unless another was asked for.
func (c *Console) Report(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	last := directory.MonthOf(v.Site, *v.Company, c.Now(), -1)
	month := last
	if asked, err := time.ParseInLocation("2006-01", r.URL.Query().Get("month"), last.Location()); err == nil && asked.Before(last) && !asked.Before(v.Company.CreatedAt.AddDate(0, -1, 0)) {
		month = asked
	}
	report, err := c.Directory.Report(r.Context(), v.Site, caller, company, month)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, Report{Report: report})
}

// Report is the monthly report as a page: each number leads to its users.
type Report struct{ directory.Report }

func (Report) Template() string        { return "report" }
func (Report) Title(p *ui.Page) string { return p.T("report.title") }

// Below: the page belongs to that about the company.
func (Report) Below() bool { return true }

// Last is the last day of the month.
func (v Report) Last() time.Time { return v.To.AddDate(0, 0, -1) }

// reportRow is a number of users, and the list of them.
type reportRow struct {
	Text, Link string
	N          int
}

// Rows are the numbers of users.
func (v Report) Rows(p *ui.Page) []reportRow {
	rows := []reportRow{{p.T("report.users"), ui.CompanyUsersPath, v.Users}}
	for _, g := range directory.ReportGroups {
		rows = append(rows, reportRow{p.T("users.group_" + string(g)), ui.CompanyUsersPath + "?" + gatehouse.UserFilter{Groups: gatehouse.SetOf(g)}.Query().Encode(), v.Groups[g]})
	}
	return append(rows, reportRow{p.T("users.factor_none"), ui.CompanyUsersPath + "?factor=" + string(gatehouse.FactorNone), v.Bare})
}

// Change is a change of administrators, in words.
func (v Report) Change(p *ui.Page, c directory.RoleChange) string {
	by := c.By
	if by == "" {
		by = p.T("actor.operator")
	}
	if c.Is {
		return p.T("report.made", "by", by, "at", p.When(c.At))
	}
	return p.T("report.unmade", "by", by, "at", p.When(c.At))
}

// Who is the user of a change, and Link the user's page; empty if gone.
func (v Report) Who(p *ui.Page, c directory.RoleChange) string {
	if c.User.ID == "" {
		return p.T("report.gone")
	}
	return c.User.DisplayName()
}
func (v Report) Link(c directory.RoleChange) string {
	if c.User.ID == "" {
		return ""
	}
	return userPath(c.User)
}
