package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/testkit"
)

// Long passwords, every alphabet, spaces and emoji sign in exactly as they were
// chosen.
func TestC08_PasswordsOfAllKinds(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for i, p := range []string{
			strings.Repeat("long enough ", 6)[:64], strings.Repeat("ß", 128), "пароль на русском языке", "密码密码密码密码密码密码密码密码",
			" spaces around it count ", "👩‍👩‍👧‍👦 families and 🏳️‍🌈 flags", "tab\tand \"quotes\" & <tags> %s %00 ' -- ;", strings.Repeat("x", 256),
		} {
			name := "writer" + string(rune('a'+i)) + "@inkwell.example"
			s.AddUser("inkwell", name, p, nil)
			wantHome(t, signIn(visitor(t, s, "inkwell"), name, p))
			wantRefused(t, signIn(visitor(t, s, "inkwell"), name, "not "+string([]rune(p)[4:])))
		}
		// What looks the same is the same, on any keyboard: é as one code point or two.
		s.AddUser("inkwell", "andre@inkwell.example", "Caf\u00e9 au lait d\u00e9j\u00e0", nil)
		wantHome(t, signIn(visitor(t, s, "inkwell"), "andre@inkwell.example", "Cafe\u0301 au lait de\u0301ja\u0300"))
	})
}

func TestC08_PasswordsCanBePasted(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	b := testkit.Browser(t)
	b.Open(s.URL("inkwell", "/sign-in"))
	pasted := testkit.Eval[string](b, `(() => {
		const field = document.getElementById("password");
		field.focus();
		const paste = new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: new DataTransfer()});
		if (!field.dispatchEvent(paste)) return "refused";
		document.execCommand("insertText", false, "from a password manager");
		return field.value;
	})()`)
	if pasted != "from a password manager" {
		t.Errorf("the field holds %q", pasted)
	}
}

// Common passwords are refused, decorated or not; each site by its own policy.
func TestC08_CommonPasswordsAreRefused(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for site, words := range map[string][]string{
		"meridian-uk": {"Password1", "Welcome1", "Qwerty123", "P@ssw0rd1"},
		"inkwell":     {"passwordpassword", "123456789012345", "qwertyuiopasdfgh", "abcabcabcabcabc", "sunshinesunshine"},
	} {
		policy := s.Sites.ByID(site).Policy.Password
		for _, w := range words {
			failed := gatehouse.CheckPassword(policy, gatehouse.PasswordFacts{Password: w, Username: "msantos", Common: secret.CommonPasswords().Contains(w)})
			if !containsRule(failed, gatehouse.RuleCommon) {
				t.Errorf("%s takes %q: %v", site, w, failed)
			}
		}
	}
}

// A11 as a rule: the policy of the site that represents the document, and its example.
func TestA11_PasswordPolicy(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	policy := s.Sites.ByID("meridian-uk").Policy.Password
	const username = "JohnSmith@mycompany.com"
	for _, c := range []struct {
		password string
		reused   bool
		fails    []gatehouse.PasswordRule
	}{
		{"Walnut7", false, nil},
		{"Walnu7", false, []gatehouse.PasswordRule{gatehouse.RuleLength}},
		{"walnut7", false, []gatehouse.PasswordRule{gatehouse.RuleUpper}},
		{"WALNUT7", false, []gatehouse.PasswordRule{gatehouse.RuleLower}},
		{"Walnuts", false, []gatehouse.PasswordRule{gatehouse.RuleDigit}},
		{"Johnsmith3", false, []gatehouse.PasswordRule{gatehouse.RuleUsername}},
		{"xxMYCOMPANY7x", false, []gatehouse.PasswordRule{gatehouse.RuleUsername}},
		{"moc.Ynapmocym@htimsnhoj1", false, nil}, // backwards is allowed
		{"Walnut7", true, []gatehouse.PasswordRule{gatehouse.RuleHistory}},
		{"john", true, []gatehouse.PasswordRule{gatehouse.RuleLength, gatehouse.RuleUpper, gatehouse.RuleDigit, gatehouse.RuleUsername, gatehouse.RuleHistory}},
	} {
		got := gatehouse.CheckPassword(policy, gatehouse.PasswordFacts{Password: c.password, Username: username, Reused: c.reused})
		if len(got) != len(c.fails) {
			t.Errorf("%q (reused %v): fails %v, want %v", c.password, c.reused, got, c.fails)
			continue
		}
		for _, rule := range c.fails {
			if !containsRule(got, rule) {
				t.Errorf("%q (reused %v): fails %v, want %v", c.password, c.reused, got, c.fails)
			}
		}
	}
	if n := policy.History; n != 5 {
		t.Errorf("unlike the last %d", n)
	}
}

func containsRule(rules []gatehouse.PasswordRule, rule gatehouse.PasswordRule) bool {
	for _, r := range rules {
		if r == rule {
			return true
		}
	}
	return false
}
