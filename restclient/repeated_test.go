package restclient

import (
	"fmt"
	"strings"
	"testing"
)

// A job that an answer shows again is a record that cannot be read, wherever it stands and whatever its id is
// made of.
func TestRepeatedRecords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40)
	for name, idOf := range map[string]func(n int) string{
		"UUIDs":           func(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n*7919, n) },
		"numbers":         func(n int) string { return fmt.Sprint(n) },
		"equal ends":      func(n int) string { return "aaaaaaaa" + fmt.Sprint(n) + "bbbbbbbb" },
		"long, one apart": func(n int) string { return long + fmt.Sprint(n) + long },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, again := []string{}, map[int]bool{}
			for i := range MaxPerPage {
				id := i
				if i%5 == 4 { // shown before
					id, again[i] = i/2, true
				}
				for again[id] {
					id--
				}
				records = append(records, record(idOf(id), ""))
			}
			p, err := decodePage([]byte(page(records...)), MaxPerPage)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range p.Records {
				e, unreadable := AsError(r.Err)
				if unreadable != again[i] || unreadable && e.Lacks == "" {
					t.Errorf("record %d: %v, shown before: %t", i, r.Err, again[i])
				}
			}
		})
	}
}
