package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse"
)

// Reports that mail systems made (testdata/reports/made): what is read in them, and
// whether they mark the address.
func TestReportsMadeByMailSystems(t *testing.T) {
	type want struct {
		status  string
		refused bool
	}
	wants := map[string]want{
		"postfix-unknown": {"5.1.1", true}, "exim-unknown": {"5.1.1", true}, "opensmtpd-unknown": {"5.1.1", true},
		"postfix-plain": {"5.0.0", true}, "exim-plain": {"5.0.0", true}, "opensmtpd-plain": {"5.0.0", true},
		"postfix-full": {"5.2.2", true}, "exim-full": {"5.2.2", true}, "opensmtpd-full": {"5.2.2", true},
		// About us, our content, or a temporary problem.
		"postfix-spf": {"5.7.26", false}, "exim-spf": {"5.7.26", false}, "opensmtpd-spf": {"5.7.26", false},
		"postfix-large": {"5.3.4", false}, "exim-large": {"5.3.4", false}, "opensmtpd-large": {"5.3.4", false},
		"postfix-later": {"4.2.0", false}, "exim-later": {"4.2.0", false}, "opensmtpd-delayed": {"4.4.7", false},
		"postfix-closed": {"4.4.1", false}, "exim-closed": {"5.0.0", false},
		"postfix-nowhere": {"4.4.3", false}, "exim-nowhere": {"5.0.0", false},
		"postfix-relayed": {"2.0.0", false},
	}
	files, err := filepath.Glob("testdata/reports/made/*.eml")
	if err != nil || len(files) != len(wants) {
		t.Errorf("%d files, want %d, %v", len(files), len(wants), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := ReadReport(f)
		if err != nil || len(got.Recipients) != 1 || got.Token != reportToken {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		action := gatehouse.DeliveryFailed
		switch {
		case strings.HasSuffix(name, "-relayed"):
			action = gatehouse.DeliveryRelayed
		case strings.HasSuffix(name, "-delayed"):
			action = gatehouse.DeliveryDelayed
		}
		to := got.Recipients[0]
		status, refused := gatehouse.RefusesEmail(to.refusal())
		if (want{status, refused}) != wants[name] || to.Action != action || !strings.HasSuffix(to.Email, ".example") {
			t.Errorf("%s: %s, %v, %+v", name, status, refused, to)
		}
	}
}
