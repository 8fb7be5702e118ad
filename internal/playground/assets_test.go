package playground

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// TestChecksums holds every vendored file against the list: a file that was edited, added or lost shows.
func TestChecksums(t *testing.T) {
	t.Parallel()
	sums, err := os.ReadFile("third_party/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	files := loadAssets().byName
	listed := map[string]bool{
		"SHA256SUMS":  true,
		"NOTICES.txt": true, // written here, not fetched
	}
	for line := range strings.Lines(string(sums)) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			t.Fatalf("not a line of sha256sum: %q", line)
		}
		listed[name] = true
		var plain bytes.Buffer
		if err := inflate(&plain, files[name], inflatedSize(files[name])); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sum := sha256.Sum256(plain.Bytes())
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: got sha256 %s, want %s", name, got, want)
		}
	}
	entries, err := os.ReadDir("third_party")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := strings.TrimSuffix(entry.Name(), ".gz"); !listed[name] {
			t.Errorf("%s has no checksum", name)
		}
	}
}

// TestDigest: the path of the files changes with a byte of any of them, or browsers keep the old one for a
// year.
func TestDigest(t *testing.T) {
	t.Parallel()
	base := &assets{byName: map[string][]byte{"a.js": []byte("1"), "b.js": []byte("2")}}
	for name, other := range map[string]map[string][]byte{
		"content": {"a.js": []byte("1"), "b.js": []byte("3")},
		"name":    {"a.js": []byte("1"), "c.js": []byte("2")},
		"fewer":   {"a.js": []byte("1")},
	} {
		if got := (&assets{byName: other}).digest(); got == base.digest() {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestInflateIsBounded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := inflate(&out, compress(bytes.Repeat([]byte("x"), 1<<20)), 10); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 10 {
		t.Errorf("got %d bytes, want 10", out.Len())
	}
}

// maxFirstVisit bounds what the first visit fetches, in compressed bytes. Source: 382 KiB, four fifths of which are
// GraphiQL's script; with the fonts of GraphiQL's style sheet it was 650 KiB.
const maxFirstVisit = 390 << 10

// TestFirstVisit adds up the page and the files that it names.
func TestFirstVisit(t *testing.T) {
	t.Parallel()
	files := loadAssets()
	page := renderPage(Options{Endpoint: "graphql", SchemaPath: "schema.graphql"}, files)
	all := len(compress(page))
	for name, body := range files.byName {
		if bytes.Contains(page, []byte("/"+name+`"`)) && name != "NOTICES.txt" { // a link, which nobody fetches
			all += len(body)
		}
	}
	t.Logf("%d bytes", all)
	if all > maxFirstVisit {
		t.Errorf("the first visit takes %d bytes, at most %d", all, maxFirstVisit)
	}
}

// TestNoFonts: the style sheets bring no font, whose bytes each visitor would fetch.
func TestNoFonts(t *testing.T) {
	t.Parallel()
	for name, body := range loadAssets().byName {
		var plain bytes.Buffer
		if err := inflate(&plain, body, inflatedSize(body)); err != nil {
			t.Fatal(err)
		}
		if contentTypeOf(name) == "text/css; charset=utf-8" && bytes.Contains(plain.Bytes(), []byte("@font-face")) {
			t.Errorf("%s has a font", name)
		}
	}
}
