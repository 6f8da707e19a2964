// Package demo is what `gatehouse demo` shows: three sites, the companies and people
// that use them, an inbox for every mail that is sent, and a page with a tour.
//
//	sites/     the folders of the sites, as an operator would write them
//	people.go  who can be tried, with people_SITE.go; names.go makes up the rest
//	seed.go    puts them into an empty database; scene.go and history.go write the story
//	inbox.go   accepts the mail that the server really sends, over SMTP
//	tour.go    with tour.html, inbox_page.go with inbox.html: the pages of the demo's own
//	           host, in English only
//	platforms.go  two applications whose users sign in at one of the sites
//
// All companies and people are invented. Passwords are in the source and on the
// tour page: none of this is for an installation that others can reach.
package demo
