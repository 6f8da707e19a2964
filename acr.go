package gatehouse

import "slices"

// The values of acr. They name what a sign-in has reached (SP 800-63B-4), and nothing else.
const (
	// ACRPassword: a sign-in for which no level may be claimed. A code by mail changes nothing
	// about it: it is no second factor.
	ACRPassword = "urn:gatehouse:acr:password"
	ACRLevel1   = "urn:gatehouse:acr:aal1"
	ACRLevel2   = "urn:gatehouse:acr:aal2"
)

// ACRs are all values, each of which fulfils those before it.
var ACRs = []string{ACRPassword, ACRLevel1, ACRLevel2}

// ACR is the authentication context class that an assurance amounts to.
func (a Assurance) ACR() string { return ACRs[min(max(a.Level, 0), len(ACRs)-1)] }

// Fulfils reports whether an assurance reaches a value of acr; one that nobody knows it
// does not.
func (a Assurance) Fulfils(acr string) bool {
	i := slices.Index(ACRs, acr)
	return i >= 0 && a.Level >= i
}

// amrOf are the values of RFC 8176 for methods. A code by mail has a value of its own, which
// nobody takes for a factor; trust in a device is no proof of its own. A passkey that is synced
// is a key in software ("swk"); of one that is not, nobody has attested that it is in hardware,
// so no more is said than that there is a key ("pop"), and that somebody was there ("user").
var amrOf = map[Method][]string{
	MethodPassword: {"pwd"}, MethodEmailCode: {"email"}, MethodTOTP: {"otp"}, MethodTextMessage: {"sms"}, MethodRecoveryCode: {"otp"},
	MethodPasskey: {"pop", "user"}, MethodVerifiedPasskey: {"pop", "user"},
	MethodSyncedPasskey: {"swk", "user"}, MethodVerifiedSyncedPasskey: {"swk", "user"},
}

// AMR are the authentication methods of an assurance. mfa is among them only where two
// factors were proved.
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
