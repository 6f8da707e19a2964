package web

import (
	"io"
	"net/http"
	"net/url"

	"gatehouse/internal/web/ui"
)

// maxToken is the longest value of the field with the token, in bytes.
const maxToken = 4 << 10

// taking makes a route take a form with a file of up to so many bytes. Its token comes first: so a
// file that nobody may send here is not read.
func (to route) taking(most int64) route { to.takes = most; return to }

// openUpload reads a form with a file up to the file, which is left to the handler. It comes after
// the check who sends it, and before that of the token.
func (s *Server) openUpload(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route) error {
	r.Body = http.MaxBytesReader(w, r.Body, to.takes+maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return &statusError{http.StatusBadRequest, err}
	}
	first, err := parts.NextPart()
	if err != nil {
		return badForm(err)
	}
	r.Form, r.PostForm = url.Values{}, url.Values{}
	if first.FormName() == "form_token" {
		token, err := io.ReadAll(io.LimitReader(first, maxToken))
		if err != nil {
			return badForm(err)
		}
		r.PostForm.Set("form_token", string(token))
	}
	v.Parts = parts
	return nil
}
