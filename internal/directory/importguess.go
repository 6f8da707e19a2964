package directory

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// headings are what people call the columns, in the languages of the pages, as columnName has them.
var headings = map[string][]string{
	"username": {"username", "user_name", "user", "user_id", "userid", "login", "login_name", "logon_name", "sign_in_name", "account_name", "samaccountname", "userprincipalname",
		"benutzername", "benutzer", "benutzerkennung", "kennung", "anmeldename", "nom_d'utilisateur", "nom_d’utilisateur", "identifiant", "utilisateur"},
	"email": {"email", "e_mail", "mail", "email_address", "e_mail_address", "mail_address", "e_mail_adresse", "email_adresse", "mailadresse", "e_mailadresse",
		"adresse_e_mail", "adresse_email", "adresse_mail", "courriel", "adresse_électronique", "work_email"},
	"first_name":     {"first_name", "firstname", "given_name", "givenname", "forename", "vorname", "prénom", "prenom"},
	"last_name":      {"last_name", "lastname", "surname", "family_name", "sn", "nachname", "familienname", "zuname", "nom", "nom_de_famille"},
	"role":           {"role", "rolle", "rôle", "user_role"},
	"active":         {"active", "enabled", "is_active", "aktiv", "actif"},
	"account_number": {"account_number", "account", "account_no", "account_no.", "customer_number", "customer_no", "kundennummer", "kontonummer", "numéro_de_client", "numéro_de_compte"},
	"company":        {"company", "company_name", "organisation", "organization", "firma", "unternehmen", "firmenname", "entreprise", "société"},
}

// guessColumns guesses what the columns of a file are: by their names, and without such names by
// what is in them. headed: the first line is no user.
func guessColumns(st *site.Site, text []byte) (columns []string, headed bool, err error) {
	t, err := startTable(bytes.NewReader(text))
	if err != nil {
		return nil, false, fileFault("no-heading")
	}
	if t.width > maxImportColumns {
		return nil, false, fileFault("too-many-columns")
	}
	columns, headed = make([]string, t.width), true
	for at, name := range t.names {
		if strings.Contains(name, "@") {
			headed = false
		}
		for _, target := range PageColumns {
			if slices.Contains(headings[target], columnName(name)) && !slices.Contains(columns, target) {
				columns[at] = target
			}
		}
	}
	if !headed {
		clear(columns)
	}
	if err := guessAddresses(t, columns, headed); err != nil {
		return nil, false, err
	}
	// Where people sign in with addresses, and addresses are all there is, they are the usernames too.
	if st.SignInWith == gatehouse.WithEmail && slices.Contains(columns, "email") {
		for at, name := range columns {
			if name == "username" {
				columns[at] = ""
			}
		}
	}
	return columns, headed, nil
}

// guessAddresses finds the column with the addresses if no name says which it is.
func guessAddresses(t *table, columns []string, headed bool) error {
	addresses, lines := make([]int, t.width), 0
	look := func(cells []string) {
		lines++
		for at := range min(len(cells), t.width) {
			if gatehouse.IsAddress(cells[at]) {
				addresses[at]++
			}
		}
	}
	if !headed {
		look(t.names)
	}
	for lines < 100 {
		line, _, err := t.readLine()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if cells, _ := splitLine(line, t.sep); strings.TrimSpace(strings.Join(cells, "")) != "" {
			look(cells)
		}
	}
	if lines == 0 {
		return fileFault(FieldNobody)
	}
	if slices.Contains(columns, "email") {
		return nil
	}
	for at, n := range addresses {
		if columns[at] == "" && n*2 > lines {
			columns[at] = "email"
			return nil
		}
	}
	return nil
}
