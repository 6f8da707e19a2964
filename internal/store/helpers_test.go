package store_test

import (
	"os"
	"testing"

	"gatehouse/internal/store"
)

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, s *store.Store, e store.Ending) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		_, err := q.End(t.Context(), e)
		return err
	})
}
