package journeys

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const columnsForm = "form[action$='/columns']"

// uploads uploads a file, and returns the page that asks for its columns.
func uploads(c *testkit.Client, file string) *testkit.Page {
	return uploadsAt(c, "/company/users/import", file)
}

// uploadsAt is uploads on the page of somebody's imports.
func uploadsAt(c *testkit.Client, page, file string) *testkit.Page {
	return c.Upload(c.Get(page).Want(200), "form[enctype]", "file", "people.csv", []byte(file), nil)
}

// previews uploads a file, and accepts the guessed columns.
func previews(c *testkit.Client, file string) *testkit.Page {
	return c.Submit(uploads(c, file).Want(200), columnsForm, nil).Want(200)
}

// confirms confirms a preview, and returns the result.
func confirms(t *testing.T, c *testkit.Client, preview *testkit.Page, values testkit.Values) *testkit.Page {
	t.Helper()
	progress := c.Submit(preview, "form:has([name=preview])", values).Want(200)
	var result *testkit.Page
	testkit.Eventually(t, "the end of the import", func() bool {
		result = c.Get(progress.URL.Path).Want(200)
		return strings.Contains(result.Text("h1"), "Result")
	})
	return result
}

// stats are the numbers at the top of a preview or a result.
func stats(p *testkit.Page) string { return strings.Join(p.Texts(".stat-num"), " ") }

// A customer who shares a sign-in is offered separate users (A04): the administrator imports them
// from a file, sees everything before it happens, and mails nobody by accident.
func TestA04_AnAdministratorImportsUsersByPage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, administrator)
		kim := s.AddUser("meridian-uk", "kim", password, func(u *gatehouse.User) { u.FirstName = "Kim" })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		file := "Benutzername;Vorname;E-Mail;Rolle;Gehalt\r\n" +
			"kim;Kimberly;;;70000\r\n" +
			"zoe;Zo\xeb;zoe@northgate.example;;1\r\n" + // Windows-1252
			"=cmd|' /C calc'!A0;=1+1;;;\r\n" +
			"zoe;;;;\r\n" +
			"lee;;lee@;;\r\n"
		columns := uploads(c, file).Want(200)
		if got := columns.Find("select option[selected]").Map(func(_ int, o *goquery.Selection) string { return o.AttrOr("value", "") }); !slices.Equal(got, []string{"username", "first_name", "email", "role", ""}) {
			t.Errorf("guessed: %q", got)
		}
		preview := c.Submit(columns, columnsForm, nil).Want(200)
		if stats(preview) != "2 1 0 2" || !preview.Has("First name: Kim → Kimberly") || !preview.Has("Zoë") || preview.Has("70000") {
			t.Fatalf("%s\n%s", stats(preview), preview.Text("main"))
		}
		for _, want := range []string{"“zoe” is already in line 3. Remove one of the two lines.", "“lee@” is not an email address."} {
			if !preview.Has(want) {
				t.Errorf("the preview lacks %q", want)
			}
		}
		if got := s.User(kim).FirstName; got != "Kim" || len(s.Mail.Unread("zoe@northgate.example")) > 0 {
			t.Fatalf("the preview did something: %q", got)
		}
		result := confirms(t, c, preview, nil)
		if stats(result) != "2 1 0 2" || !result.Has("1 invitation has been sent.") || s.User(kim).FirstName != "Kimberly" {
			t.Errorf("%s\n%s", stats(result), result.Text("main"))
		}
		if m := s.Mail.Wait(t, "zoe@northgate.example"); !strings.Contains(m.Text, "zoe") {
			t.Errorf("the invitation: %s", m.Text)
		}
		all, err := csv.NewReader(bytes.NewReader(c.Get(result.URL.Path + ".csv").Want(200).Body)).ReadAll()
		if err != nil || len(all) != 6 || all[3][1] != "'=cmd|' /C calc'!A0" || all[3][2] != "'=1+1" || all[4][3] != "Left out" {
			t.Errorf("%q, %v", all, err)
		}
		if again := previews(c, file); stats(again) != "0 0 3 2" || again.Find("button:contains('Import ')").Length() > 0 {
			t.Errorf("the same file again: %s", stats(again))
		}
	})
}

