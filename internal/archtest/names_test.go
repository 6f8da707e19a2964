package archtest

import (
	"go/ast"
	"regexp"
	"testing"
)

// goneNames are parts of names that another word has replaced (docs/decisions/0031): a user
// is not a person, what follows the password is two-factor, a remembered browser is a
// device, and an error has a reason.
var goneNames = regexp.MustCompile(`(?i:second_?step)|People(Filter|Group|Mark|Changed)|Browsers(Of|Locked)|Browser(ID|Token|Cookie|KnownFor)$|Trust(ed)?Browser$|KeepBrowsers|Switch(TwoFactor|Confirmation)|^Code(Busy|Failed|Forbidden|[A-Z]\w*(Over|Often|Wait|Taken|Changed))$`)

func TestNamesThatWentStayAway(t *testing.T) {
	for _, f := range module(t) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && goneNames.MatchString(id.Name) {
				t.Errorf("%s: %s: the glossary has another word", f.at(id.Pos()), id.Name)
			}
			return true
		})
	}
}

func TestGoneNamesAreFound(t *testing.T) {
	for name, want := range map[string]bool{
		"SecondStepAt": true, "PeopleFilter": true, "BrowserID": true, "TrustBrowser": true, "SwitchTwoFactor": true, "CodeCodesOver": true,
		"DeviceID": false, "Browser": false, "CodeTries": false, "ReasonCodesOver": false, "AllUsers": false,
	} {
		if goneNames.MatchString(name) != want {
			t.Errorf("%s: refused is %v, want %v", name, !want, want)
		}
	}
}
