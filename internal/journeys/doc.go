// Package journeys has the tests that are named after the rows of what Gatehouse must
// do: each drives the real server over HTTP or in a browser, with real mail and on both
// databases, and asserts what a person would notice.
package journeys
