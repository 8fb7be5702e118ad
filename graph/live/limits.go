package live

import "io"

// Limits bounds what is watched at a time.
type Limits struct {
	// Streams and StreamsPerToken bound the streams, Polls the keys.
	Streams, StreamsPerToken, Polls int
}

// LimitError is a stream that was not begun, since there are as many as there may be.
type LimitError struct{ message string }

// NewLimitError returns a LimitError with a sentence for the caller.
func NewLimitError(message string) *LimitError { return &LimitError{message} }

// Error returns a sentence for the caller.
func (e *LimitError) Error() string { return e.message }

// tokenUse is what a token has of an engine, as long as it has streams.
type tokenUse struct {
	streams  int
	readings chan struct{} // has one for each that is under way
}

// admit counts a stream. Poll: it needs a poll of its own. The caller holds the lock. Errors: *LimitError;
// io.EOF if the engine is closed.
func (e *Engine) admit(token string, poll bool) error {
	limits, use := e.cfg.Limits, e.perToken[token]
	switch {
	case e.ctx.Err() != nil:
		return io.EOF
	case use != nil && use.streams >= limits.StreamsPerToken:
		return &LimitError{"This token has as many subscriptions as one may have; end one of them first."}
	case e.streams >= limits.Streams, poll && len(e.polls) >= limits.Polls:
		return &LimitError{"The gateway has as many subscriptions as it may have; try again later."}
	}
	if use == nil {
		use = &tokenUse{readings: make(chan struct{}, maxReadingsPerToken)}
		e.perToken[token] = use
	}
	e.streams++
	use.streams++
	return nil
}

// forget takes a stream that has left off the counts.
func (e *Engine) forget(s *Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.streams--
	use := e.perToken[s.token]
	if use.streams--; use.streams == 0 {
		delete(e.perToken, s.token)
	}
}
