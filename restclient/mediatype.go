package restclient

import (
	"regexp"
	"strings"
)

// mediaTypeOf returns the media type of a Content-Type in lower case, without parameters: "application/json"
// for "Application/JSON; charset=utf-8".
func mediaTypeOf(contentType string) string {
	contentType = strings.TrimSpace(contentType)
	if end := strings.IndexAny(contentType, ";, \t"); end >= 0 { // some servers omit the semicolon
		contentType = contentType[:end]
	}
	return strings.ToLower(contentType)
}

// harmlessType matches a media type that may be written into a log.
var harmlessType = regexp.MustCompile(`^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$`)

// isJSON reports whether an answer with this Content-Type may be JSON: JSON, a problem document, or none
// given.
func isJSON(contentType string) bool {
	switch mediaType := mediaTypeOf(contentType); mediaType {
	case "", "application/json", "text/json", "application/x-json":
		return true
	default:
		return strings.HasSuffix(mediaType, "+json")
	}
}
