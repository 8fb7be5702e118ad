// Package trusted reads the documents that the people of a gateway list in files: what graphql-codegen and
// Relay write, and files of GraphQL. What the documents say is not looked at here.
package trusted

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Document is one listed document.
type Document struct {
	// ID is what requests name it by, at most MaxID bytes: the name of a member of a file of JSON as it stands,
	// or sha256: and the SHA-256 of a file of GraphQL in hex.
	ID string
	// Text is the document, as it stands.
	Text string
	// Place is where it stands, for errors: its file, and its id if the file has several.
	Place string
}

// Bounds of what is read. Source: a frontend of 2,000 operations of 1 KiB has 2 MiB.
const (
	MaxFiles     = 10_000
	MaxDocuments = 10_000
	MaxBytes     = 16 << 20 // of all files
	MaxID        = 256
)

// Prefix stands before the hash of a document that is named by it.
// Source: GraphQL over HTTP, appendix A.
const Prefix = "sha256:"

// Read returns the documents of a file, or of all files of a folder, in the order of the files' names. Names
// that end in .json have one object that maps ids to documents, as graphql-codegen's persisted-documents.json
// and Relay's persisted map; those that end in .graphql or .gql are one document each. What begins with a dot is
// not looked at. An id that is there twice with the same text is one document.
//
// Errors name the file and what is wrong: a file of another kind or a folder in the folder, no document at all,
// an id twice with two texts, a byte order mark, lines that end in CR, what is not UTF-8 or not JSON, and more
// of anything than the bounds.
func Read(path string) ([]Document, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plain(err)
	}
	r := reading{left: MaxBytes, places: map[string]int{}}
	if !info.IsDir() {
		err = r.file(path, filepath.Base(path))
	} else {
		err = r.folder(path)
	}
	if err == nil && len(r.documents) == 0 {
		err = fmt.Errorf("%s lists no document", path)
	}
	return r.documents, err
}

// reading is a list that is being read.
type reading struct {
	left      int64 // bytes that may still be read
	documents []Document
	places    map[string]int // of ids, in documents
}

// folder reads the files of a folder.
func (r *reading) folder(path string) error {
	opened, err := os.Open(path) //nolint:gosec // the operator's own
	if err != nil {
		return plain(err)
	}
	defer opened.Close() //nolint:errcheck // only read
	entries, err := opened.ReadDir(MaxFiles + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF): // that it is empty is said later
		return plain(err)
	case len(entries) > MaxFiles:
		return fmt.Errorf("%s has more than %d files", path, MaxFiles)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue // such as ..data, by which Kubernetes mounts a ConfigMap
		}
		if err := r.file(filepath.Join(path, entry.Name()), entry.Name()); err != nil {
			return err
		}
	}
	return nil
}

// file reads one file. Symbolic links are followed.
func (r *reading) file(path, name string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return plain(err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder: only the files of one folder are read", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path) // reading a pipe would not end
	}
	var read func(name string, text []byte) error
	switch filepath.Ext(name) {
	case ".json":
		read = r.object
	case ".graphql", ".gql":
		read = r.document
	default:
		return fmt.Errorf("%s has another name than those of documents, which end in .json, .graphql or .gql", path)
	}
	text, err := r.bytes(path)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		return fmt.Errorf("%s begins with a byte order mark: save it as UTF-8 without one", path)
	}
	return read(path, text)
}

// bytes reads a file within what is left.
func (r *reading) bytes(path string) ([]byte, error) {
	opened, err := os.Open(path) //nolint:gosec // the operator's own
	if err != nil {
		return nil, plain(err)
	}
	defer opened.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(opened, r.left+1))
	if err != nil {
		return nil, plain(err)
	}
	if r.left -= int64(len(text)); r.left < 0 {
		return nil, fmt.Errorf("%s is beyond %d MiB, which all files together may have", path, MaxBytes>>20)
	}
	return text, nil
}

// document adds a file of GraphQL.
func (r *reading) document(path string, text []byte) error {
	switch {
	case !utf8.Valid(text):
		return fmt.Errorf("%s is not UTF-8", path)
	case bytes.ContainsRune(text, '\r'):
		return fmt.Errorf("%s has lines that end in CR LF, so its hash is another one than with LF: save it with LF", path)
	}
	sum := sha256.Sum256(text)
	return r.add(Document{Prefix + hex.EncodeToString(sum[:]), string(text), path})
}

// object adds the members of a file of JSON.
func (r *reading) object(path string, text []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(text))
	at := func(offset int64, what string) error {
		return fmt.Errorf("%s, line %d: %s", path, 1+bytes.Count(text[:min(offset, int64(len(text)))], []byte{'\n'}), what)
	}
	fail := func(what string) error { return at(decoder.InputOffset(), what) }
	noJSON := func(err error) error {
		offset := decoder.InputOffset()
		if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
			offset = syntactic.ByteOffset
		}
		return at(offset, "this is not JSON in UTF-8 with each member once")
	}
	start, err := decoder.ReadToken()
	switch {
	case err != nil:
		return noJSON(err)
	case start.Kind() != '{':
		return fail("this is not an object that maps ids to documents")
	}
	for {
		name, err := decoder.ReadToken()
		if err != nil {
			return noJSON(err)
		}
		if name.Kind() == '}' {
			break
		}
		id := name.String()
		if decoder.PeekKind() != '"' {
			return fail(fmt.Sprintf("what %s stands for is not a string with a document", shown(id)))
		}
		var document string
		if err := jsonv2.UnmarshalDecode(decoder, &document); err != nil {
			return noJSON(err)
		}
		if err := r.add(Document{id, document, path + ", " + shown(id)}); err != nil {
			return err
		}
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return fail("there is more than one object")
	}
	return nil
}

// add adds a document, unless it is there already.
func (r *reading) add(document Document) error {
	at, known := r.places[document.ID]
	switch {
	case document.ID == "" || len(document.ID) > MaxID:
		return fmt.Errorf("%s: an id has 1 to %d bytes", document.Place, MaxID)
	case known && r.documents[at].Text != document.Text:
		return fmt.Errorf("%s: the id stands for another text in %s", document.Place, r.documents[at].Place)
	case known:
		return nil
	case len(r.documents) == MaxDocuments:
		return fmt.Errorf("%s: there are more than %d documents", document.Place, MaxDocuments)
	}
	r.places[document.ID] = len(r.documents)
	r.documents = append(r.documents, document)
	return nil
}

// shown returns an id for an error, in quotes and cut.
func shown(id string) string {
	const longest = 80
	if len(id) > longest {
		id = strings.ToValidUTF8(id[:longest], "") + "…"
	}
	return fmt.Sprintf("%q", id)
}

// plain returns the error of a path without the name of the system's call, which nobody needs.
func plain(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", failed.Path, failed.Err)
	}
	return err
}
