package web

import (
	"strings"

	"gatehouse/internal/web/ui"
)

// Maintenance is the page while Site.Maintenance closes the site.
type Maintenance struct{}

func (Maintenance) Template() string        { return "maintenance" }
func (Maintenance) Title(p *ui.Page) string { return p.T("maintenance.title_short") }

// Host is an address without its scheme, as people read it.
func (Maintenance) Host(url string) string {
	if _, rest, found := strings.Cut(url, "://"); found {
		return rest
	}
	return url
}
