package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"jobsgateway/internal/accept"
)

//go:embed third_party web/*.js web/app.css web/icon.svg
var assetFiles embed.FS

// filesPath is where the files are.
const filesPath = "/playground/"

// assets are the page's files by name, all of them compressed, below a path that changes with any of them.
type assets struct {
	prefix string // "/playground/<hash>/"
	byName map[string][]byte
}

// has reports whether a file is served at a path: not all that is embedded is.
func (a *assets) has(path string) bool {
	name, ok := strings.CutPrefix(path, a.prefix)
	return ok && a.byName[name] != nil && contentTypeOf(name) != ""
}

// loadAssets gathers the embedded files: those of third_party are compressed already, ours are few and
// small. The examples go along as one JSON file.
func loadAssets() *assets {
	a := &assets{byName: map[string][]byte{}}
	for _, dir := range []string{"third_party", "web"} {
		entries, err := assetFiles.ReadDir(dir)
		if err != nil {
			panic(err) // the directory is embedded
		}
		for _, entry := range entries {
			body, err := assetFiles.ReadFile(dir + "/" + entry.Name())
			if err != nil {
				panic(err)
			}
			if name, ok := strings.CutSuffix(entry.Name(), ".gz"); ok {
				a.byName[name] = body
			} else {
				a.byName[name] = compress(body)
			}
		}
	}
	examples, err := json.Marshal(Examples())
	if err != nil {
		panic(err) // strings always marshal
	}
	a.byName["examples.json"] = compress(examples)
	a.prefix = filesPath + a.digest() + "/"
	return a
}

// modules returns the names of the scripts that app.js imports: the page names them, so that a browser fetches
// them at once and not only when it has read app.js.
func modules() []string {
	names, err := fs.Glob(assetFiles, "web/*.js")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, name := range names {
		names[i] = path.Base(name)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "app.js" })
}

// digest is of all names and contents, so that a page and its files always belong together.
func (a *assets) digest() string {
	names := make([]string, 0, len(a.byName))
	for name := range a.byName {
		names = append(names, name)
	}
	sort.Strings(names)
	var all bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&all, "%s %s\n", name, digest(a.byName[name]))
	}
	return digest(all.Bytes())
}

// serve answers with the file at the request's path, compressed if the client takes it so.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, a.prefix)
	body := a.byName[name]
	w.Header().Set("Content-Type", contentTypeOf(name))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Vary", "Accept-Encoding")
	if accept.Gzip(r.Header["Accept-Encoding"]) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a client that left needs no answer
		}
		return
	}
	size := inflatedSize(body)
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	if r.Method != http.MethodHead {
		_ = inflate(w, body, size) // as above; the tests inflate every file once
	}
}

// contentTypeOf returns the content type for the ending of a name; "" stands for what is embedded but not
// served.
func contentTypeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		return ""
	}
}

// inflate writes the first size bytes that body holds, never more.
func inflate(w io.Writer, body []byte, size int64) error {
	plain, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = io.CopyN(w, plain, size)
	return err
}

// inflatedSize returns the length of what a gzip file holds, from its last four bytes (RFC 1952, ISIZE):
// right for one member of less than 4 GiB, which each of ours is.
func inflatedSize(body []byte) int64 {
	return int64(binary.LittleEndian.Uint32(body[len(body)-4:]))
}

// compress returns a text in gzip, as small as gzip makes it: it is done once.
func compress(plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	if _, err := w.Write(plain); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// digest returns 16 hexadecimal digits of a hash: short for a path, and long enough that two builds will not
// share it.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
