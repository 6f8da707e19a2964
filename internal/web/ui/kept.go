package ui

import (
	"bytes"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"weak"

	"gatehouse/internal/site"
)

// Most pages that are shown go to visitors who have not signed in: sign-in, help, contact, and
// the page for the code of an app. Such a page is the same for all of them, or for all who have
// a few things in common, except for the token in its forms. It is rendered once per site and
// language, from a frame and a view that contain nothing of any visitor, and cached; each
// answer gets its own token. See decision 0037.

// Alike is a view that may look the same to everybody.
type Alike interface {
	View
	// Alike returns the address at which the view is the same for everybody who has not
	// signed in; empty if it contains anything that only some visitors see.
	Alike() string
}

// AlikeAmong is a view that looks the same to all visitors who have a few things in common, such
// as the ways in which they prove who they are.
type AlikeAmong interface {
	View
	// AlikeAmong returns the address of the view, what those visitors have in common, and a view
	// made of that alone, which is rendered for all of them; an empty address if the view
	// contains anything else.
	AlikeAmong() (address, common string, view View)
}

// Nothing reports whether all fields of a view are empty.
func Nothing(v View) bool { return reflect.ValueOf(v).IsZero() }

// kept are the cached pages of one site, as it was loaded.
type kept struct {
	pages sync.Map // keptKey -> *keptPage
	among atomic.Int64
}

// mostAmong is how many pages for some of the visitors are cached for a site: far more than the
// few that its users share, and a limit to the memory.
const mostAmong = 200

type keptKey struct{ lang, address, common string }

// keptPage is a page in pieces; the token of the visitor's form goes between them.
type keptPage struct {
	pieces  [][]byte
	actions []string // the targets of its forms
	size    int      // of all pieces
}

// keptOf are the cached pages of a site. They go when the site goes: a reloaded site is
// another value, even if nothing in it has changed.
func (p *Pages) keptOf(s *site.Site) *kept {
	key := weak.Make(s)
	if found, ok := p.kept.Load(key); ok {
		return found.(*kept)
	}
	found, others := p.kept.LoadOrStore(key, &kept{})
	if !others {
		runtime.AddCleanup(s, func(key weak.Pointer[site.Site]) { p.kept.Delete(key) }, key)
	}
	return found.(*kept)
}

// alike finds the page that a request shares with everybody else's, if there is one;
// nil: the page has something of this visitor. Deny by default: anything in a frame that
// may be about one visitor prevents sharing, and so does an unusual spelling of the
// path, because the path is in the language menu.
func (p *Pages) alike(f Frame, view View) (*keptPage, error) {
	if f.Site == nil || f.User != nil || f.Company != nil || f.Again != nil {
		return nil, nil
	}
	address, common := "", ""
	switch v := view.(type) {
	case Alike:
		address = v.Alike()
	case AlikeAmong:
		var all View
		if address, common, all = v.AlikeAmong(); all == nil || all.Template() != view.Template() { // that of a view in it
			return nil, nil
		}
		view = all
	}
	if address == "" || address != f.Path {
		return nil, nil
	}
	of, key := p.keptOf(f.Site), keptKey{f.Lang, address, common}
	if found, ok := of.pages.Load(key); ok {
		return found.(*keptPage), nil
	}
	if common != "" && of.among.Add(1) > mostAmong {
		return nil, nil
	}
	body, err := p.Render(Frame{Site: f.Site, Lang: f.Lang, Path: address}, view)
	if err != nil {
		return nil, err
	}
	made := &keptPage{pieces: bytes.Split(body, []byte(unsigned)), actions: actions(body)}
	for _, piece := range made.pieces {
		made.size += len(piece)
	}
	found, _ := of.pages.LoadOrStore(key, made)
	return found.(*keptPage), nil
}

// signed is the whole page, with the token of one visitor in its forms.
func (k *keptPage) signed(token func(actions []string) string) []byte {
	if len(k.pieces) == 1 {
		return k.pieces[0]
	}
	field := unsigned
	if token != nil {
		field = strings.Replace(unsigned, unsignedValue, token(k.actions), 1)
	}
	page := make([]byte, 0, k.size+(len(k.pieces)-1)*len(field))
	for i, piece := range k.pieces {
		if i > 0 {
			page = append(page, field...)
		}
		page = append(page, piece...)
	}
	return page
}

// page is the answer to a visit.
func (p *Pages) page(f Frame, status int, view View) ([]byte, error) {
	if status == http.StatusOK {
		shared, err := p.alike(f, view)
		if err != nil {
			return nil, err
		}
		if shared != nil {
			return shared.signed(f.Token), nil
		}
	}
	return p.Render(f, view)
}
