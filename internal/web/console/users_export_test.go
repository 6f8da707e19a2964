package console

import (
	"net/http/httptest"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// Where numbers have commas, spreadsheets separate cells by semicolons.
func TestExportsSuitTheLanguage(t *testing.T) {
	for lang, want := range map[string]string{"de": "\ufeffName;E-Mail-Adresse\n", "fr": "\ufeffNom;Adresse e-mail\n", "en-GB": "\ufeffName,Email address\n"} {
		w := httptest.NewRecorder()
		out := csvTable(w, ui.WordsOf(&ui.Visit{Site: fixture.Sites()["uk"], Lang: lang}, fixture.Noon), []gatehouse.UserColumn{columnName, gatehouse.ColumnEmail}, fixture.Noon)
		if out.Flush(); w.Body.String() != want {
			t.Errorf("%s: %q", lang, w.Body)
		}
	}
}
