package mail

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"gatehouse"
)

const reportToken = "k3wq7xh2mzpd5rtv4yln6abcef"

// Reports as mail systems make them.
func TestReadReport(t *testing.T) {
	const hanna = "hanna.kruse@lindenhof.example"
	one := func(token string, r ReportRecipient) Report { return Report{token, []ReportRecipient{r}} }
	for name, want := range map[string]Report{
		"failed-queue": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryFailed, "5.1.1",
			"550 5.1.1 <" + hanna + ">: Recipient address rejected: User unknown in local recipient table"}),
		"failed-headers-only": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryFailed, "5.0.0",
			"550 no mailbox by that name is currently available"}),
		"failed-groupware": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryFailed, "5.1.10",
			"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient " + hanna + " not found by SMTP address lookup"}),
		// The link's token is gone.
		"failed-comments": one("", ReportRecipient{hanna, gatehouse.DeliveryFailed, "5.7.1",
			"550 5.7.1 we do not like http://portal.uk.meridian.example/reset-password?…"}),
		"failed-expired": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryFailed, "4.4.7",
			"delivery temporarily suspended: lost connection"}),
		"failed-international": one(reportToken, ReportRecipient{"zoë.åkesson@lindenhof.example", gatehouse.DeliveryFailed, "5.6.7",
			"550 5.6.7 address needs SMTPUTF8"}),
		"failed-cut-off":    one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryFailed, "5.1.1", "550 unknown"}),
		"failed-many-parts": one("", ReportRecipient{"", gatehouse.DeliveryFailed, "5.1.1", ""}),
		"delayed": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryDelayed, "4.4.1",
			"connect to mx.lindenhof.example[192.0.2.25]:25: Connection timed out"}),
		"delivered": one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryDelivered, "2.0.0", "250 2.0.0 Ok: queued as 7F3K29QX"}),
		"relayed":   one(reportToken, ReportRecipient{hanna, gatehouse.DeliveryRelayed, "2.1.9", ""}),
		"both": {reportToken, []ReportRecipient{
			{"old@lindenhof.example", gatehouse.DeliveryFailed, "5.2.2", "552 5.2.2 mailbox full"},
			{"new@lindenhof.example", gatehouse.DeliveryDelivered, "2.0.0", ""}}},
		"forged": one("", ReportRecipient{"<script>alert(1)</script>@lindenhof.example", gatehouse.DeliveryFailed, "5.1.1", "550 [31mred gnp.exe"}),
	} {
		got, err := ReadReport(reportFile(t, name))
		if err != nil || got.Token != want.Token || len(got.Recipients) != len(want.Recipients) {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for i, r := range got.Recipients {
			if r != want.Recipients[i] {
				t.Errorf("%s:\n got %+v\nwant %+v", name, r, want.Recipients[i])
			}
		}
	}
}

func reportFile(t testing.TB, name string) io.Reader {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "reports", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(raw)
}

// Anything that is not a report is recognized, and nothing of it is in the error.
func TestNoReport(t *testing.T) {
	files, err := filepath.Glob("testdata/reports/none-*.eml")
	if err != nil || len(files) < 7 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		got, err := ReadReport(reportFile(t, name))
		if !errors.Is(err, ErrNoReport) || len(got.Recipients) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		} else if text := err.Error(); strings.Contains(text, "Kepu") || strings.Contains(text, "lindenhof") {
			t.Errorf("%s: the error quotes the mail: %v", name, err)
		}
	}
}

func TestReportLimits(t *testing.T) {
	const head = "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
	group := "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; " + strings.Repeat("very ", 500) + "long\r\n\r\n"
	got, err := ReadReport(strings.NewReader(head + strings.Repeat(group, 80) + "--x--\r\n"))
	if err != nil || len(got.Recipients) != reportRecipients || len([]rune(got.Recipients[0].Diagnostic)) != replyLength {
		t.Errorf("%d recipients, %v", len(got.Recipients), err)
	}
	large := head + group + strings.Repeat("x: "+strings.Repeat("y", 1000)+"\r\n", 2000)
	if _, err := ReadReport(strings.NewReader(large)); !errors.Is(err, ErrNoReport) || !errors.Is(err, errTooLarge) {
		t.Errorf("too large: %v", err)
	}
	endless := io.MultiReader(strings.NewReader(head), neverEnding('x'))
	if _, err := ReadReport(endless); !errors.Is(err, ErrNoReport) {
		t.Errorf("without end: %v", err)
	}
	// A broken connection says nothing about the report.
	broken := io.MultiReader(strings.NewReader(head+group), iotest.ErrReader(errors.New("connection lost")))
	if _, err := ReadReport(broken); err == nil || errors.Is(err, ErrNoReport) {
		t.Errorf("cut off by the connection: %v", err)
	}
}

