package console

import (
	"slices"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.SuiteOf(Templates, samples, hostile)

func TestViews(t *testing.T) { suite.Test(t) }

func show(t *testing.T, id string, view ui.View, change ...func(*ui.Frame)) *goquery.Document {
	t.Helper()
	return suite.Show(t, id, view, change...)
}

// samples are every view in every state that changes its page.
func samples() []pages.Sample {
	return slices.Concat(userSamples(), enhancedSecuritySamples(), platformSamples(), bulkSamples(), importSamples(), activitySamples(), policySamples())
}

// hostile puts a probe into the texts of a view that come from people.
func hostile(v ui.View, probe string) ui.View {
	switch v := v.(type) {
	case Platforms:
		return fullPlatforms(probe, hostileUser(probe))
	case CompanyActivity:
		v.Person, v.Address = probe, probe
		v.Countries = []directory.Country{{Code: probe, Name: probe}}
		v.Events, v.People = []gatehouse.Event{{Kind: gatehouse.EventSignIn, UserID: "usr_1", UserAgent: probe, IPAddress: probe, At: fixture.Noon}}, map[string]gatehouse.User{"usr_1": {ID: probe, FirstName: probe, Username: probe}}
		return v
	case ImportUpload:
		v.Recent = []gatehouse.Import{hostileImport(probe).Import}
		return v
	case ImportColumns:
		return ImportColumns{Import: hostileImport(probe).Import, Sample: []directory.SampleColumn{{Heading: probe, Examples: []string{probe}}}}
	case ImportLines:
		return hostileImport(probe)
	case PlatformReach:
		return PlatformReach{Of: somePlatforms(probe)[0]}
	case Users:
		v.List.Text, v.Users = probe, []gatehouse.User{hostileUser(probe)}
		return v
	case Requests:
		u := hostileUser(probe)
		v.Users = []directory.AskedByUser{{UserRequest: gatehouse.UserRequest{Kind: gatehouse.RequestUsername, UserID: probe, At: fixture.Noon}, User: u}}
		v.Access = fullPlatforms(probe, u).Requests
		return v
	case Policy:
		v.Stored.ChangedAt, v.Stored.ChangedBy = fixture.Noon, probe
		return v
	case PolicyConfirm:
		v.Stored.ChangedAt, v.Stored.ChangedBy, v.Changed = fixture.Noon, probe, true
		return v
	case DeletedUsers:
		return DeletedUsers{[]gatehouse.User{hostileUser(probe)}}
	case UserForm:
		v.Of, v.Typed = hostileUser(probe), directory.UserFields{Username: probe, FirstName: probe, LastName: probe, Email: probe, Locale: probe, Role: gatehouse.Role(probe)}
		return v
	case UserActivity:
		v.Of = hostileUser(probe)
		return v
	case UserDetail:
		v.Of, v.Email, v.Trusted = hostileUser(probe), probe, []gatehouse.Device{{ID: probe, UserAgent: probe, IPAddress: probe, TrustedAt: fixture.Noon}}
		v.Mails = []directory.Mailed{{Message: directory.Message{ID: probe, Subject: probe, Recipient: probe, State: "bounced", Reply: probe}, Way: directory.WayAgain}}
		return v
	}
	return v
}

func hostileUser(probe string) gatehouse.User {
	return gatehouse.User{ID: probe, Username: probe, FirstName: probe, LastName: probe, Email: probe, Bounce: gatehouse.Bounce{At: fixture.Noon, Reason: probe}}
}
