package live

import "context"

// Next waits for an event, and returns it as Take does. Errors: those of Take, and that of ctx.
func (s *Stream) Next(ctx context.Context) ([]byte, error) {
	for {
		there := make(chan struct{})
		text, err := s.Take(func() { close(there) })
		if text != nil || err != nil {
			return text, err
		}
		select {
		case <-there:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
