// Package ui renders the pages: the frame that every page stands in, its
// components and forms, the static files, and the status of an error.
//
//	pages.go    Frame and Render: a page is whole before its first byte leaves
//	view_*.go   one struct per page, and what its template asks for
//	form.go     fields with label, hint and errors
//	words.go    texts with links in them, times, and whom to ask
//	assets.go   /static/NAME.HASH.ext
//	look.go     the stylesheet and the icon of a site
//	errors.go   error kinds to statuses and pages
//
// A template holds no words: each comes from a text of the site, so that a
// language is a folder. It holds no style and no script either, because Policy
// forbids both. Every page works without JavaScript.
package ui
