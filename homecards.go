package gatehouse

import (
	"slices"
	"strings"
)

// HomeCard is a card of the home page.
type HomeCard string

// The cards of the home page.
const (
	// CardProfile says what the profile lacks; it is there while something is.
	CardProfile   HomeCard = "profile"
	CardPlatforms HomeCard = "platforms"
	CardOrders    HomeCard = "orders"
	CardLinks     HomeCard = "links"
	CardCheckUp   HomeCard = "checkup"
	CardActivity  HomeCard = "activity"
	// CardSearches has the saved searches; it is there while there are some.
	CardSearches HomeCard = "searches"
)

// HomeCards are all cards, in the order of a page that nobody has arranged. On pages that
// somebody has, a new one stands at the end.
var HomeCards = []HomeCard{CardProfile, CardPlatforms, CardOrders, CardLinks, CardSearches, CardCheckUp, CardActivity}

// HomeLayout is how a person has arranged the home page (A06): every card once.
type HomeLayout []PlacedCard

// PlacedCard is a card in its place.
type PlacedCard struct {
	Card   HomeCard
	Hidden bool
}

// CardAction is what somebody does with a card.
type CardAction string

// The actions on cards.
const (
	CardUp   CardAction = "up"
	CardDown CardAction = "down"
	CardHide CardAction = "hide"
	CardShow CardAction = "show"
	// CardReset puts all cards back.
	CardReset CardAction = "reset"
)

// ReadHomeLayout reads what String wrote: names of cards, a hidden one with a minus
// before it. Cards that are gone are left out, new ones come last: in any case,
// every card is there once. Those of platforms keep their place while they are away.
func ReadHomeLayout(stored string) HomeLayout {
	var l HomeLayout
	for word := range strings.FieldsSeq(stored) {
		name, hidden := strings.CutPrefix(word, "-")
		card := HomeCard(name)
		known := slices.Contains(HomeCards, card) || card.IsSupplied() && len(l) < mostSupplied // which may come back
		if known && l.index(card) < 0 {
			l = append(l, PlacedCard{card, hidden})
		}
	}
	for _, card := range HomeCards {
		if l.index(card) < 0 {
			l = append(l, PlacedCard{Card: card})
		}
	}
	return l
}

// String is the layout as it is stored.
func (l HomeLayout) String() string {
	words := make([]string, len(l))
	for i, p := range l {
		if p.Hidden {
			words[i] = "-"
		}
		words[i] += string(p.Card)
	}
	return strings.Join(words, " ")
}

// Arrange does an action on a card. there are the cards that the person's page can
// have now: a card moves past the next one that is seen, not past one that is not.
// It reports false for an action or a card that there is not.
func (l HomeLayout) Arrange(card HomeCard, action CardAction, there []HomeCard) (HomeLayout, bool) {
	if action == CardReset {
		return ReadHomeLayout(""), true
	}
	at := l.index(card)
	if at < 0 || !slices.Contains(there, card) {
		return l, false
	}
	l = slices.Clone(l)
	switch action {
	case CardHide, CardShow:
		l[at].Hidden = action == CardHide
		return l, true
	case CardUp:
		return l.move(at, -1, there), true
	case CardDown:
		return l.move(at, 1, there), true
	}
	return l, false
}

// move puts a card on the other side of its neighbour; at the end it stays.
func (l HomeLayout) move(at, by int, there []HomeCard) HomeLayout {
	for to := at + by; to >= 0 && to < len(l); to += by {
		if !l[to].Hidden && slices.Contains(there, l[to].Card) {
			moved := l[at]
			return slices.Insert(slices.Delete(l, at, at+1), to, moved)
		}
	}
	return l
}

func (l HomeLayout) index(card HomeCard) int {
	return slices.IndexFunc(l, func(p PlacedCard) bool { return p.Card == card })
}

// Missing names a thing that a profile lacks.
type Missing string

// What a profile can lack.
const (
	MissingName         Missing = "name"
	MissingEmail        Missing = "email"
	MissingConfirmation Missing = "confirmation"
	MissingChallenge    Missing = "challenge"
)

// MissingOf returns what a user's profile lacks. Who has a complete one may arrange
// the home page (A06).
func MissingOf(s Site, u User) []Missing {
	var missing []Missing
	add := func(lacks bool, what Missing) {
		if lacks {
			missing = append(missing, what)
		}
	}
	add(u.FirstName == "" || u.LastName == "", MissingName)
	add(u.Email == "", MissingEmail)
	add(u.Email != "" && !u.EmailConfirmed, MissingConfirmation)
	add(s.Recovery == RecoverByChallenge && !u.ChallengeSet, MissingChallenge)
	return missing
}
