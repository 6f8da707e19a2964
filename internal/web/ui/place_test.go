package ui

import "testing"

func TestPlaceOf(t *testing.T) {
	p := &Page{Frame: Frame{Lang: "de"}, pages: &Pages{}}
	if got := p.PlaceOf("192.0.2.7"); got != "192.0.2.7" {
		t.Errorf("without places: %q", got)
	}
	p.pages.Place = func(lang, address string) string {
		if address == "192.0.2.7" {
			return "Köln, Deutschland (" + lang + ")"
		}
		return ""
	}
	for address, want := range map[string]string{"192.0.2.7": "Köln, Deutschland (de)", "192.0.2.8": "192.0.2.8", "": ""} {
		if got := p.PlaceOf(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
