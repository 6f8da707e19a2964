// Package orders is an order desk, as an example of a second platform: users who have
// signed in to the first one are signed in here, too, without another password.
package orders

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"time"

	"gatehouse/examples/platform"
)

//go:embed orders.html
var source string

var page = template.Must(template.New("orders").Parse(source))

// Order is one order of a company.
type Order struct {
	Number, Text, State string
	On                  time.Time
}

// New is the order desk. It sends its users a card when they visit.
func New(p *platform.Platform) http.Handler {
	p.SendCards("recent-orders", func(u platform.User) platform.Card { return Card(u, p.URL, p.Now()) })
	return p.Handler(func(w http.ResponseWriter, r *http.Request, u platform.User) {
		view := struct {
			User   platform.User
			All    bool
			Orders []Order
		}{u, u.Role == "admin", Of(u, p.Now())}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page.Execute(w, view) //nolint:errcheck // the browser has gone
	})
}

var texts = []string{"12 × Docking station, two screens", "40 × Paper, A4, 80 g", "3 × Monitor, 27 inch", "25 × Keyboard, quiet", "8 × Headset, both ears"}
var states = []string{"Being packed", "On its way", "Delivered", "Delivered", "Delivered"}
var tones = map[string]string{"Being packed": "warn", "On its way": "info", "Delivered": "ok"}

// Card has the orders that a user may see.
func Card(u platform.User, at string, now time.Time) platform.Card {
	card := platform.Card{Title: "Recent orders", Link: at + "/", Lang: "en-GB"}
	for _, one := range Of(u, now) {
		card.Lines = append(card.Lines, platform.Line{Title: one.Number, Text: one.Text, Date: one.On.Format(time.DateOnly), State: one.State, Tone: tones[one.State]})
	}
	return card
}

// Of are the orders that a user may see, the newest first: administrators see the whole
// company's. They are made up from the account number.
func Of(u platform.User, now time.Time) []Order {
	h := fnv.New32a()
	h.Write([]byte(u.AccountNumber))
	seed := h.Sum32()
	most := 2
	if u.Role == "admin" {
		most = len(texts)
	}
	var all []Order
	for i := range most {
		n := (int(seed%5) + i) % len(texts)
		all = append(all, Order{Number: fmt.Sprintf("SO-%d", 40000+int(seed%9000)-7*i), Text: texts[n], State: states[i], On: now.AddDate(0, 0, -1-4*i)})
	}
	return all
}
