package gatehouse

import (
	"slices"
	"strings"
)

// HomeCard is a card of the home page.
type HomeCard string

// The cards of the home page.
const (
	// CardProfile says what the profile lacks; it is shown only if something is missing.
	CardProfile   HomeCard = "profile"
	CardPlatforms HomeCard = "platforms"
	CardOrders    HomeCard = "orders"
	CardLinks     HomeCard = "links"
	CardCheckUp   HomeCard = "checkup"
	CardActivity  HomeCard = "activity"
	// CardSearches has the saved searches; it is shown only if there are some.
	CardSearches HomeCard = "searches"
)

// HomeCards are all cards, in default order. On pages that somebody has arranged, a new one goes
// to the end.
var HomeCards = []HomeCard{CardProfile, CardPlatforms, CardOrders, CardLinks, CardSearches, CardCheckUp, CardActivity}

// HomeLayout is a user's arrangement of the home page (A06): every card once.
type HomeLayout []PlacedCard

// PlacedCard is a card in its place.
type PlacedCard struct {
	Card   HomeCard
	Hidden bool
}

// CardAction is what a user does with a card.
type CardAction string

// The actions on cards.
const (
	CardUp   CardAction = "up"
	CardDown CardAction = "down"
	CardHide CardAction = "hide"
	CardShow CardAction = "show"
	// CardReset restores all cards to the default.
	CardReset CardAction = "reset"
)

// ReadHomeLayout reads what String wrote: names of cards, with a minus before hidden ones. Removed
// cards are left out and new ones come last, so every card is there once. Platform cards keep
// their place while they are away.
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

// String returns the layout as it is stored.
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

// Arrange applies an action to a card. there are the cards that the user's page can have now: a
// card moves past the next visible one, not past a hidden one. It returns false for an unknown
// action or card.
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

// move swaps a card with its neighbour; at the end it stays.
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

// Missing names something that a profile lacks.
type Missing string

// What a profile can lack.
const (
	MissingName         Missing = "name"
	MissingEmail        Missing = "email"
	MissingConfirmation Missing = "confirmation"
	MissingChallenge    Missing = "challenge"
)

// MissingOf returns what a user's profile lacks. A user with a complete one may arrange the home
// page (A06).
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
