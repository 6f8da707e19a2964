package portal

import (
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// linesSeen is how many lines of a platform's card are visible before the rest is folded.
const linesSeen = 5

// suppliedCard is a platform's card in the words of a page.
type suppliedCard struct {
	sso.SuppliedCard
	// From is the platform's name; Lang is the language of the card, if it differs from the
	// page's.
	From, Lang string
	// Lines are the visible ones, More the folded ones.
	Lines, More []suppliedLine
	// Old is when it arrived, if that was a while ago.
	Old string
}

// suppliedLine is a line of a platform's card.
type suppliedLine struct {
	gatehouse.CardLine
	// Money and Day are amount and date in the page's language, Badge the class of the state.
	Money, Day, Badge string
}

// supplied is what the page shows of a platform's card.
func (v Home) supplied(p *ui.Page, name gatehouse.HomeCard) *suppliedCard {
	for _, c := range v.Supplied {
		if c.Name() == name {
			return suppliedOf(p, c)
		}
	}
	return nil
}

func suppliedOf(p *ui.Page, c sso.SuppliedCard) *suppliedCard {
	card := &suppliedCard{SuppliedCard: c, From: c.Platform.NameIn(p.Lang)}
	if c.Waiting {
		card.Body.Title = card.From
	}
	if c.Body.Lang != p.Lang {
		card.Lang = c.Body.Lang
	}
	for i, line := range c.Body.Lines {
		l := suppliedLine{CardLine: line}
		if line.Amount != "" {
			l.Money = p.Amount(line.Amount, line.Currency)
		}
		if day, err := time.Parse(time.DateOnly, line.Date); err == nil {
			l.Day = p.Date(day)
		}
		if line.Tone != "" {
			l.Badge = "badge-" + line.Tone
		}
		if i < linesSeen {
			card.Lines = append(card.Lines, l)
		} else {
			card.More = append(card.More, l)
		}
	}
	if !c.Waiting && p.Now.Sub(c.AsOf) > gatehouse.CardOld {
		card.Old = p.When(c.AsOf)
	}
	return card
}

// namesOf are the home page's names for cards.
func namesOf(cards []sso.SuppliedCard) (names []gatehouse.HomeCard) {
	for _, c := range cards {
		names = append(names, c.Name())
	}
	return names
}
