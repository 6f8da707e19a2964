package ui

import "testing"

// SamplePages are all samples on all sites, by the names of both, for the tests outside
// of the package: they use internal/testkit, which imports this package.
func SamplePages(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	pages := newPages(t)
	for id, s := range testSites() {
		for _, x := range samples() {
			html, err := pages.Render(frameFor(s, x), x.view)
			if err != nil {
				t.Fatal(err)
			}
			name := id + "/" + x.name
			if x.signedIn {
				name += "/signed-in"
			}
			if all[name] != nil {
				t.Fatalf("two samples are %s", name)
			}
			all[name] = html
		}
	}
	return all
}
