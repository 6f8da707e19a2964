package ui

// Browser says in words what a User-Agent header claims: "Firefox on Windows".
func (w *Words) Browser(userAgent string) string { return w.site.Browser(w.lang, userAgent) }
