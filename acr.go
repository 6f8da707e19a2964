package gatehouse

import "slices"

// The values of acr. They name what a sign-in has reached (SP 800-63B-4), and nothing else.
const (
	// ACRPassword: a sign-in that may claim no level. A code by email changes nothing: it is not a
	// second factor.
	ACRPassword = "urn:gatehouse:acr:password"
	ACRLevel1   = "urn:gatehouse:acr:aal1"
	ACRLevel2   = "urn:gatehouse:acr:aal2"
)

// ACRs are all values; each satisfies those before it.
var ACRs = []string{ACRPassword, ACRLevel1, ACRLevel2}

// ACR is the authentication context class that an assurance amounts to.
func (a Assurance) ACR() string { return ACRs[min(max(a.Level, 0), len(ACRs)-1)] }

// Fulfils reports whether an assurance reaches a value of acr. It never reaches an unknown one.
func (a Assurance) Fulfils(acr string) bool {
	i := slices.Index(ACRs, acr)
	return i >= 0 && a.Level >= i
}

// amrOf are the RFC 8176 values for methods. A code by email has its own value, which is not taken
// for a factor; trust in a device is no proof by itself. A synced passkey is a key in software
// ("swk"). Nothing attests that any other passkey is in hardware, so it only counts as a key
// ("pop") with a user present ("user").
var amrOf = map[Method][]string{
	MethodPassword: {"pwd"}, MethodEmailCode: {"email"}, MethodTOTP: {"otp"}, MethodTextMessage: {"sms"}, MethodRecoveryCode: {"otp"},
	MethodPasskey: {"pop", "user"}, MethodVerifiedPasskey: {"pop", "user"},
	MethodSyncedPasskey: {"swk", "user"}, MethodVerifiedSyncedPasskey: {"swk", "user"},
}

// AMR returns the authentication methods of an assurance. It includes mfa only if two factors were
// proved.
func (a Assurance) AMR() []string {
	amr := []string{}
	for _, m := range a.Methods {
		for _, v := range amrOf[m] {
			if !slices.Contains(amr, v) {
				amr = append(amr, v)
			}
		}
	}
	if a.Level >= 2 {
		amr = append(amr, "mfa")
	}
	return amr
}
