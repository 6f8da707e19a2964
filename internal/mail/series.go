package mail

import (
	"reflect"
	"strings"
	"sync"

	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Series writes the same notice to very many users. The text is rendered from its source once
// for all users that differ only in username, name and address; those are then filled in for
// each. Its methods may be called from any goroutine.
type Series struct {
	outbox *Outbox
	mu     sync.Mutex
	drafts map[draftOf]draft
}

// Series begins a series of notices.
func (o *Outbox) Series() *Series { return &Series{outbox: o, drafts: map[draftOf]draft{}} }

// draftOf is what several notices share: the message and the recipient, with blanks for
// what is filled in.
type draftOf struct {
	site *site.Site
	to   Recipient
	msg  Message
}

// draft is what a message says, with blanks.
type draft struct {
	says document
	lang string
	// whole: nothing can be filled in, as it has a blank in a link, or a line that is cut.
	whole bool
}

// A blank is a character that no text has: it is reserved for private use, and a value that
// contains one is not filled in.
const (
	blankUsername = "\ue100"
	blankName     = "\ue101"
	blankAddress  = "\ue102"
	blanks        = blankUsername + blankName + blankAddress
)

// Write is Outbox.Write. named returns the message for a username.
func (s *Series) Write(st *site.Site, to Recipient, username string, named func(username string) Message) (store.Message, error) {
	msg := named(username)
	return s.outbox.write(st, to, msg, func(to Recipient) (document, string, error) {
		if clean(username) == "" || strings.ContainsAny(username+to.Name+to.Email, blanks) || !reflect.TypeOf(msg).Comparable() {
			return write(st, to, msg)
		}
		of := draftOf{st, Recipient{Lang: to.Lang, Administrator: to.Administrator, Email: blankAddress}, named(blankUsername)}
		if to.Name = clean(plainName(to.Name)); to.Name != "" {
			of.to.Name = blankName
		}
		d, err := s.draft(of)
		if err != nil || d.whole {
			return write(st, to, msg)
		}
		fill := strings.NewReplacer(blankUsername, clean(username), blankName, to.Name, blankAddress, clean(to.Email))
		return d.says.filled(fill), d.lang, nil
	})
}

func (s *Series) draft(of draftOf) (draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.drafts[of]
	if ok {
		return d, nil
	}
	says, lang, err := write(of.site, of.to, of.msg)
	if err != nil {
		return d, err
	}
	d = draft{says, lang, strings.HasSuffix(says.Subject, "…")}
	for _, b := range says.Blocks {
		if strings.Contains(b.URL, escapeQuery(blankUsername)[:6]) {
			d.whole = true
		}
	}
	s.drafts[of] = d
	return d, nil
}

// filled is the document with values in its blanks.
func (d document) filled(with *strings.Replacer) document {
	d.Subject = shorten(with.Replace(d.Subject), subjectLength)
	d.Preheader, d.Heading, d.Foot = with.Replace(d.Preheader), with.Replace(d.Heading), with.Replace(d.Foot)
	blocks := make([]block, len(d.Blocks))
	for i, b := range d.Blocks {
		b.Value, b.Text = with.Replace(b.Value), filledSpans(b.Text, with)
		b.Items = append([][]span(nil), b.Items...)
		for n, item := range b.Items {
			b.Items[n] = filledSpans(item, with)
		}
		b.Facts = append([]fact(nil), b.Facts...)
		for n, f := range b.Facts {
			b.Facts[n] = fact{with.Replace(f.Name), filledSpans(f.Value, with)}
		}
		blocks[i] = b
	}
	d.Blocks = blocks
	return d
}

func filledSpans(all []span, with *strings.Replacer) []span {
	all = append([]span(nil), all...)
	for i := range all {
		all[i].Text = with.Replace(all[i].Text)
	}
	return all
}
