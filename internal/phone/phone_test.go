package phone_test

import (
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"gatehouse/internal/phone"
)

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ typed, country, want, of string }{
		{"+44 7400 123456", "", "+447400123456", "GB"},
		{"0044 (0)7400-123456", "DE", "+447400123456", "GB"},
		{"07400 123 456", "GB", "+447400123456", "GB"},
		{"447400123456", "GB", "+447400123456", "GB"},
		{"tel:+49-1512-3456789", "", "+4915123456789", "DE"},
		{"0151 / 234 567 89", "DE", "+4915123456789", "DE"},
		{"06 12 34 56 78", "FR", "+33612345678", "FR"},
		{"(201) 555-0123", "US", "+12015550123", "US"},
		{"1-201-555-0123", "US", "+12015550123", "US"},
		{"+1 506 234 5678", "", "+15062345678", "CA"},
		{"011 15-2345-6789", "AR", "+5491123456789", "AR"},
		{"＋４９ １５１２ ３４５６７８９", "", "+4915123456789", "DE"},
		{"312 345 6789", "IT", "+393123456789", "IT"},
	} {
		n, why := phone.Read(c.typed, c.country)
		if why != "" || n.E164 != c.want || n.Country != c.of {
			t.Errorf("%q in %q: %+v %s", c.typed, c.country, n, why)
		}
	}
}

func TestWhatIsNoMobileNumber(t *testing.T) {
	for _, c := range []struct {
		typed, country string
		want           phone.Reason
	}{
		{"", "GB", phone.NoNumber},
		{"my phone", "GB", phone.NoNumber},
		{"07400 123456 ext 3", "GB", phone.NoNumber},
		{"+", "", phone.NoNumber},
		{"+999 123456789", "", phone.NoNumber},
		{strings.Repeat("0", 5000), "GB", phone.NoNumber},
		{"07400 123456", "", phone.NoCountry},
		{"07400 123456", "XX", phone.NoCountry},
		{"020 7946 0018", "GB", phone.NotMobile},  // a landline in London
		{"+49 30 123456", "", phone.NotMobile},    // one in Berlin
		{"+44 909 879 0123", "", phone.NotMobile}, // premium
		{"0900 1 123456", "DE", phone.NotMobile},  // premium
		{"+44 800 123 4567", "", phone.NotMobile}, // free of charge
		{"+44 70 1234 5678", "", phone.NotMobile}, // forwarded, at a price
		{"+44 7400 1234567", "", phone.NotMobile}, // a digit too many
		{"+44 7400 12345", "", phone.NotMobile},   // one too few
		{"+882 16 12345678", "", phone.NoNumber},  // satellites
		{"+1 310 1234", "", phone.NotMobile},      // a service in Canada, and no number in Bermuda without its area code
		{"999", "GB", phone.NotMobile},            // emergency
		{"+44 7400 123456\x00", "", phone.NoNumber},
	} {
		if n, why := phone.Read(c.typed, c.country); why != c.want {
			t.Errorf("%q in %q: %+v %q, want %q", c.typed, c.country, n, why, c.want)
		}
	}
}

// mobile reports whether the library accepts a number as one for text messages.
func mobile(n *phonenumbers.PhoneNumber) bool {
	kind := phonenumbers.GetNumberType(n)
	return phonenumbers.IsValidNumber(n) && (kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE)
}

func TestExamplesOfEveryCountry(t *testing.T) {
	countries := 0
	for country := range phonenumbers.GetSupportedRegions() {
		n := phonenumbers.GetExampleNumberForType(country, phonenumbers.MOBILE)
		if n == nil || !mobile(n) {
			continue
		}
		countries++
		want := phonenumbers.Format(n, phonenumbers.E164)
		for _, form := range []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL, phonenumbers.RFC3966} {
			typed := phonenumbers.Format(n, form)
			if country == "AR" && form == phonenumbers.NATIONAL {
				typed = "011 15-2345-6789" // the library writes 09 instead of the area
			}
			got, why := phone.Read(typed, country)
			if why != "" || got.E164 != want || got.Country != phonenumbers.GetRegionCodeForNumber(n) {
				t.Errorf("%s: %q is %+v (%s), want %s", country, typed, got, why, want)
			}
		}
	}
	if countries < 200 {
		t.Errorf("only %d countries", countries)
	}
}

// Random numbers: the library that the table is made from says the same about each.
func TestAsTheLibrary(t *testing.T) {
	var countries []string
	for country := range phonenumbers.GetSupportedRegions() {
		countries = append(countries, country)
	}
	rapid.Check(t, func(t *rapid.T) {
		country := rapid.SampledFrom(countries).Draw(t, "country")
		kind := rapid.SampledFrom([]phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.PREMIUM_RATE,
			phonenumbers.TOLL_FREE, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.VOIP, phonenumbers.UAN}).Draw(t, "kind")
		example := phonenumbers.GetExampleNumberForType(country, kind)
		if example == nil {
			return
		}
		digits := []byte(phonenumbers.Format(example, phonenumbers.E164))
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(4, len(digits)-1).Draw(t, "at")
			digits[at] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		typed := string(digits)
		n, err := phonenumbers.Parse(typed, "")
		if err != nil {
			return
		}
		got, why := phone.Read(typed, "")
		want := phonenumbers.Format(n, phonenumbers.E164) // without a 0 after the calling code, which we need not accept
		accepted := why == ""
		if accepted && !mobile(n) || !accepted && mobile(n) && want == typed {
			t.Fatalf("%s: %+v (%s), the library says %v %v", typed, got, why, phonenumbers.GetNumberType(n), phonenumbers.IsValidNumber(n))
		}
		if accepted && (got.E164 != want || got.Country != phonenumbers.GetRegionCodeForNumber(n)) {
			t.Fatalf("%s: %+v, the library says %s in %s", typed, got, want, phonenumbers.GetRegionCodeForNumber(n))
		}
	})
}
