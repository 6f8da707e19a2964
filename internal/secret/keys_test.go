package secret

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func keyLine(id string, fill byte) string {
	return id + " " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32)) + "\n"
}

func mustKeys(t testing.TB, text string) *Keys {
	t.Helper()
	keys, err := ParseKeys([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestNewKeyFile(t *testing.T) {
	file := NewKeyFile()
	keys := mustKeys(t, string(file))
	if len(keys.keys) != 1 || bytes.Equal(file, NewKeyFile()) {
		t.Errorf("NewKeyFile = %s", file)
	}
	for _, shown := range []string{fmt.Sprint(keys), fmt.Sprintf("%+v", keys), fmt.Sprintf("%#v", keys)} {
		if shown != "secret.Keys(1)" {
			t.Errorf("a log would show %s", shown)
		}
	}
}

func TestParseKeysRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "no key"},
		"comments only": {"# one\n\n", "no key"},
		"one field":     {"# c\nk1\n", "line 2"},
		"three fields":  {keyLine("a b", 1), "line 1"},
		"bad id":        {keyLine("a/b", 1), "line 1: the identifier"},
		"long id":       {keyLine(strings.Repeat("a", 33), 1), "line 1: the identifier"},
		"not base64":    {"k1 ???\n", "line 1: the key is not base64"},
		"short":         {"k1 " + base64.StdEncoding.EncodeToString(make([]byte, 31)), "line 1: the key has 31 bytes"},
		"long":          {"k1 " + base64.StdEncoding.EncodeToString(make([]byte, 33)), "line 1: the key has 33 bytes"},
		"id twice":      {keyLine("a", 1) + "\n" + keyLine("a", 2), "line 3"},
		"key twice":     {keyLine("a", 1) + keyLine("b", 1), "line 2"},
	} {
		_, err := ParseKeys([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
	mustKeys(t, "\ufeff"[:0]+"  # comment\r\n\r\n"+strings.TrimSpace(keyLine("a", 1))+"\r\n\t"+keyLine("b", 2))
}

func TestLoadKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := LoadKeys(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, NewKeyFile(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(path); err != nil {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o610} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadKeys(path); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("mode %o: %v", mode, err)
			}
		}
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("\nk1 "), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(broken); err == nil || !strings.Contains(err.Error(), broken+": line 2") {
		t.Errorf("broken: %v", err)
	}
}

func TestSealAndOpen(t *testing.T) {
	old := mustKeys(t, keyLine("k1", 1))
	both := mustKeys(t, keyLine("k2", 2)+keyLine("k1", 1))
	onlyNew := mustKeys(t, keyLine("k2", 2))
	for _, plaintext := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("secret"), 1000)} {
		sealed, err := old.Seal("totp-seed", plaintext)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(plaintext)+42+len("k1") {
			t.Errorf("%d bytes for %d", len(sealed), len(plaintext))
		}
		for name, keys := range map[string]*Keys{"same": old, "rotated": both} {
			if got, err := keys.Open("totp-seed", sealed); err != nil || !bytes.Equal(got, plaintext) {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if _, err := both.Open("client-secret", sealed); err != ErrSealed {
			t.Errorf("another purpose: %v", err)
		}
		if _, err := onlyNew.Open("totp-seed", sealed); !errors.Is(err, ErrSealed) || !strings.Contains(err.Error(), `"k1"`) {
			t.Errorf("without the key: %v", err)
		}
	}
	sealed, _ := both.Seal("p", []byte("x"))
	if _, err := onlyNew.Open("p", sealed); err != nil {
		t.Errorf("the first key does not seal: %v", err)
	}
	again, _ := both.Seal("p", []byte("x"))
	if bytes.Equal(sealed, again) {
		t.Error("the nonce repeats")
	}
}

// The identifier of a key is authenticated, and so is every bit.
func TestSealedIsProtected(t *testing.T) {
	keys := mustKeys(t, keyLine("k1", 1)+keyLine("k3", 3))
	sealed, err := keys.Seal("p", []byte("attack at dawn"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			if _, err := keys.Open("p", changed); !errors.Is(err, ErrSealed) {
				t.Fatalf("bit %d of byte %d changed: %v", bit, i, err)
			}
		}
		if _, err := keys.Open("p", sealed[:i]); !errors.Is(err, ErrSealed) {
			t.Fatalf("%d bytes: %v", i, err)
		}
	}
}

func TestMAC(t *testing.T) {
	old := mustKeys(t, keyLine("k1", 1))
	both := mustKeys(t, keyLine("k2", 2)+keyLine("k1", 1))
	mac := old.MAC("code", "signin_1", "123456")
	if len(mac) != 43 || mac != old.MAC("code", "signin_1", "123456") {
		t.Errorf("MAC = %q", mac)
	}
	if again := mustKeys(t, keyLine("k1", 1)); again.MAC("reset", "signin_1", "123456") == mac || again.MAC("code", "signin_1", "123456") != mac {
		t.Error("the MAC depends on what was signed before")
	}
	if !both.CheckMAC("code", mac, "signin_1", "123456") {
		t.Error("a MAC under an older key does not check")
	}
	if old.CheckMAC("code", both.MAC("code", "signin_1", "123456"), "signin_1", "123456") {
		t.Error("a MAC under an unknown key checks")
	}
	if !both.CheckMAC("empty", both.MAC("empty")) {
		t.Error("no parts")
	}
	for _, parts := range [][]string{{"signin_1", "123457"}, {"signin_1123456"}, {"signin_1", "123456", ""}, {"", "signin_1", "123456"}, {"signin_", "1123456"}, {}} {
		if old.CheckMAC("code", mac, parts...) {
			t.Errorf("the MAC checks for %q", parts)
		}
	}
	if old.CheckMAC("reset", mac, "signin_1", "123456") {
		t.Error("the MAC checks for another purpose")
	}
	for _, wrong := range []string{"", "?", mac[:42], mac + "A", mac + "="} {
		if old.CheckMAC("code", wrong, "signin_1", "123456") {
			t.Errorf("%q checks", wrong)
		}
	}
}

// Sealing and signing for one purpose must not share a key.
func TestSubkeysDiffer(t *testing.T) {
	key := mustKeys(t, keyLine("k1", 1)).keys[0]
	seen := map[string]bool{string(key.master): true}
	for _, use := range []string{"seal", "mac", "sea"} {
		for _, purpose := range []string{"", "a", "b", "ab", "la"} {
			sub := string(key.subkey(use, purpose))
			if len(sub) != 32 || seen[sub] {
				t.Errorf("the subkey for %q, %q is not its own", use, purpose)
			}
			seen[sub] = true
		}
	}
}

func FuzzOpen(f *testing.F) {
	keys := mustKeys(f, keyLine("k1", 1))
	sealed, _ := keys.Seal("p", []byte("x"))
	f.Add(sealed)
	f.Add([]byte{1, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := keys.Open("p", data); err == nil && string(got) != "x" {
			t.Errorf("Open(%x) = %q", data, got)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(keyLine("k1", 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if keys, err := ParseKeys(data); err == nil {
			keys.MAC("p")
		}
	})
}

// A MAC in an address survives a change of case and a new key, and nothing else.
func TestAddressMAC(t *testing.T) {
	old, err := ParseKeys([]byte("old " + strings.Repeat("A", 43) + "=\n"))
	if err != nil {
		t.Fatal(err)
	}
	both, err := ParseKeys([]byte("new " + strings.Repeat("B", 42) + "A=\nold " + strings.Repeat("A", 43) + "=\n"))
	if err != nil {
		t.Fatal(err)
	}
	mac := old.AddressMAC("case-reply", "site", "case")
	if len(mac) != 26 || mac != strings.ToLower(mac) {
		t.Errorf("the MAC is %q", mac)
	}
	for _, c := range []struct {
		mac, purpose, part string
		want               bool
	}{
		{mac, "case-reply", "case", true}, {strings.ToUpper(mac), "case-reply", "case", true}, {mac, "case-link", "case", false},
		{mac, "case-reply", "other", false}, {mac[:25], "case-reply", "case", false}, {"", "case-reply", "case", false}, {mac + "a", "case-reply", "case", false},
	} {
		if got := both.CheckAddressMAC(c.purpose, c.mac, "site", c.part); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
