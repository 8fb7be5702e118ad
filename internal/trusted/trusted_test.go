package trusted

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folderOf writes files into a folder.
func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// What sha256sum says of two files.
const (
	sumOfA = "dad255d6fcb70c0f7fb8681cb9c478f98d6f81c49e77f1620f8b54f1de10ad26"
	sumOfC = "c0ae59144fe5bc75b62cb7ca538a6880a7b2031b2db2fd3563b3ff469d616d1b"
)

// Files give their documents, in the order of their names, and a file alone gives its own.
func TestRead(t *testing.T) {
	t.Parallel()
	folder := folderOf(t, map[string]string{
		"b.json":    "\n{\"one\": \"query One {__typename}\",\r\n \"e0d1\": \"query \\u007b__typename\\u007d\\r\\n\"}\n",
		"a.graphql": "query A {__typename}\n", "c.gql": "query C {__typename}", ".hidden": "x", ".b.json": "{",
		"d.json": `{"one": "query One {__typename}"}`,
	})
	got, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, document := range got {
		texts[document.ID] = document.Text
	}
	want := map[string]string{
		"one": "query One {__typename}", "e0d1": "query {__typename}\r\n",
		"sha256:" + sumOfA: "query A {__typename}\n",
		"sha256:" + sumOfC: "query C {__typename}",
	}
	if diff := cmp.Diff(want, texts); diff != "" || len(got) != len(want) || got[0].ID != "sha256:"+sumOfA || got[1].ID != "one" {
		t.Errorf("%v (-want +got):\n%s", got, diff)
	}
	alone, err := Read(filepath.Join(folder, "c.gql"))
	if err != nil || len(alone) != 1 || alone[0].Text != texts["sha256:"+sumOfC] {
		t.Errorf("%v %v", alone, err)
	}
}

// A folder as Kubernetes mounts a ConfigMap has links, and files behind a name with dots.
func TestReadConfigMap(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inside := filepath.Join(folder, "..2026_11_26")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inside, "persisted-documents.json"), []byte(`{"a":"{__typename}"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"..data": "..2026_11_26", "persisted-documents.json": "..data/persisted-documents.json"} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Read(folder); err != nil || len(got) != 1 || got[0].ID != "a" {
		t.Errorf("%v %v", got, err)
	}
}

// What is odd is an error that names the file and says what to do.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, `%s"%d":"{__typename}"`, map[bool]string{true: "{", false: ","}[i == 0], i)
		}
		return text.String() + "}"
	}
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"an empty folder":        {map[string]string{".keep": ""}, " lists no document"},
		"an empty object":        {map[string]string{"a.json": "{}"}, " lists no document"},
		"another file":           {map[string]string{"a.json": "{}", "README.md": "x"}, "README.md has another name than those of documents, which end in .json, .graphql or .gql"},
		"another case":           {map[string]string{"a.JSON": "{}"}, "a.JSON has another name"},
		"an empty file":          {map[string]string{"a.json": ""}, "a.json, line 1: this is not JSON"},
		"a cut file":             {map[string]string{"a.json": "{\"a\":\"b\",\n\"c\":"}, "a.json, line 2: what \"c\" stands for is not a string"},
		"a member twice":         {map[string]string{"a.json": "{\"a\":\"b\",\n\"a\":\"b\"}"}, "a.json, line 2: this is not JSON in UTF-8 with each member once"},
		"a list":                 {map[string]string{"a.json": "[]"}, "a.json, line 1: this is not an object that maps ids to documents"},
		"a manifest":             {map[string]string{"a.json": "{\"format\":\"x\",\n\"operations\":[]}"}, `a.json, line 2: what "operations" stands for is not a string with a document`},
		"a number":               {map[string]string{"a.json": `{"a":1}`}, `what "a" stands for is not a string`},
		"null":                   {map[string]string{"a.json": `{"a":null}`}, `what "a" stands for is not a string`},
		"more behind it":         {map[string]string{"a.json": `{"a":"b"}{}`}, "a.json, line 1: there is more than one object"},
		"broken UTF-8":           {map[string]string{"a.json": "{\"a\":\"\xff\"}"}, "this is not JSON in UTF-8"},
		"broken UTF-8 in a file": {map[string]string{"a.graphql": "{a} #\xff"}, "a.graphql is not UTF-8"},
		"a mark":                 {map[string]string{"a.json": "\ufeff{}"}, "a.json begins with a byte order mark: save it as UTF-8 without one"},
		"a mark in GraphQL":      {map[string]string{"a.graphql": "\ufeff{a}"}, "a.graphql begins with a byte order mark"},
		"CR LF":                  {map[string]string{"a.graphql": "{\r\na}\r\n"}, "a.graphql has lines that end in CR LF, so its hash is another one than with LF: save it with LF"},
		"an id twice":            {map[string]string{"a.json": `{"x":"{a}"}`, "b.json": `{"x":"{b}"}`}, `b.json, "x": the id stands for another text in `},
		"an empty id":            {map[string]string{"a.json": `{"":"{a}"}`}, `a.json, "": an id has 1 to 256 bytes`},
		"a long id":              {map[string]string{"a.json": `{"` + strings.Repeat("x", 257) + `":"{a}"}`}, `xxx…": an id has 1 to 256 bytes`},
		"many":                   {map[string]string{"a.json": many(MaxDocuments + 1)}, "there are more than 10000 documents"},
		"large":                  {map[string]string{"a.graphql": strings.Repeat("#", MaxBytes/2), "b.graphql": strings.Repeat("#", MaxBytes/2+1)}, "b.graphql is beyond 16 MiB, which all files together may have"},
	} {
		folder := folderOf(t, tc.files)
		got, err := Read(folder)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), folder) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %d documents and %v, want %q", name, len(got), err, tc.want)
		}
	}
}

// What stands in a folder and is no file is an error, and none of it is waited for.
func TestReadOddEntries(t *testing.T) {
	t.Parallel()
	for want, place := range map[string]func(path string) error{
		"a.graphql is a folder: only the files of one folder are read": func(path string) error { return os.Mkdir(path, 0o700) },
		"a.graphql is no file":                         func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a.graphql: too many levels of symbolic links": func(path string) error { return os.Symlink("a.graphql", path) },
		"a.graphql: no such file or directory":         func(path string) error { return os.Symlink("b.graphql", path) },
		"a.graphql is a folder: only the files of one": func(path string) error { return os.Symlink(".", path) },
	} {
		folder := t.TempDir()
		if err := place(filepath.Join(folder, "a.graphql")); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasSuffix(err.Error(), "none: no such file or directory") {
		t.Error(err)
	}
	if _, err := Read("a\x00b"); err == nil {
		t.Error("a NUL is read")
	}
}

// FuzzRead reads any file of JSON without a panic: each document has an id and stands in its object.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":"\ud800"}`, `{`, `{"a":"b","a":"c"}`, `[]`, "\ufeff{}", `{"a":{}}`, `{"a":"b"} x`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Read(filepath.Join(folderOf(t, map[string]string{"a.json": text}), "a.json"))
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, document := range got {
			ids[document.ID] = true
		}
		if len(got) == 0 || len(ids) != len(got) || ids[""] {
			t.Errorf("%q is read as %v", text, maps.Collect(maps.All(ids)))
		}
	})
}
