package restclient

// decodePage reads a page, whatever is not as documented.
func decodePage(body []byte, limit int) (*JobsPage, error) { return readPage(body, limit, nil) }

// decodeJob reads a job, whatever is not as documented.
func decodeJob(body []byte) (*Job, error) { return readJob(body, nil) }
