package main

import (
	"bytes"
	"os"
	"testing"
)

// The checked-in file is what this program makes.
func TestOutputIsCheckedIn(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../compress_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("compress_amd64.s is not what the generator makes: go generate ./internal/argon2")
	}
}
