package directory

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
)

// ImportProblem is what is wrong with one field of one line.
type ImportProblem struct {
	// Line counts from 1, which is the header.
	Line int
	// Column is empty if the line as a whole is wrong.
	Column string
	// Reason is written for the person who made the file. It contains no secret.
	Reason string
	// Code and Args say the same for pages, which have their own words. Args["value"] is what the
	// cell says, if it is no secret.
	Code string            `json:"-"`
	Args map[string]string `json:"-"`
}

// Codes of what can be wrong with a line, besides the reasons of fields.
const (
	ImportLineLong     = "line-long"
	ImportQuoteOpen    = "quote-open"
	ImportQuoteAfter   = "quote-after"
	ImportQuoteInside  = "quote-inside"
	ImportFieldCount   = "field-count" // Args["fields"], Args["columns"]
	ImportTwice        = "twice"       // Args["first"] is the line that has it
	ImportShortened    = "shortened"   // a spreadsheet has replaced digits by an exponent
	ImportCellError    = "cell-error"  // a formula came to nothing
	ImportNotYours     = "not-your-company"
	ImportCompanyName  = "company-name" // Args["name"] is the right one
	ImportNoCompany    = "no-company"   // there is none with the account number, and no name for a new one
	ImportElsewhere    = "elsewhere"    // another company has the username
	ImportLooksLike    = "looks-like"   // Args["other"]
	ImportOwn          = "own-account"
	ImportDeleted      = "deleted"     // the username of a deleted user, who could be restored
	ImportManyAdmins   = "many-admins" // Args["most"]: one file makes so many administrators
	ImportActive       = "active"
	ImportPasswordOf   = "password"
	ImportChangedSince = "changed-since" // the preview said something else
	ImportSuspended    = "suspended"     // the preview said that they would be invited; now their company is suspended
)

func (p ImportProblem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Column, p.Reason)
}

// importRow is a readable line of an import.
type importRow struct {
	line             int
	rec              record // what it was read from
	key              string // the username's
	user             UserFields
	company, account string
	roleGiven        bool
	// hash is that of the file, in one text; stored is its stored form, and weak means that it has
	// to be wrapped first.
	hash, stored, temporary string
	weak                    bool
	// same: it is the stored one already.
	same bool
	// activeGiven: the file says whether the account may be used; active is what it says, or true.
	activeGiven, active bool
	// bad is what is wrong with it; lost: so much that nothing else can be checked.
	bad  []ImportProblem
	lost bool
}

// rowReader reads rows and collects what is wrong with them.
type rowReader struct {
	im  *importer
	rec record
	bad []ImportProblem
}

// complain records a problem, with the value if it is no secret.
func (r *rowReader) complain(c column, code, reason string, args map[string]string) {
	said := map[string]string{}
	maps.Copy(said, args)
	if value := r.rec.cells[c]; value != "" && c != colHash && c != colTemporary && c != colHashSalt {
		reason = fmt.Sprintf("%.60q %s", value, reason)
		said["value"] = fmt.Sprintf("%.60s", value)
	}
	r.bad = append(r.bad, ImportProblem{r.rec.line, c.String(), reason, code, said})
}

// read turns a record into a row, with all faults that can be found without the database.
func (r *rowReader) read() importRow {
	cells := r.rec.cells
	if p := r.rec.problem; p.code != "" {
		r.bad = append(r.bad, ImportProblem{r.rec.line, "", p.text, p.code, p.args})
		return importRow{line: r.rec.line, rec: r.rec, lost: true}
	}
	row := importRow{line: r.rec.line, rec: r.rec, temporary: cells[colTemporary]}
	row.user = UserFields{Username: cells[colUsername], Email: cells[colEmail], FirstName: cells[colFirstName],
		LastName: cells[colLastName], Role: roleOf(cells[colRole])}
	row.roleGiven = row.user.Role != ""
	if !row.roleGiven {
		row.user.Role = gatehouse.RoleUser
	}
	for _, e := range checkUser(r.im.st, &row.user).Faults {
		r.complain(columnOf(e.Field), e.Reason, Explain(e), e.Args)
	}
	r.spreadsheet()
	row.key = gatehouse.NameKey(row.user.Username)
	r.company(&row)
	r.password(&row)
	row.activeGiven, row.active = r.active()
	return row
}

func columnOf(field string) column {
	for c, name := range ImportColumns {
		if name == field {
			return column(c)
		}
	}
	return colUsername
}

func (r *rowReader) company(row *importRow) {
	fields := CompanyFields{Name: r.rec.cells[colCompany], AccountNumber: r.rec.cells[colAccount]}
	for _, e := range checkCompany(&fields).Faults {
		switch {
		case e.Field == "account_number":
			r.complain(colAccount, e.Reason, Explain(e), e.Args)
			row.lost = true
		case e.Reason != FieldRequired: // a known company needs no name here
			r.complain(colCompany, e.Reason, Explain(e), e.Args)
			row.lost = true
		}
	}
	row.company, row.account = fields.Name, fields.AccountNumber
}

