package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	reportWidth = 100 // of a line, in characters
	markWidth   = len("  wrong  ")
)

// Report writes the findings for people: a line for each, with its mark, under what it is about, and what to
// do below it. The last line says whether something is wrong. Errors: those of w.
func Report(w io.Writer, found []Finding) error {
	var out strings.Builder
	about := ""
	var counts [3]int // by mark
	for _, f := range found {
		if f.About != about {
			about = f.About
			fmt.Fprintf(&out, "%s\n", about)
		}
		counts[f.Mark]++
		entry(&out, fmt.Sprintf("  %-5s  ", f.Mark), f.Seen)
		if f.Do != "" {
			entry(&out, strings.Repeat(" ", markWidth)+"> ", f.Do)
		}
	}
	fmt.Fprintf(&out, "\n%s\n", summary(counts))
	_, err := io.WriteString(w, out.String())
	return err
}

// summary returns the last line.
func summary(counts [3]int) string {
	notes := ""
	if n := counts[Note]; n > 0 {
		notes = fmt.Sprintf(", and %d to note", n)
	}
	switch n := counts[Wrong]; n {
	case 0:
		return "Nothing is wrong" + notes + "."
	case 1:
		return "1 thing is wrong" + notes + "."
	default:
		return fmt.Sprintf("%d things are wrong%s.", n, notes)
	}
}

// entry writes a text behind a head, broken at spaces, each line as far in as the first.
func entry(out *strings.Builder, head, text string) {
	line, length := head, len(head)
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+size > reportWidth:
			out.WriteString(line + "\n")
			line, length = strings.Repeat(" ", len(head)), len(head)
		default:
			line, length = line+" ", length+1
		}
		line, length = line+word, length+size
	}
	out.WriteString(line + "\n")
}

// printable returns text with a space for each character that does not print: no text of the API, of DNS or of
// a certificate can move the cursor or hide what follows.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
