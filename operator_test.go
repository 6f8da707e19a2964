package gatehouse_test

import (
	"slices"
	"strings"
	"testing"

	"gatehouse"
)

// operatorTable is who may do what, written down a second time: row by row, as decided.
var operatorTable = map[gatehouse.OperatorAct]string{
	gatehouse.OperatorFind: "support security owner", gatehouse.OperatorSee: "support security owner", gatehouse.OperatorUnlock: "support security owner",
	gatehouse.OperatorPassword: "support security owner", gatehouse.OperatorInvite: "support security owner", gatehouse.OperatorResend: "support security owner",
	gatehouse.OperatorSignOut: "support security owner", gatehouse.OperatorCases: "support security owner",
	gatehouse.OperatorFactors: "security owner", gatehouse.OperatorEvents: "security owner", gatehouse.OperatorAlerts: "security owner",
	gatehouse.OperatorAddress: "security owner", gatehouse.OperatorSuspend: "security owner",
	gatehouse.OperatorCompanies: "owner", gatehouse.OperatorPlatforms: "owner", gatehouse.OperatorErase: "owner", gatehouse.OperatorOperators: "owner",
	"": "", "anything else": "",
}

func TestOperatorMay(t *testing.T) {
	for act, may := range operatorTable {
		for _, role := range []gatehouse.Role{gatehouse.RoleSupport, gatehouse.RoleSecurity, gatehouse.RoleOwner, gatehouse.RoleUser, gatehouse.RoleAdmin, "", "root"} {
			want := slices.Contains(strings.Fields(may), string(role))
			if got := gatehouse.OperatorMay(role, act); got != want {
				t.Errorf("%q may %q: %v", role, act, got)
			}
		}
	}
}

// A caller who signed in does what the role is good for, and only while a method says what is done;
// commands and the server do everything. To operators themselves, only owners do anything.
func TestWhatOperatorsManage(t *testing.T) {
	signedIn := func(role gatehouse.Role) gatehouse.Caller {
		return gatehouse.Caller{Kind: gatehouse.Operator, SiteID: gatehouse.OperatorsSite, CompanyID: "com_o", UserID: "usr_1", Role: role}
	}
	for act := range operatorTable {
		for _, role := range []gatehouse.Role{gatehouse.RoleSupport, gatehouse.RoleSecurity, gatehouse.RoleOwner, gatehouse.RoleAdmin, ""} {
			c := signedIn(role)
			if c.MayManage("uk", "com_1") || c.MayManage(gatehouse.OperatorsSite, "com_o") {
				t.Errorf("%s manages without saying what", role)
			}
			if got := c.For(act).MayManage("uk", "com_1"); got != gatehouse.OperatorMay(role, act) {
				t.Errorf("%s, %q: %v", role, act, got)
			}
			if got, want := c.For(act).MayManage(gatehouse.OperatorsSite, "com_o"), act != "" && role == gatehouse.RoleOwner; got != want {
				t.Errorf("%s, %q to operators: %v", role, act, got)
			}
			c.SiteID = "uk" // a role of that name on another site
			if c.For(act).MayManage("uk", "com_1") || c.Operates(act) {
				t.Errorf("%s of another site does %q", role, act)
			}
			c.SiteID, c.Kind = gatehouse.OperatorsSite, gatehouse.SignedIn
			if c.For(act).MayManage("uk", "com_1") || c.For(act).MayManage(gatehouse.OperatorsSite, "com_o") || c.Operates(act) {
				t.Errorf("%s manages with a session of their own", role)
			}
		}
		for _, c := range []gatehouse.Caller{{Kind: gatehouse.Operator, Name: "root"}, {Kind: gatehouse.System}} {
			if !c.Operates(act) || !c.MayManage("uk", "com_1") || !c.MayManage(gatehouse.OperatorsSite, "com_o") {
				t.Errorf("%s does not do %q", c.Kind, act)
			}
		}
	}
}

// Every act on a user is one that some operator may do; one that nobody knows is not.
func TestOperatorActOf(t *testing.T) {
	for _, a := range gatehouse.UserActs {
		if !gatehouse.OperatorMay(gatehouse.RoleOwner, gatehouse.OperatorActOf(a)) {
			t.Errorf("nobody may do %s", a)
		}
	}
	if act := gatehouse.OperatorActOf("promote"); act != "" {
		t.Errorf("an unknown act is %q", act)
	}
	if gatehouse.OperatorMay(gatehouse.RoleSupport, gatehouse.OperatorActOf(gatehouse.ActDeactivate)) {
		t.Error("support suspends")
	}
}