// password checks what the user will sign in with. A temporary password must satisfy the same
// policy as its successor (ASVS 6.4.1).
func (r *rowReader) password(row *importRow) {
	hash := r.rec.cells[colHash]
	switch {
	case hash != "" && row.temporary != "":
		r.complain(colTemporary, ImportPasswordOf, "cannot be there together with password_hash", nil)
	case hash != "" && !operates(r.im.caller):
		// Such a password need not be changed and bypasses the policy.
		r.complain(colHash, ImportPasswordOf, "can be brought in by an operator only; use temporary_password", nil)
	case hash != "":
		r.hash(row, hash)
	case row.temporary != "":
		failed := gatehouse.CheckPassword(r.im.st.Policy.Password, gatehouse.PasswordFacts{
			Password: row.temporary, Username: row.user.Username, Common: r.im.blocklist().Contains(row.temporary),
			Context: []string{row.user.FirstName, row.user.LastName, row.user.Email, row.company, r.im.st.Name},
		})
		if len(failed) > 0 {
			r.complain(colTemporary, ImportPasswordOf, "fails the site's password policy: "+describe(failed, r.im.st.Policy.Password), nil)
		}
	}
}

// hash reads a password hash, or a digest with how it was made: from its own line, or from the
// option for all lines whose hash does not say it itself.
func (r *rowReader) hash(row *importRow, hash string) {
	format, salt := r.rec.cells[colHashFormat], r.rec.cells[colHashSalt]
	if _, err := secret.Inspect(hash); format == "" && errors.Is(err, secret.ErrUnsupported) || errors.Is(err, secret.ErrUnknownScheme) {
		format = cmp.Or(format, r.im.opts.HashFormat)
	}
	var err error
	switch {
	case format != "":
		if salt == "" { // many programs write them into one field
			hash, salt, _ = strings.Cut(hash, ":")
		}
		if hash, err = secret.FromTemplate(format, hash, salt); err == nil {
			_, err = secret.Inspect(hash)
		}
	case salt != "":
		r.complain(colHashSalt, ImportPasswordOf, "needs hash_format, which says how the salt and the password were hashed", nil)
		return
	}
	if err == nil {
		row.stored, row.weak, err = secret.Import(hash)
	}
	if err != nil {
		r.complain(colHash, ImportPasswordOf, err.Error(), nil)
		return
	}
	row.hash = hash
}

func describe(failed []gatehouse.PasswordRule, p gatehouse.PasswordPolicy) string {
	said := map[gatehouse.PasswordRule]string{
		gatehouse.RuleLength: fmt.Sprintf("fewer than %d characters", p.MinLength), gatehouse.RuleTooLong: "too long",
		gatehouse.RuleCharacter: "not UTF-8 text", gatehouse.RuleUpper: "no capital letter", gatehouse.RuleLower: "no small letter",
		gatehouse.RuleDigit: "no digit", gatehouse.RuleUsername: "has a part of the username",
		gatehouse.RuleContext: "is a name", gatehouse.RuleCommon: "is a common password",
	}
	words := make([]string, len(failed))
	for i, rule := range failed {
		if words[i] = said[rule]; words[i] == "" {
			words[i] = string(rule)
		}
	}
	return strings.Join(words, ", ")
}

func (r *rowReader) active() (given, active bool) {
	switch strings.ToLower(r.rec.cells[colActive]) {
	case "":
		return false, true
	case "true", "yes", "1", "active", "wahr", "ja", "aktiv", "vrai", "oui", "actif":
		return true, true
	case "false", "no", "0", "inactive", "falsch", "nein", "inaktiv", "faux", "non", "inactif":
		return true, false
	}
	r.complain(colActive, ImportActive, "must be true or false, or empty", nil)
	return false, true
}

// roleOf reads a role, also in the words of the pages.
func roleOf(cell string) gatehouse.Role {
	switch role := strings.ToLower(cell); role {
	case "administrator", "administrateur", "administratrice", "administratorin":
		return gatehouse.RoleAdmin
	case "benutzer", "benutzerin", "utilisateur", "utilisatrice":
		return gatehouse.RoleUser
	default:
		return gatehouse.Role(role)
	}
}

// shortened is a number of which a spreadsheet has kept the first digits only.
var shortened = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?E\+[0-9]+$`)

// cellErrors are what spreadsheets write when a formula comes to nothing.
var cellErrors = []string{"#N/A", "#NV", "#REF!", "#BEZUG!", "#NAME?", "#VALUE!", "#WERT!", "#DIV/0!", "#NULL!", "#NUM!", "#ZAHL!", "#VALEUR!", "#NOM?", "#NOMBRE!"}

// spreadsheet finds what a spreadsheet has made of a cell.
func (r *rowReader) spreadsheet() {
	for _, c := range []column{colCompany, colAccount, colUsername, colEmail, colFirstName, colLastName} {
		switch cell := r.rec.cells[c]; {
		case shortened.MatchString(cell):
			r.complain(c, ImportShortened, "is a number that a spreadsheet has shortened: make the column text, and enter it again", nil)
		case slices.Contains(cellErrors, cell):
			r.complain(c, ImportCellError, "is an error of a formula", nil)
		}
	}
}
