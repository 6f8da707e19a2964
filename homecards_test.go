package gatehouse_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gatehouse"
)

func TestReadHomeLayout(t *testing.T) {
	const everybody = "profile platforms orders links searches checkup activity"
	for stored, want := range map[string]string{
		"":                            everybody,
		"activity -checkup":           "activity -checkup profile platforms orders links searches",
		"news activity news":          "activity profile platforms orders links searches checkup",
		"orders -orders orders":       "orders profile platforms links searches checkup activity",
		"--orders - \n\x00 profile\t": everybody,
	} {
		if got := gatehouse.ReadHomeLayout(stored).String(); got != want {
			t.Errorf("%q: %s", stored, got)
		}
	}
}

func TestArrange(t *testing.T) {
	there := []gatehouse.HomeCard{"platforms", "orders", "checkup", "activity"} // a complete profile, no links
	for _, c := range []struct {
		from, do, want string
	}{
		{"", "checkup up", "profile platforms checkup orders links searches activity"},
		{"", "orders down", "profile platforms links searches checkup orders activity"},
		{"", "platforms up", "profile platforms orders links searches checkup activity"},
		{"", "activity down", "profile platforms orders links searches checkup activity"},
		{"", "orders hide", "profile platforms -orders links searches checkup activity"},
		{"platforms -orders checkup activity", "checkup up", "checkup platforms -orders activity profile links searches"},
		{"platforms -orders", "orders show", "platforms orders profile links searches checkup activity"},
		{"activity -platforms", "x reset", "profile platforms orders links searches checkup activity"},
		{"", "orders explode", ""}, {"", "news up", ""}, {"", "links hide", ""}, {"", "profile hide", ""}, {"", " ", ""},
	} {
		card, action, _ := strings.Cut(c.do, " ")
		got, ok := gatehouse.ReadHomeLayout(c.from).Arrange(gatehouse.HomeCard(card), gatehouse.CardAction(action), there)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%q, %s: %v %s", c.from, c.do, ok, got)
		}
	}
}

// No matter how often the user presses, every card is there once and the list does not grow.
func TestArrangeKeepsEveryCard(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	actions := []gatehouse.CardAction{gatehouse.CardUp, gatehouse.CardDown, gatehouse.CardHide, gatehouse.CardShow, gatehouse.CardReset, "odd"}
	layout := gatehouse.ReadHomeLayout("")
	for range 10_000 {
		was := layout.String()
		card := gatehouse.HomeCards[random.IntN(len(gatehouse.HomeCards))]
		layout, _ = layout.Arrange(card, actions[random.IntN(len(actions))], gatehouse.HomeCards[random.IntN(3):])
		var cards []string
		for _, p := range layout {
			cards = append(cards, string(p.Card))
		}
		slices.Sort(cards)
		if fmt.Sprint(cards) != "[activity checkup links orders platforms profile searches]" || gatehouse.ReadHomeLayout(layout.String()).String() != layout.String() {
			t.Fatalf("%s became %s", was, layout)
		}
	}
}

func TestMissingOf(t *testing.T) {
	classic := gatehouse.Site{Recovery: gatehouse.RecoverByChallenge}
	full := gatehouse.User{FirstName: "A", LastName: "B", Email: "a@b.example", EmailConfirmed: true}
	if got := fmt.Sprint(gatehouse.MissingOf(classic, gatehouse.User{})); got != "[name email challenge]" {
		t.Error(got)
	}
	if got := fmt.Sprint(gatehouse.MissingOf(classic, full)); got != "[challenge]" {
		t.Error(got)
	}
	if got := gatehouse.MissingOf(gatehouse.Site{}, full); got != nil {
		t.Error(got)
	}
	full.EmailConfirmed = false
	if got := fmt.Sprint(gatehouse.MissingOf(gatehouse.Site{}, full)); got != "[confirmation]" {
		t.Error(got)
	}
}
