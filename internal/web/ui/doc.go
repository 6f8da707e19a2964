// Package ui renders the pages: the frame around every page, its components
// and forms, the static files, and the status of an error.
//
//	pages.go    New, View and Render: a page is whole before its first byte leaves
//	frame.go    with frame/*.html: navigation, and the parts that pages are made of
//	form.go     fields with label, hint and errors
//	words.go    texts with links in them, times, and whom to ask
//	assets.go   /static/NAME.HASH.ext
//	look.go     the stylesheet and the icon of a site
//	errors.go   error kinds to statuses, and error.go with error.html to a page
//
// All other pages are in the packages that serve them.
//
// A template contains no words: each comes from a text of the site, so that a
// language is a folder. It contains no style and no script either, because Policy
// forbids both. Every page works without JavaScript.
package ui
