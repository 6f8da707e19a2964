package operator

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Overview is the operators' first page.
func (o *Operator) Overview(w http.ResponseWriter, r *http.Request) error {
	now, err := o.Directory.Overview(r.Context(), by(r), o.Sites.All())
	if err != nil {
		return err
	}
	alerts, err := o.Alerts.List(r.Context(), by(r))
	if err != nil {
		return err
	}
	proposed, err := o.Directory.Proposals(r.Context(), by(r), o.Sites.All())
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Overview{now, Alerts{AlertList: alerts}, Proposals{All: proposed, By: by(r)}})
}

// Overview is how the sites are.
type Overview struct {
	directory.Overview
	Alerts    Alerts
	Proposals Proposals
}

func (Overview) Template() string        { return "operator_overview" }
func (Overview) Title(p *ui.Page) string { return p.T("operator.overview") }

// slowDatabase is from when on the database is called slow.
const slowDatabase = 50 * time.Millisecond

// Sessions is how many people are signed in, Worked and Failed are the sign-ins of 24 hours, Waiting
// is how much mail waits.
func (v Overview) Sessions() int {
	return v.Sum(func(s directory.SiteOverview) int { return s.Sessions })
}
func (v Overview) Worked() int { return v.Sum(func(s directory.SiteOverview) int { return s.Worked }) }
func (v Overview) Failed() int { return v.Sum(func(s directory.SiteOverview) int { return s.Failed }) }
func (v Overview) Waiting() (n int) {
	for _, m := range v.Mail {
		n += m.Waiting
	}
	return n
}

// Share is how many of the sign-ins worked, in percent; empty: there were none.
func (v Overview) Share(p *ui.Page) string {
	all := v.Worked() + v.Failed()
	if all == 0 {
		return ""
	}
	return p.T("operator.percent", "n", strconv.FormatFloat(math.Floor(float64(v.Worked())*1000/float64(all))/10, 'f', 1, 64))
}

// Millis is how long the database took.
func (v Overview) Millis(p *ui.Page) string {
	return p.T("operator.ms", "n", max(1, int(v.Database.Milliseconds())))
}

// Slow: the database takes longer than it should.
func (v Overview) Slow() bool { return v.Database >= slowDatabase }

// SitePath is the page about a site.
func (Overview) SitePath(s directory.SiteOverview) string { return sitePath(s.ID) }

// The size of a small chart, in its own units.
const (
	sparkWidth  = 96.0
	sparkHeight = 24.0
	sparkEdge   = 2.0
)

// Spark are the points of the small chart of a site's sign-ins.
func (Overview) Spark(s directory.SiteOverview) string {
	top := 1
	for _, n := range s.Hours {
		top = max(top, n)
	}
	points := make([]string, len(s.Hours))
	for i, n := range s.Hours {
		x := sparkWidth * float64(i) / float64(max(1, len(s.Hours)-1))
		y := sparkHeight - sparkEdge - (sparkHeight-2*sparkEdge)*float64(n)/float64(top)
		points[i] = strconv.FormatFloat(x, 'f', 1, 64) + "," + strconv.FormatFloat(y, 'f', 1, 64)
	}
	return strings.Join(points, " ")
}
