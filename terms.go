package gatehouse

// TermsDue reports whether a user must accept the terms before anything else
// works: a new version asks everyone again (A03).
func TermsDue(s Site, u User) bool {
	return s.TermsVersion != "" && u.TermsAccepted != s.TermsVersion
}

// SoleUserDue reports whether "are you the only person who uses this sign-in?" is
// to be asked: once for each version of the terms, where the site asks (A04).
func SoleUserDue(s Site, u User) bool {
	return s.AsksSoleUser && u.SoleUserFor != soleUserVersion(s)
}

// soleUserVersion is what the answer is kept for; a site without terms asks once.
func soleUserVersion(s Site) string {
	if s.TermsVersion == "" {
		return "once"
	}
	return s.TermsVersion
}
