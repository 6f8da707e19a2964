package ui

import (
	"bytes"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"weak"

	"gatehouse/internal/site"
)

// Most pages that are shown go to visitors who have not signed in and of whom nothing is
// known: sign-in, help, contact. Such a page is the same for all of them but for the token
// in its forms. It is rendered once for a site and a language, from a frame that holds
// nothing of any visitor, and kept; each answer gets a token of its own. See decision 0037.

// Alike is a view that may look the same to everybody.
type Alike interface {
	View
	// Alike returns the address at which the view is the same for everybody who has not
	// signed in; empty where it holds anything that only some visitors see.
	Alike() string
}

// Nothing reports whether a view holds nothing at all, however many fields it has.
func Nothing(v View) bool { return reflect.ValueOf(v).IsZero() }

// kept are the pages of one site, as it was loaded.
type kept struct{ pages sync.Map } // keptKey -> *keptPage

type keptKey struct{ lang, address string }

// keptPage is a page in pieces, between which the token of the visitor's form goes.
type keptPage struct {
	pieces  [][]byte
	actions []string // where its forms lead
	size    int      // of all pieces
}

// keptOf are the pages that are kept for a site. They go when the site goes: one that is
// loaded again is another value, even if nothing of it has changed.
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

// alike finds the page that a request shares with everybody else's, if it does; nil: the
// page has something of this visitor. Deny by default: anything in a frame that may be
// about one visitor keeps it out, and so does a path that was written in any other way,
// because the path stands in the language menu.
func (p *Pages) alike(f Frame, view View) (*keptPage, error) {
	v, may := view.(Alike)
	if !may || f.Site == nil || f.User != nil || f.Company != nil || f.Again != nil {
		return nil, nil
	}
	address := v.Alike()
	if address == "" || address != f.Path {
		return nil, nil
	}
	of, key := p.keptOf(f.Site), keptKey{f.Lang, address}
	if found, ok := of.pages.Load(key); ok {
		return found.(*keptPage), nil
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

// page is what a visit is answered with.
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
