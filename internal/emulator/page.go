package emulator

import (
	"bytes"
	"compress/gzip"
)

// pages are the numbers around one page; previous and next are 0 when there is none.
type pages struct {
	current, records, total, previous, next int64
}

// pager numbers pages from 1: current = offset / per_page + 1, an offset within a page belonging to that page
// (inferred). Past the end, previous names the last page that exists. Source: upstream GET /jobs, prev_page.
// An empty result has 0 pages, and so has per_page=0 (inferred).
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

func (e *Emulator) pageNumber(b []byte, name string, page int64) []byte {
	switch {
	case page > 0:
		return number(b, name, page)
	case e.opts.NullPager:
		return value(b, name, nil)
	}
	return b
}

// zip compresses whole bodies, so that their length is known before the first byte leaves.
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
