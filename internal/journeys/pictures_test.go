package journeys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/demo"
	"gatehouse/internal/testkit"
)

// picturesVariable names the folder for the pictures of the README: `make screenshots`
// sets it.
const picturesVariable = "GATEHOUSE_PICTURES"

// heaviest is the maximum size of a README picture, in bytes.
const heaviest = 100 << 10

// The README shows the sign-in page, home and the preview of Enhanced Security, and
// docs/administrators.md the company's pages, as in the demo. Every picture in them is in
// the repository, and small.
func TestPicturesOfTheREADME(t *testing.T) {
	t.Parallel()
	s := demoServer(t)
	const site = "meridian-uk"
	b := testkit.PaintedBrowser(t)
	b.Size(1120, 700)
	keep := func(name string) { keepPicture(t, b, name) }
	b.Open(s.URL(site, "/sign-in"))
	b.See("Sign in to Meridian UK")
	keep("sign-in")
	browserSignIn(b, s, site, "Username", "msantos", "Harbour-Lantern-42")
	b.See("Good ")
	b.Size(1120, 900)
	testkit.Eval[bool](b, "scrollTo(0, 0), true")
	keep("home")
	b.Open(s.URL(site, enhancedSecurityPath))
	b.Check("Enable")
	b.See("152 users")
	b.Size(1120, 1190)
	testkit.Eval[bool](b, "scrollTo(0, 0), true")
	keep("enhanced-security")

	b.Size(1120, 900)
	b.Open(s.URL(site, policyPath))
	b.See("Sign-in rules")
	keep("sign-in-rules")
	b.Open(s.URL(site, "/company/activity"))
	b.See("Activity")
	keep("activity")
	b.Open(s.URL(site, "/company/users"))
	b.See("152")
	keep("users")
	testkit.Eval[bool](b, `[...document.querySelectorAll("input[name=user]")].slice(1, 4).forEach((box) => box.click()), document.querySelector("#act").value = "deactivate", true`)
	b.Press("Continue")
	b.See("Deactivate 3 users?")
	b.Size(1120, 700)
	keep("bulk")
}

// keepPicture takes a picture of a tab that a page of the documentation shows, and writes it if
// somebody has asked for that.
func keepPicture(t *testing.T, b *testkit.Tab, name string) {
	t.Helper()
	shown := ""
	for _, page := range []string{"../../README.md", "../../docs/administrators.md", "../../docs/operators.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		shown += strings.ReplaceAll(string(text), "](pictures/", "](docs/pictures/")
	}
	picture := b.Picture()
	if len(picture) > heaviest || !strings.HasPrefix(string(picture), "RIFF") {
		t.Errorf("%s: %d bytes, %q", name, len(picture), picture[:4])
	}
	if folder := os.Getenv(picturesVariable); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".webp"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path := "docs/pictures/" + name + ".webp"
	if !strings.Contains(shown, "]("+path+")") {
		t.Errorf("no page shows %s", path)
	}
	if info, err := os.Stat("../../" + path); err != nil || info.Size() > heaviest {
		t.Errorf("%s: make screenshots (%v)", path, err)
	}
}

// demoServer is a server with the accounts of the demo.
func demoServer(t *testing.T) *testkit.Server {
	t.Helper()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	if _, err := demo.Seed(t.Context(), demo.Deps{Store: s.Store, Hasher: s.Hasher, Outbox: s.Outbox, Now: s.Clock.Now}, s.Sites.All()); err != nil {
		t.Fatal(err)
	}
	return s
}
