package signin_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
)

// B08, invariant 5: if the password has expired on a trusted device, the new one ends the trust,
// and a code is required in the same sign-in. Otherwise the user would be led back to the start,
// with the old password, for as long as the trust lasts.
func TestB08AnExpiredPasswordOnATrustedDevice(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u, day := *s.uk(), s.careful("expired", nil), 24*time.Hour
		st.Policy.Password.MaxAge = 10 * day
		out, err := s.SignIn.EnterCode(ctx, &st, s.atCode(u), signin.CodeForm{Code: s.mailedCode(u), Trust: true})
		s.must(err)
		s.Clock.Add(11 * day)
		in, err := s.SignIn.Password(ctx, &st, signin.PasswordRequest{Username: u.Username, Password: first, Device: out.Device, Caller: visitor(&st)})
		if err != nil || in.Step != gatehouse.StepPassword {
			t.Fatalf("in the trusted browser: %+v, %v", in, err)
		}
		at := s.at(&st, in)
		at.Device = out.Device
		in, err = s.SignIn.ChoosePassword(ctx, &st, at, chosen)
		if err != nil || in.Step != gatehouse.StepCode {
			t.Fatalf("after the new password: %+v, %v", in, err)
		}
		s.trustedIn(u, 0)
		s.wantIn(at, s.mailedCode(u))
		if n := s.codeMails(u); n != 2 {
			t.Errorf("%d codes were sent, want 2", n)
		}
	})
}
