package console

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// LinesFile is a file of many lines, which is sent while they are read.
type LinesFile[T any] struct {
	// Format is "csv" or "jsonl", Name the name of the file without it.
	Format, Name string
	// Columns and Cells are for CSV; JSON has the fields of T.
	Columns []string
	Cells   func(T) []string
}

// LinesFormat is the format of a file that is asked for by its name, and whether there is such a file.
func LinesFormat(file, name string) (format string, known bool) {
	format, known = strings.CutPrefix(file, name+".")
	return format, known && (format == "csv" || format == "jsonl")
}

var linesTypes = map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}

// Send sends the file. read calls begin once nothing can be refused, and then write for each line. A file
// that ends too early must not look complete, so the connection is cut.
func (f LinesFile[T]) Send(w http.ResponseWriter, read func(begin func(), write func(T) error) error) error {
	begun := false
	write, flush := f.to(w)
	err := read(func() {
		begun = true
		w.Header().Set("Content-Type", linesTypes[f.Format])
		w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`.`+f.Format+`"`)
	}, write)
	if err == nil {
		err = flush()
	}
	if begun && err != nil {
		panic(http.ErrAbortHandler)
	}
	return err
}

func (f LinesFile[T]) to(w io.Writer) (write func(T) error, flush func() error) {
	if f.Format == "jsonl" {
		out := json.NewEncoder(w)
		return func(line T) error { return out.Encode(line) }, func() error { return nil }
	}
	out, head := csv.NewWriter(w), false
	begin := func() {
		if !head {
			head = true
			out.Write(f.Columns) //nolint:errcheck // kept until Error
		}
	}
	write = func(line T) error {
		begin()
		cells := f.Cells(line)
		for i := range cells {
			cells[i] = Inert(cells[i])
		}
		return out.Write(cells)
	}
	return write, func() error { begin(); out.Flush(); return out.Error() }
}
