package mail

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"io"
	"reflect"
	"testing"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// Waiting messages open as they were sealed, also by earlier versions, which had texts in
// the JSON, and later after it: upgrading a server loses no mail.
func TestSealedContents(t *testing.T) {
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	says, _, err := write(testSite(), testRecipient(), samples()["temporary-password-account"])
	if err != nil {
		t.Fatal(err)
	}
	want := content{ID: "msg_1", To: "a@northgate.example", Name: "Åsa", Lang: "en-GB", Says: &says}
	now, err := (&Outbox{Keys: keys}).seal(want)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, body []byte, want content) {
		t.Helper()
		got, err := unseal(keys, store.Message{ID: "msg_1", Body: body})
		if got.Length = 0; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := unseal(keys, store.Message{ID: "msg_2", Body: body}); err == nil {
			t.Errorf("%s: another row is given the content", name)
		}
	}
	check("now", now, want)
	texts := want
	texts.Says, texts.Subject, texts.Text, texts.HTML = nil, "Hej", "Hej\n\nda\n", "<p>Hej\n</p>"
	in := texts
	check("in the JSON", sealEarlier(t, keys, in, ""), texts)
	in.Text, in.HTML, in.Length = "", "", len(texts.Text)
	check("behind the JSON", sealEarlier(t, keys, in, "\n"+texts.Text+texts.HTML), texts)
	if err := texts.form(testSite()); err != nil || texts.Text != "Hej\n\nda\n" {
		t.Errorf("a message that has its form gets another one: %+v, %v", texts, err)
	}
}

// sealEarlier seals as versions before 0038 did.
func sealEarlier(t *testing.T, keys *secret.Keys, c content, rest string) []byte {
	t.Helper()
	head, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	w, _ := flate.NewWriter(&small, flate.BestSpeed)
	io.WriteString(w, string(head)+rest)
	w.Close()
	body, err := keys.Seal(earlierPurpose, small.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// What goes out is what Render shows: rendering a message when it is sent changes no word
// of it.
func TestFormOfWhatWaits(t *testing.T) {
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	o := &Outbox{Keys: keys, Now: func() time.Time { return testTime }}
	for name, msg := range samples() {
		want, err := Render(testSite(), testRecipient(), msg)
		if err != nil {
			t.Fatal(err)
		}
		m, err := o.Write(testSite(), testRecipient(), msg)
		if err != nil {
			t.Fatal(err)
		}
		c, err := unseal(keys, m)
		if err == nil {
			err = c.form(testSite())
		}
		if err != nil || c.Subject != want.Subject || c.Text != want.Text || c.HTML != want.HTML || c.Lang != want.Lang {
			t.Errorf("%s goes out in other words: %v\n%s\n%s", name, err, c.Text, want.Text)
		}
	}
}
