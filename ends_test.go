package gatehouse

import "testing"

// What holds for every row: anyone who is signed out cannot continue an unfinished sign-in, a
// forgotten device is not trusted, and a waiting change of address does not outlive the links that
// undo changes.
func TestEndsIsConsistent(t *testing.T) {
	for _, c := range Changes() {
		e := Ends(c)
		if e.SignIns < e.Sessions {
			t.Errorf("%s: sessions end, and sign-ins go on", c)
		}
		if e.Devices != None && !e.Trust {
			t.Errorf("%s: devices are forgotten, and the one that is kept is trusted", c)
		}
		if e.Undo && !e.Confirmations {
			t.Errorf("%s: changes cannot be taken back, and go on waiting", c)
		}
		if e.Temporary && e.Mail < PasswordMail {
			t.Errorf("%s: a temporary password ends, and is mailed all the same", c)
		}
	}
}

func TestButKeepsOnlyAmongOthers(t *testing.T) {
	for extent, want := range map[Extent]string{None: "", Others: "ses_1", All: ""} {
		if got := extent.But("ses_1"); got != want {
			t.Errorf("%d keeps %q, want %q", extent, got, want)
		}
	}
}
