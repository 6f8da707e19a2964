package mail

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testTime = time.Date(2026, time.November, 21, 14, 32, 0, 0, time.UTC)

// testSite is a site as internal/site makes it, so far as mail needs one.
func testSite() *site.Site {
	return &site.Site{
		Site: gatehouse.Site{
			ID: "meridian-uk", Name: "Meridian UK", Origin: "https://portal.uk.meridian.example",
			Support: gatehouse.Support{Email: "help@uk.meridian.example", Phone: "0345 010 0482"},
			Sender: gatehouse.Sender{Name: "Meridian UK", Address: "no-reply@uk.meridian.example",
				ReplyTo: "help@uk.meridian.example", Postal: "Meridian UK Ltd, 14 Foundry Lane, Leeds LS10 1AA, United Kingdom"},
		},
		Look:      site.Look{Brand: "#2245a8", OnBrand: "#ffffff", BrandNight: "#93b1ff", OnBrandNight: "#0c1533"},
		Languages: []string{"en-GB"},
		Zone:      time.UTC,
	}
}

// samples are all kinds, in each of their forms.
func samples() map[string]Message {
	lock := Lock{Username: "hkruse", Attempts: 6, At: testTime, Address: "203.0.113.7"}
	until := lock
	until.UnlockAfter, until.Administrator = 90*time.Minute, "Jonas Weber"
	password := TemporaryPassword{Username: "hkruse", Password: "Kepu-37fan-Rodi-94tem-Gasu", ExpiresAt: testTime.Add(24 * time.Hour)}
	account, reset, recovery, operator := password, password, password, password
	account.For, account.Name, account.Company = PasswordForAccount, "Jonas Weber", "Lindenhof Books"
	reset.For, reset.Name, reset.Company = PasswordForReset, "Jonas Weber", "Lindenhof Books"
	operator.For = PasswordForReset
	recovery.For, recovery.At, recovery.Address = PasswordForRecovery, testTime, "203.0.113.7"
	return map[string]Message{
		"locked":                      Locked{lock},
		"locked-until":                Locked{until},
		"locked-strangers":            LockedStrangers{lock},
		"locked-strangers-until":      LockedStrangers{until},
		"unlocked-administrator":      Unlocked{Username: "hkruse", At: testTime, By: UnlockedByAdministrator, Name: "Jonas Weber"},
		"unlocked-operator":           Unlocked{Username: "hkruse", At: testTime, By: UnlockedByOperator},
		"unlocked-recovery":           Unlocked{Username: "hkruse", At: testTime, By: UnlockedByRecovery},
		"temporary-password-account":  account,
		"temporary-password-reset":    reset,
		"temporary-password-operator": operator,
		"temporary-password-recovery": recovery,
	}
}

func testRecipient() Recipient {
	return Recipient{UserID: "usr_1", CompanyID: "com_1", Name: "Hanna", Address: "hanna.kruse@lindenhof.example", Lang: "en-GB"}
}

func TestGolden(t *testing.T) {
	for name, msg := range samples() {
		t.Run(name, func(t *testing.T) {
			r, err := Render(testSite(), testRecipient(), msg)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			golden(t, name+".html", r.HTML)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, a, b)
		}
	}
	return ""
}
