package support

import (
	"encoding/json"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
)

// What is sealed is bound to its case or file, so that somebody who can write to the database cannot
// show one customer what another has written.

func sealedFor(siteID, caseID string) string { return "case:" + siteID + ":" + caseID }

func partSeal(siteID, fileID string, part int) string {
	return "case-file:" + siteID + ":" + fileID + ":" + strconv.Itoa(part)
}

func (s *Service) sealWords(siteID, caseID string, w gatehouse.CaseWords) ([]byte, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	return s.Keys.Seal(sealedFor(siteID, caseID), text)
}

func (s *Service) openWords(m gatehouse.CaseMessage) (w gatehouse.CaseWords, err error) {
	text, err := s.Keys.Open(sealedFor(m.SiteID, m.CaseID), m.Words)
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	return w, err
}

// Title is the beginning of what was asked; empty if the key is gone.
func (s *Service) Title(c gatehouse.Case) string {
	text, err := s.Keys.Open(sealedFor(c.SiteID, c.ID), c.Title)
	if err != nil {
		return ""
	}
	return string(text)
}

// mostTitle is how much of the first line is the title, in characters.
const mostTitle = 80

func titleOf(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	line = strings.Join(strings.Fields(line), " ")
	if runes := []rune(line); len(runes) > mostTitle {
		return string(runes[:mostTitle]) + "…"
	}
	return line
}

// linkPurpose is that of the MAC in a link to a case.
const linkPurpose = "case-link"

// linkOf is the token with which the reader of a case's mail opens it: only a stranger's case has
// one, and it is bound to the address, so that it ends with it.
func (s *Service) linkOf(c gatehouse.Case) string {
	return c.Number + "." + s.Keys.MAC(linkPurpose, c.SiteID, c.ID, c.Email)
}

func numberOfLink(token string) string {
	number, _, _ := strings.Cut(token, ".")
	return number
}

func (s *Service) opens(token string, c gatehouse.Case) bool {
	_, mac, _ := strings.Cut(token, ".")
	return c.UserID == "" && s.Keys.CheckMAC(linkPurpose, mac, c.SiteID, c.ID, c.Email)
}

// ReadNumber finds the number of a case in typed text.
func ReadNumber(typed string) (string, bool) { return secret.ReadCaseNumber(typed) }

// ReadReference finds the reference of an error page in typed text.
func ReadReference(typed string) (string, bool) { return secret.ReadReference(typed) }
