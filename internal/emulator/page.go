package emulator

import (
	"bytes"
	"compress/gzip"
)

// pages are the numbers around one page of a list; previous and next are 0 when there is no such page.
type pages struct {
	current, records, total, previous, next int64
}

// pager numbers pages from 1: current = offset / per_page + 1, an offset within a page belonging to that page
// (inferred). Past the end, previous names the last page that exists. An empty result has 0 pages, and so has
// per_page=0 (inferred). Source: upstream GET /jobs, prev_page.
//
// Example: 120 records with per_page=50 are 3 pages; offset=50 is page 2, between 1 and 3; offset=500 is page
// 11, whose previous page is 3.
func pager(offset, perPage, records int) pages {
	p := pages{current: 1, records: int64(records)}
	if perPage == 0 {
		return p
	}
	p.current = int64(offset/perPage) + 1
	p.total = int64((records + perPage - 1) / perPage)
	p.previous = min(p.current-1, p.total)
	if p.current < p.total {
		p.next = p.current + 1
	}
	return p
}

// appendPage writes the envelope around records that are already encoded.
func (e *Emulator) appendPage(b []byte, p pages, records [][]byte) []byte {
	b = append(b, '{')
	if !e.opts.Older {
		b = number(b, "current_page", p.current)
		b = number(b, "total_records", p.records)
		b = number(b, "total_pages", p.total)
		b = e.pageNumber(b, "prev_page", p.previous)
		b = e.pageNumber(b, "next_page", p.next)
	}
	b = append(member(b, "records"), '[')
	for i, raw := range records {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, raw...)
	}
	return append(b, ']', '}')
}

// pageNumber appends the number of a page, and of none nothing or null, as the options say.
func (e *Emulator) pageNumber(b []byte, name string, page int64) []byte {
	switch {
	case page > 0:
		return number(b, name, page)
	case e.opts.NullPager:
		return value(b, name, nil)
	}
	return b
}

// zip compresses a whole body, so that its length is known before its first byte leaves.
func (e *Emulator) zip(body []byte) []byte {
	z := e.zippers.Get().(*gzip.Writer)
	defer e.zippers.Put(z)
	out := bytes.NewBuffer(make([]byte, 0, len(body)/4))
	z.Reset(out)
	// A write into memory cannot fail.
	_, _ = z.Write(body)
	_ = z.Close()
	return out.Bytes()
}
