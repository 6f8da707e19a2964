package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gatehouse"
)

// inserts are the statements that add rows to a table: one row, and a batch.
type inserts struct{ one, batch string }

// insertion returns a function that builds the statements for a table on first use.
func insertion(table, columns string) func() inserts {
	return sync.OnceValue(func() inserts {
		return inserts{insertMany(table, columns, 1), insertMany(table, columns, postgresDialect.insertBatch)}
	})
}

// insertMany returns an INSERT of several rows.
func insertMany(table, columns string, rows int) string {
	width := strings.Count(columns, ",") + 1
	var b strings.Builder
	b.WriteString("INSERT INTO " + table + " (" + columns + ") VALUES ")
	for i := range rows * width {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%width == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteString(")")
	return b.String()
}

// insertRows adds rows, in batches of a size that suits the database. All batches have the same
// size, so there is one text for them, and the rest is added one by one.
func (q Queries) insertRows(ctx context.Context, into func() inserts, rows [][]any) error {
	for batch := range slices.Chunk(rows, q.d.insertBatch) {
		if len(batch) == postgresDialect.insertBatch {
			if _, err := q.exec(ctx, "insert rows", into().batch, slices.Concat(batch...)...); err != nil {
				return err
			}
			continue
		}
		for _, row := range batch {
			if _, err := q.exec(ctx, "insert row", into().one, row...); err != nil {
				return err
			}
		}
	}
	return nil
}

// inJSON returns rows as one argument, which dialect.each turns into rows again: so changes to any
// number of rows are one statement with one text. value ->> 0 is the first column.
func inJSON(rows [][]any) string {
	text, err := json.Marshal(rows)
	if err != nil { // texts and numbers can always be encoded
		panic(err)
	}
	return string(text)
}

// oneRow turns "changed nothing" into not found.
func oneRow(n int64, err error) error {
	if err == nil && n == 0 {
		return gatehouse.ErrNotFound
	}
	return err
}

// ids queries one column of text.
func (q Queries) ids(ctx context.Context, what, text string, args ...any) (all []string, err error) {
	err = q.all(ctx, what, text, args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}