// A user changes between the preview and its confirmation: nothing is done, and the page says which
// line is different now.
func TestA04_AnImportDoesNothingThatWasNotShown(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, administrator)
		kim := s.AddUser("meridian-uk", "kim", password, func(u *gatehouse.User) { u.FirstName = "Kim" })
		c, own := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		preview := previews(c, "username,first_name\nkim,Imported\nnew,New\n")
		wantHome(t, signIn(own, "kim", password))
		own.Submit(own.Get("/account/profile"), "form[action='/account/profile']", testkit.Values{"first_name": "Changed"}).Want(200)
		moved := c.Submit(preview, "form:has([name=preview])", nil).Want(409)
		if !moved.Has("Nothing has been imported yet") || !moved.Has("First name: Changed → Imported") || moved.Has("new") && len(moved.Texts("tbody tr")) != 1 {
			t.Errorf("%s", moved.Text("main"))
		}
		if s.User(kim).FirstName != "Changed" {
			t.Error("it was imported all the same")
		}
		c.Submit(preview, "form:has([name=preview])", nil).Want(409) // back, and again
		if result := confirms(t, c, moved, nil); stats(result) != "1 1 0 0" || s.User(kim).FirstName != "Imported" {
			t.Errorf("%s\n%s", stats(result), result.Text("main"))
		}
		// A second click leads to the same result.
		c.Submit(moved, "form:has([name=preview])", nil).Want(200)
	})
}

// An import is there for its administrator alone, in the company of that administrator.
func TestA04_AnImportIsItsAdministratorsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, administrator)
		s.AddUser("meridian-uk", "second", password, administrator)
		elsewhere(t, s, "meridian-uk", "elsewhere", administrator)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		preview := previews(c, "username,account_number\nelsewhere,\nnew,20elsewhere\nmine,\n")
		if stats(preview) != "1 0 0 2" || preview.Has("another company") {
			t.Errorf("%s\n%s", stats(preview), preview.Text("main"))
		}
		for _, name := range []string{"second", "elsewhere"} {
			x := visitor(t, s, "meridian-uk")
			wantHome(t, signIn(x, name, password))
			own := previews(x, "username\nown-"+name+"\n")
			for _, path := range []string{"", ".csv", "?columns=1", "/events"} {
				x.Get(preview.URL.Path + path).Want(404)
			}
			for _, path := range []string{"", "/columns", "/discard"} {
				fields := url.Values{"form_token": {own.MustFind("[name=form_token]").AttrOr("value", "")}, "preview": {preview.MustFind("[name=preview]").AttrOr("value", "")}}
				x.Post(preview.URL.Path+path, fields).Want(404)
			}
		}
		if result := confirms(t, c, preview, nil); stats(result) != "1 0 0 2" {
			t.Errorf("%s", stats(result))
		}
	})
}

// endless is a file without an end, which says how much of it was read.
type endless struct {
	head []byte
	read int
	most int
}

