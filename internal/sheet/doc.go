// Package sheet reads tables as business people have them: exports of spreadsheets in the charset
// of some desktop, and workbooks. Whatever it is given, it returns the same: CSV in UTF-8 with one
// row of the table on one line, so that those who read it need no second reader.
//
// The files come from outside. What a file claims about its own size is never believed: memory and
// time are bounded by what has really been read.
package sheet
