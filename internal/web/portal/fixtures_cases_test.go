package portal

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/support"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// caseSamples are the pages about support cases.
func caseSamples() []pages.Sample {
	wrong := fixture.Wrong("what", "required", "case-wait", "case-full")
	for _, reason := range []string{"case-files-many", "case-files-large", "case-files-broken", "case-files-busy", "case-file-large", "case-file-kind", "case-file-pixels", "case-file-damaged"} {
		wrong = append(wrong, gatehouse.FieldError{Field: "files", Reason: reason, Args: map[string]string{"name": "<b>.png", "most": "5", "megabytes": "5"}})
	}
	wrong = append(wrong, fixture.Wrong("reference", "case-reference")...)
	typed := ContactForm{Form: support.Form{Email: "a@b", Name: fixture.LongName, What: "It\n<b>hangs", Reference: "x", Tried: "all"}, Again: true,
		Errors: append(fixture.Wrong("name", "required"), wrong...)}
	one := support.View{Case: gatehouse.Case{Number: "CS-7F3K-29QX", State: gatehouse.CaseAnswered, Reference: "GH-7F3K-29QX", CreatedAt: fixture.Noon}, Title: "The code <never> comes " + strings.Repeat("x", 90)}
	file := gatehouse.CaseFile{ID: "fil_1", Name: "a-picture.png", Kind: gatehouse.CasePNG, Size: 2000}
	say := func(kind gatehouse.CaseMessageKind, by string, w gatehouse.CaseWords, files ...gatehouse.CaseFile) support.Message {
		return support.Message{CaseMessage: gatehouse.CaseMessage{Kind: kind, By: by, ByMail: w.Left, At: fixture.Noon.Add(-time.Hour)}, CaseWords: w, Files: files}
	}
	one.Messages = []support.Message{
		say(gatehouse.CaseFromCustomer, "Mira Santos", gatehouse.CaseWords{Text: "The code\nnever comes.", Since: "Monday", Tried: "Another\nbrowser"}, file, file),
		say(gatehouse.CaseFromSupport, "Ines Vogel", gatehouse.CaseWords{Text: "Look into the other folder."}),
		say(gatehouse.CaseFromSupport, "", gatehouse.CaseWords{Text: "It works for me now, thank you."}),
		say(gatehouse.CaseFromCustomer, "Mira Santos", gatehouse.CaseWords{Text: "https://evil.example/ " + strings.Repeat("word ", 300), Left: true}),
	}
	open, closed := one, one
	open.State, closed.State = gatehouse.CaseOpen, gatehouse.CaseClosed
	var list []pages.Sample
	for _, signedIn := range []bool{false, true} {
		list = append(list,
			pages.Sample{Name: "contact-wrong", View: Contact{typed}, SignedIn: signedIn},
			pages.Sample{Name: "contact-sent", View: ContactSent{Number: one.Number}, SignedIn: signedIn},
			pages.Sample{Name: "case-linked", View: CasePage{View: closed, Linked: true}, SignedIn: signedIn},
			pages.Sample{Name: "case-linked-wrong", View: CasePage{View: open, Linked: true, CaseReply: CaseReply{Text: "x", Again: true, Errors: fixture.Wrong("text", "required", "too-long")}}, SignedIn: signedIn})
	}
	return append(list,
		pages.Sample{Name: "contact-company", View: CompanyContact{ContactForm{}, []gatehouse.Contact{{Name: "Jon", Email: "jon@northgate.example"}}}, SignedIn: true},
		pages.Sample{Name: "contact-no-email", View: Contact{}, SignedIn: true, BareUser: true},
		pages.Sample{Name: "cases", View: Cases{[]support.View{one, open, closed, {Case: gatehouse.Case{Number: "CS-0000-0000", State: gatehouse.CaseOpen}}}}, SignedIn: true},
		pages.Sample{Name: "cases-none", View: Cases{}, SignedIn: true},
		pages.Sample{Name: "case", View: CasePage{View: one}, SignedIn: true},
		pages.Sample{Name: "case-sent", View: CasePage{View: open, CaseReply: CaseReply{Sent: true}}, SignedIn: true},
		pages.Sample{Name: "case-confirm", View: ConfirmCase{gatehouse.Case{Number: one.Number, CreatedAt: fixture.Noon}}},
		pages.Sample{Name: "case-disowned", View: CaseDisowned{}},
		pages.Sample{Name: "case-missing", View: CaseMissing{}})
}
