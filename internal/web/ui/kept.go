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

// Most pages that are shown go to unknown visitors who have not signed in: sign-in, help,
// contact. Such a page is the same for all of them except for the token in its forms. It is
// rendered once per site and language, from a frame that contains nothing of any visitor,
// and cached; each answer gets its own token. See decision 0037.

// Alike is a view that may look the same to everybody.
type Alike interface {
	View
	// Alike returns the address at which the view is the same for everybody who has not
	// signed in; empty if it contains anything that only some visitors see.
	Alike() string
}

// Nothing reports whether all fields of a view are empty.
func Nothing(v View) bool { return reflect.ValueOf(v).IsZero() }

// kept are the cached pages of one site, as it was loaded.
type kept struct{ pages sync.Map } // keptKey -> *keptPage

type keptKey struct{ lang, address string }

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
