package portal

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

func TestAcceptedTextIsShownSafely(t *testing.T) {
	doc := show(t, "uk", AcceptedText{Acceptance: acceptances()[0], Text: "# Terms\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n"}, pages.SignedIn)
	if doc.Find("main script, main a[href^='javascript']").Length() != 0 || !strings.Contains(doc.Find("main").Text(), "<script>") {
		t.Error("the text has markup of its own")
	}
	if got := pages.Attr(doc, "main .btn", "href"); got != "/account/terms/acc_2/download" {
		t.Error(got)
	}
}

func TestAcceptedFileIsWordForWord(t *testing.T) {
	text := "# Terms\n\nTo the last space. \r\n"
	a := acceptances()[0]
	a.TextHash = gatehouse.TermsHash(text)
	file := acceptedFile(&ui.Visit{Site: fixture.Sites()["uk"], Lang: "en-GB", User: fixture.User()}, a, text)
	head, below, found := strings.Cut(file, strings.Repeat("-", 64)+"\n")
	if !found || below != text || gatehouse.TermsHash(below) != a.TextHash {
		t.Errorf("%q", file)
	}
	for _, want := range []string{"Meridian UK, version 2026-09\n", "21 November 2026, 14:32 GMT (2026-11-21T14:32:00Z)\n", "msantos\n", "en-GB\n", a.TextHash + "\n"} {
		if !strings.Contains(head, want) {
			t.Errorf("the head lacks %q: %s", want, head)
		}
	}
}