type neverEnding byte

func (n neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(n)
	}
	return len(p), nil
}

func TestReportText(t *testing.T) {
	for want, r := range map[string]ReportRecipient{
		"550 5.1.1 unknown":  {Status: "5.1.1", Diagnostic: "550 5.1.1 unknown"},
		"5.0.0 550 unknown":  {Status: "5.0.0", Diagnostic: "550 unknown"},
		"5.1.1":              {Status: "5.1.1"},
		"no status but this": {Diagnostic: "no status but this"},
		"":                   {},
	} {
		if got := r.Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A field folded all over the report costs no more than its size: anyone who has had one
// mail from here can send any number of reports about it.
func TestReadingAFoldedFieldCostsWhatItIsLong(t *testing.T) {
	for _, head := range []string{"Content-Type: multipart/report; boundary=x\nX: a\n", "Content-Type: message/delivery-status\n\nAction: failed\nDiagnostic-Code: a\n"} {
		raw := head + strings.Repeat(" a\n", 60_000)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ReadReport(strings.NewReader(raw)) //nolint:errcheck // what it says does not matter
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 100*uint64(len(raw)) {
			t.Errorf("reading %d bytes took %d", len(raw), got)
		}
	}
}

func TestFieldLines(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   nil,
		"\n":                                 {""},
		" a":                                 {"a"},
		"A: b\n\tc\n  d \n\n e\nF: g":        {"A: b c d", "", "e", "F: g"},
		"A: b\n \n c\n":                      {"A: b", "", "c"},
		strings.Repeat("a\n", reportLines+9): slices.Repeat([]string{"a"}, reportLines),
	} {
		if got := fieldLines([]byte(text)); !slices.Equal(got, want) {
			t.Errorf("%.40q: %d lines, %.60q; want %d", text, len(got), got, len(want))
		}
	}
}

func TestTokens(t *testing.T) {
	for id, want := range map[string]string{
		"<" + reportToken + "@uk.meridian.example>":            reportToken,
		" " + strings.ToUpper(reportToken) + "@x.example":      reportToken,
		"bounces+" + reportToken + "@mail.uk.meridian.example": reportToken,
		"b+c+" + reportToken + "@mail.uk.meridian.example":     reportToken,
		reportToken:                        reportToken,
		"bounces@mail.uk.meridian.example": "",
		"bounces+" + reportToken[1:] + "@mail.uk.meridian.example":      "",
		"bounces+" + reportToken + "a@mail.uk.meridian.example":         "",
		"bounces+k3wq7xh2mzpd5rtv4yln6abce1@mail.uk.meridian.example":   "", // no 1 in base32
		"bounces+k3wq7xh2mzpd5rtv4yln6abce%@mail.uk.meridian.example":   "",
		"bounces+" + reportToken[:25] + "\x00@mail.uk.meridian.example": "",
		"bounces-" + reportToken + "@mail.uk.meridian.example":          "",
		"": "", "<>": "", "@": "", "+": "", "bounces+@mail.uk.meridian.example": "",
	} {
		if got := tokenOf(id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
	for range 100 {
		id, err := newMessageID(testSite())
		path, errPath := returnPath("bounces@mail.uk.meridian.example", id)
		if err != nil || errPath != nil || tokenOf(path) == "" || tokenOf(path) != tokenOf(id) || !strings.HasPrefix(path, "bounces+") ||
			!strings.HasSuffix(path, "@mail.uk.meridian.example") {
			t.Fatalf("%s, %s: %v, %v", id, path, err, errPath)
		}
	}
}

// For any input: no panic, and what is kept is bounded and on one line.
func FuzzReadReport(f *testing.F) {
	files, err := filepath.Glob("testdata/reports/*.eml")
	made, _ := filepath.Glob("testdata/reports/made/*.eml") // the pattern is right
	files = append(files, made...)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := ReadReport(bytes.NewReader(raw))
		if (err == nil) != (len(got.Recipients) > 0) || err != nil && !errors.Is(err, ErrNoReport) {
			t.Fatalf("%+v, %v", got, err)
		}
		if got.Token != "" && !token.MatchString(got.Token) || len(got.Recipients) > reportRecipients {
			t.Fatalf("%+v", got)
		}
		for _, r := range got.Recipients {
			for _, text := range []string{r.Email, string(r.Action), r.Status, r.Diagnostic} {
				if text != said(text) {
					t.Fatalf("kept %q", text)
				}
			}
		}
	})
}
