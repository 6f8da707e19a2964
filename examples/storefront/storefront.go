// Package storefront is a shop for companies, as an example of a platform: the sign-in
// says which company's prices to show.
package storefront

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"strings"

	"gatehouse/examples/platform"
)

//go:embed storefront.html
var source string

var page = template.Must(template.New("storefront").Parse(source))

type product struct {
	Number, Name, Unit string
	list               int // pence
}

var products = []product{
	{"KB-1140", "Keyboard, quiet, UK layout", "each", 3490},
	{"MN-2704", "Monitor, 27 inch, height-adjustable", "each", 21900},
	{"DK-0031", "Docking station, two screens", "each", 14250},
	{"HS-8810", "Headset, both ears, USB", "each", 5775},
	{"PP-0500", "Paper, A4, 80 g, 5 × 500 sheets", "box", 1895},
}

// New is the shop. The provider asks for its card.
func New(p *platform.Platform) http.Handler {
	p.AnswerCards(func(u platform.User) platform.Card { return Card(u, p.URL) })
	return p.Handler(func(w http.ResponseWriter, r *http.Request, u platform.User) {
		asked := strings.TrimSpace(r.URL.Query().Get("q"))
		view := struct {
			User     platform.User
			Asked    string
			Discount int
			Products []offer
		}{User: u, Asked: asked, Discount: discount(u)}
		for _, one := range products {
			if strings.Contains(strings.ToLower(one.Name+" "+one.Number), strings.ToLower(asked)) {
				view.Products = append(view.Products, offer{one, one.list * (100 - view.Discount) / 100})
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page.Execute(w, view) //nolint:errcheck // the browser has gone
	})
}

// cardLines is how much of the catalogue is on a card.
const cardLines = 3

// Card has the first products of the catalogue, at the company's price if the shop knows
// the company.
func Card(u platform.User, at string) platform.Card {
	card, off := platform.Card{Title: "In the catalogue", Link: at + "/", Lang: "en-GB"}, 0
	if u.AccountNumber != "" {
		card.Title, off = "Your prices", discount(u)
	}
	for _, one := range products[:cardLines] {
		price := one.list * (100 - off) / 100
		card.Lines = append(card.Lines, platform.Line{Title: one.Name, Text: one.Number, Amount: fmt.Sprintf("%d.%02d", price/100, price%100), Currency: "GBP"})
	}
	return card
}

// offer is a product at the company's price.
type offer struct {
	product
	price int
}

func (o offer) Price() string { return pounds(o.price) }
func (o offer) List() string  { return pounds(o.list) }

func pounds(pence int) string { return fmt.Sprintf("£%d.%02d", pence/100, pence%100) }

// discount is what a company has agreed on: 5 to 14 per cent.
func discount(u platform.User) int {
	h := fnv.New32a()
	h.Write([]byte(u.AccountNumber))
	return 5 + int(h.Sum32()%10)
}
