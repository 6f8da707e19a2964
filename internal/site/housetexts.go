package site

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"
)

// The built-in words: one folder per language, any number of files in it. They are YAML of
// the simplest kind, one text per line, so that reading them takes no YAML parser: a process
// reads a thousand of them before it shows its first page.
//
//	key: words
//	key: "words, where they have quotation marks, colons or braces"
//	key: |
//	  several
//	  lines
//
// A test also reads them as YAML, and compares.
//
//go:embed texts/*/*.yaml
var houseFiles embed.FS

// words are the texts of one file or folder for one language.
type words map[string]string

// house are the built-in words by language. Each language is read when first requested.
var house = sync.OnceValue(func() map[string]func() words {
	folders, _ := fs.Glob(houseFiles, "texts/*") // the pattern is valid
	all := map[string]func() words{}
	for _, folder := range folders {
		all[path.Base(folder)] = sync.OnceValue(func() words {
			read, err := readHouse(folder)
			if err != nil { // the files are part of the program, and a test reads them
				panic("site: texts of the house: " + err.Error())
			}
			return read
		})
	}
	return all
})

// houseWords are the words of one language; none if Gatehouse does not have it.
func houseWords(lang string) words {
	if read := house()[lang]; read != nil {
		return read()
	}
	return nil
}

// readHouse reads a folder.
func readHouse(folder string) (words, error) {
	all := words{}
	files, _ := fs.Glob(houseFiles, folder+"/*.yaml") // the pattern is valid
	for _, name := range files {
		data, _ := houseFiles.ReadFile(name) // listed, so it exists
		if err := all.readLines(string(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// readLines reads the texts of a file.
func (w words) readLines(file string) error {
	several := "" // the key of a text of several lines
	lines := bufio.NewScanner(strings.NewReader(file))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if part, ok := strings.CutPrefix(line, "  "); ok && several != "" {
			w[several] += part + "\n"
			continue
		}
		several = ""
		if line == "" || line[0] == '#' || line == "{}" { // {}: nothing, in YAML
			continue
		}
		key, text, ok := strings.Cut(line, ": ")
		if _, twice := w[key]; !ok || twice {
			return fmt.Errorf("line %d is not KEY: TEXT, or its key is there already", n)
		}
		if text == "|" {
			several, text = key, ""
		}
		if strings.HasPrefix(text, `"`) {
			var err error
			if text, err = strconv.Unquote(text); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		w[key] = text
	}
	return lines.Err()
}

// houseHoles returns the placeholders that each text may have, by the key without form.
var houseHoles = sync.OnceValue(func() map[string]map[string]bool {
	holes := map[string]map[string]bool{}
	for key, text := range houseWords(baseLanguage) {
		stem, _, _ := strings.Cut(key, "#")
		if holes[stem] == nil {
			holes[stem] = map[string]bool{}
		}
		for _, hole := range placeholder.FindAllString(text, -1) {
			holes[stem][hole] = true
		}
	}
	return holes
})
