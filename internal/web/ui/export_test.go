package ui

// For the tests outside the package: they use packages that import this one.
var (
	Files         = files
	ErrorStatuses = errorStatuses
)

// KeptSites counts the sites with cached pages.
func KeptSites(p *Pages) (n int) {
	p.kept.Range(func(any, any) bool { n++; return true })
	return n
}
