package ui

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white border that scanners need, in modules (ISO/IEC 18004).
const quietZone = 4

// QR draws a text as a QR code: black on white, even if the page is dark. label describes it
// for users who cannot see it.
func (p *Page) QR(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			begin := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", begin+quietZone, y+quietZone, x-begin, x-begin)
			}
		}
	}
	size := code.Size + 2*quietZone
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="%s"/></svg>`,
		size, size, template.HTMLEscapeString(label), size, size, path.String())), nil
}

// Opener is an address that opens an authenticator app on the device itself. It is the only
// such scheme that gets into a link without being written in a template.
func (p *Page) Opener(address string) template.URL {
	if !strings.HasPrefix(address, "otpauth://totp/") {
		return "#"
	}
	return template.URL(address)
}
