package ui

// PlaceOf is roughly where an address is, "Leeds, United Kingdom" (C09); where that is
// not known, the address itself.
func (p *page) PlaceOf(address string) string {
	if p.pages.Place != nil {
		if place := p.pages.Place(p.Lang, address); place != "" {
			return place
		}
	}
	return address
}
