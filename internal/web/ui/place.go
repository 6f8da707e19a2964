package ui

// PlaceOf is roughly where an address is, "Leeds, United Kingdom" (C09); if unknown,
// the address itself.
func (p *Page) PlaceOf(address string) string {
	if p.pages.Place != nil {
		if place := p.pages.Place(p.Lang, address); place != "" {
			return place
		}
	}
	return address
}

// Place is PlaceOf, or says that the place is unknown.
func (p *Page) Place(address string) string {
	if place := p.PlaceOf(address); place != "" {
		return place
	}
	return p.T("devices.nowhere")
}
