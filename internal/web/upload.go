package web

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/web/ui"
)

// taking makes a route take a form with files of up to so many bytes in all. Its fields come first: so
// files that nobody may send here are not read, and a form that comes back has what was typed.
func (to route) taking(most int64) route { to.takes = most; return to }

// openUpload reads a form with files up to the first of them, which are left to the handler. It comes after
// the check who sends it, and before that of the token.
func (s *Server) openUpload(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") { // a form without files is one, too
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		v.Parts = &ui.Parts{}
		return nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, to.takes+maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return &statusError{http.StatusBadRequest, err}
	}
	r.Form, r.PostForm = url.Values{}, url.Values{}
	v.Parts, err = ui.FieldsBefore(parts, maxForm, func(name, value string) { r.PostForm.Add(name, value) })
	if err != nil {
		return badForm(err)
	}
	return nil
}
