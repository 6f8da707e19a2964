package journeys

import (
	"fmt"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// Users ticked on one page of the list stay ticked while its pages are turned, and all of them are
// named before anything is done.
func TestA09_TickedOverSeveralPages(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	admin := s.AddUser("meridian-uk", "boss", password, administrator)
	for i := range 60 {
		s.AddUser("meridian-uk", fmt.Sprintf("user-%02d", i), password, func(u *gatehouse.User) {
			u.CompanyID, u.FirstName, u.LastName = admin.CompanyID, "Grace", fmt.Sprintf("Bell %02d", i)
		})
	}
	b := testkit.Browser(t)
	browserSignIn(b, s, "meridian-uk", "Username", "boss", password)
	b.See("Good ")
	b.Open(s.URL("meridian-uk", "/company/users"))
	tick := func(name string) {
		t.Helper()
		b.See(name)
		testkit.Eval[bool](b, fmt.Sprintf(`[...document.querySelectorAll("tbody tr")].find((row) => row.textContent.includes(%q)).querySelector("input[name=user]").click(), true`, name))
	}
	tick("Bell 07")
	b.Follow("Next page")
	tick("Bell 55")
	if n := testkit.Eval[string](b, `document.querySelector("[data-count]").textContent`); n != "2" {
		t.Errorf("%s selected", n)
	}
	testkit.Eval[bool](b, `document.querySelector("#act").value = "deactivate", true`)
	b.Press("Continue")
	b.See("Deactivate 2 users?")
	b.See("Bell 07")
	b.See("Bell 55")
}
