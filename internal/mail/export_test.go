package mail

// What the tests outside the package share with those in it. They are outside because
// internal/testkit may import this package.
var (
	TestTime      = testTime
	TestSite      = testSite
	TestRecipient = testRecipient
	Samples       = samples
	SiteIn        = siteIn
)