func (e *endless) Read(into []byte) (int, error) {
	if len(e.head) > 0 {
		n := copy(into, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.read >= e.most {
		return 0, io.EOF
	}
	for i := range into {
		into[i] = 'x'
	}
	e.read += len(into)
	return len(into), nil
}

// The server reads a file only from somebody who may send it, from a page of ours, and only up to its
// limit, whatever the request says about the size.
func TestA04_AFileThatNobodyMaySendIsNotRead(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, administrator)
	s.AddUser("meridian-uk", "user", password, nil)
	admin, user := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
	wantHome(t, signIn(admin, "msantos", password))
	wantHome(t, signIn(user, "user", password))
	token := admin.Get("/company/users/import").MustFind("form[enctype] [name=form_token]").AttrOr("value", "")
	const whole = 64 << 20
	for name, test := range map[string]struct {
		by     *testkit.Client
		token  string
		status int
		most   int
	}{
		"a stranger":    {visitor(t, s, "meridian-uk"), token, 403, 8 << 20},
		"a user":        {user, token, 403, 8 << 20},
		"a wrong token": {admin, "x" + token, 409, 8 << 20},
		"a large file":  {admin, token, 413, 32 << 20},
	} {
		var head bytes.Buffer
		form := multipart.NewWriter(&head)
		form.WriteField("form_token", test.token) //nolint:errcheck // into memory
		if _, err := form.CreateFormFile("file", "x.csv"); err != nil {
			t.Fatal(err)
		}
		body := &endless{head: head.Bytes(), most: whole}
		r, err := http.NewRequest(http.MethodPost, s.URL("meridian-uk", "/company/users/import"), body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		test.by.Stay = true
		p := test.by.Do(r)
		if p.Status != test.status && !(name == "a stranger" && p.Status == 303) {
			t.Errorf("%s: %d, %s", name, p.Status, p.Text("h1"))
		}
		if body.read > test.most {
			t.Errorf("%s: %d MB were read", name, body.read>>20)
		}
	}
}

// What people upload by mistake is answered with what to do, and kept nowhere.
func TestA04_AFileThatIsNoTableSaysWhatToDo(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, administrator)
	c := visitor(t, s, "meridian-uk")
	wantHome(t, signIn(c, "msantos", password))
	for file, want := range map[string]string{
		"":                                 "The file is empty.",
		"username,email\n":                 "The file has a heading, but no users below it.",
		"PK\x03\x04and so on":              "This is not a spreadsheet.",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "old or password-protected Excel file",
		strings.Repeat("a,", 200) + "\nx":  "more than 100 columns",
	} {
		p := uploads(c, file).Want(422)
		if !strings.Contains(p.Text("[role=alert]"), want) {
			t.Errorf("%.20q: %q", file, p.Text("main"))
		}
	}
	if p := c.Get("/company/users/import"); p.Find("#recent").Length() > 0 {
		t.Errorf("kept: %s", p.Text("main"))
	}
	p := uploads(c, "kim,Kim\n").Want(422) // one line, which nobody can tell from a heading
	if !p.Has("no users below it") {
		t.Errorf("%s", p.Text("main"))
	}
	columns := c.Submit(uploads(c, "who,mail\nkim,kim@northgate.example\n"), columnsForm, nil).Want(422)
	if !strings.Contains(columns.Text("[role=alert]"), "Choose which column has the usernames.") {
		t.Errorf("%s", columns.Text("main"))
	}
}

// A workbook with merged cells has only the value of the first: the pages before the import say so.
func TestA04_AnImportTellsMergedCells(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := administratorOf(t, s, u)
		for merged, cells := range map[bool]string{false: "", true: `<mergeCells count="1"><mergeCell ref="B1:B2"/></mergeCells>`} {
			sheet := `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>username</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>newcomer</t></is></c></row></sheetData>` + cells + `</worksheet>`
			p := admin.Upload(admin.Get("/company/users/import").Want(200), "form[enctype]", "file", "people.xlsx", smallWorkbook(t, sheet), nil).Want(200)
			if p.Has("This spreadsheet has merged cells") != merged {
				t.Errorf("merged %v: %s", merged, p.Text("main"))
			}
			if p = admin.Submit(p, columnsForm, nil).Want(200); p.Has("Only the first of the cells has the value") != merged || !p.Has("newcomer") {
				t.Errorf("merged %v: %s", merged, p.Text("main"))
			}
		}
	})
}

// smallWorkbook is a workbook with one sheet.
func smallWorkbook(t *testing.T, sheet string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="x"><sheets><sheet name="People" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://schemas.example/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
