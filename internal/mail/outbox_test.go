package mail

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// What waits is opened as it was sealed, also by the version before this one, which had
// texts in the JSON: a server that is replaced loses no mail.
func TestSealedContents(t *testing.T) {
	keys, err := secret.ParseKeys(secret.NewKeyFile())
	if err != nil {
		t.Fatal(err)
	}
	want := content{ID: "msg_1", To: "a@northgate.example", Name: "Åsa", Lang: "sv", Subject: "Hej", Text: "Hej\n\nda\n", HTML: "<p>Hej\n</p>"}
	now, err := (&Outbox{Keys: keys}).seal(want)
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	w, _ := flate.NewWriter(&small, flate.BestSpeed)
	if err := json.NewEncoder(w).Encode(want); err != nil {
		t.Fatal(err)
	}
	w.Close()
	before, err := keys.Seal(sealPurpose, small.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"now": now, "before": before} {
		got, err := unseal(keys, store.Message{ID: "msg_1", Body: body})
		if got.Length = 0; err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := unseal(keys, store.Message{ID: "msg_2", Body: body}); err == nil {
			t.Errorf("%s: another row is given the content", name)
		}
	}
}
