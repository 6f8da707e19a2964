package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTheTableIsWhatTheGeneratorMakes(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../plans.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("plans.tsv is not what the generator makes: go generate ./internal/phone")
	}
}
