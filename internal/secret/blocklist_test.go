package secret

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/internal/testkit/budget"
)

func commonLines(t testing.TB) []string {
	t.Helper()
	text, err := gzip.NewReader(bytes.NewReader(commonPasswords))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for lines := bufio.NewScanner(text); lines.Scan(); {
		all = append(all, lines.Text())
	}
	return all
}

// ASVS 6.2.4: at least 3,000 entries satisfy the policy.
func TestBuiltInList(t *testing.T) {
	list := CommonPasswords()
	var seven, eight, fifteen, classic int
	all := commonLines(t)
	for _, entry := range all {
		if !list.Contains(entry) || !list.Contains(strings.ToUpper(entry)) {
			t.Errorf("%q is not in the list", entry)
		}
		n := utf8.RuneCountInString(entry)
		if n >= 7 {
			seven++
		}
		if n >= 8 {
			eight++
		}
		if n >= 15 {
			fifteen++
		}
		if n >= 8 && strings.ContainsAny(entry, "0123456789") && strings.ContainsAny(entry, "abcdefghijklmnopqrstuvwxyz") {
			classic++ // with a capital, which Contains ignores
		}
	}
	if len(all) != 49233 || list.Len() != 49233 || seven != 28230 || eight != 17950 || fifteen != 41 || classic != 5183 {
		t.Errorf("%d passwords (%d distinct): %d with 7 characters, %d with 8, %d with 15, %d for the classic policy",
			len(all), list.Len(), seven, eight, fifteen, classic)
	}
	if len(commonPasswords) > 500<<10 {
		t.Errorf("the list takes %d bytes of the program", len(commonPasswords))
	}
}

func TestContains(t *testing.T) {
	list := CommonPasswords()
	for _, password := range []string{
		"password", "PassWord", "ＰＡＳＳＷＯＲＤ", "password1", "Password2024!", "password!!!", "p@ssw0rd", "P@55w0rd!", "Pa$$word99", "123password", "!!Dragon!!",
		"12345678", "123456789", "qwertyuiop", "Qwerty123!", "Iloveyou2", "$uperman!", "abc123!", "m1chae1",
	} {
		if !list.Contains(password) {
			t.Errorf("%q passes", password)
		}
	}
	for _, password := range []string{
		"", "!", "84719305", "correct horse battery staple", "Kepu-37fan-Rodi-94tem-Gasu", "dragon8471930571", "xvqmzkjwpt", "密码很难猜到的一句话",
	} {
		if list.Contains(password) {
			t.Errorf("%q is refused", password)
		}
	}
}

func TestOperatorFiles(t *testing.T) {
	first := strings.NewReader("Gatehouse-Portal\r\n\n# not a comment\n")
	second := strings.NewReader("gatehouse-portal\nzürich-west")
	list, err := ReadBlocklist(CommonPasswords(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"password", "gatehouse-portal", "GATEHOUSE-PORTAL", "Gatehouse-Portal2026", "G4teh0use-Porta1", "# not a comment", "Zürich-West!", "Zu\u0308rich-West"} {
		if !list.Contains(password) {
			t.Errorf("%q passes", password)
		}
	}
	if CommonPasswords().Contains("gatehouse-portal") || list.Contains("winterthur-ost") || list.Len() != 49233+3 {
		t.Errorf("%d passwords", list.Len())
	}

	var none *Blocklist
	empty, err := ReadBlocklist(nil, strings.NewReader(""))
	if err != nil || empty.Len() != 0 || empty.Contains("password") || none.Contains("password") || none.Len() != 0 {
		t.Errorf("an empty list has %d passwords, %v", empty.Len(), err)
	}
	_, err = ReadBlocklist(nil, strings.NewReader("a"), strings.NewReader("b\n"+strings.Repeat("c", maxBlocklistLine+1)))
	if err == nil || !strings.Contains(err.Error(), "list of passwords 2, line 2") {
		t.Errorf("an endless line: %v", err)
	}
}

// A filter of 16 bits errs once in 65,536; twelve forms of a password make that twelve times as
// many. Random tokens are on no list.
func TestFalsePositives(t *testing.T) {
	list, wrong := CommonPasswords(), 0
	n := budget.Of(20_000, 1_000_000)
	for i := range n {
		if i%2 == 0 && list.Contains(NewToken()) || i%2 == 1 && list.Contains(NewTemporaryPassword()) {
			wrong++
		}
	}
	if wrong > n/5000+15 { // expected about 1 in 20,000
		t.Errorf("%d of %d random passwords are taken for common ones", wrong, n)
	}
}

func FuzzContains(f *testing.F) {
	f.Add("P@ssw0rd2024!")
	f.Add("\xff密123")
	list := CommonPasswords()
	f.Fuzz(func(t *testing.T, password string) { list.Contains(password) })
}

func BenchmarkBuildBlocklist(b *testing.B) {
	for b.Loop() {
		text, _ := gzip.NewReader(bytes.NewReader(commonPasswords))
		if _, err := ReadBlocklist(nil, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContains(b *testing.B) {
	list := CommonPasswords()
	for b.Loop() {
		list.Contains("Correct-Horse-Battery-Staple-2026!")
	}
}
