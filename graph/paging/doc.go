// Package paging reads pages of a list that changes, over an API that knows offsets alone.
//
// A caller gets a page, and for each job on it a cursor. A cursor names an anchor: the job with its time, its
// place and the length of the list at that moment. To go on behind a cursor, the package asks for the window
// where the anchor should stand now, looks for the anchor in it, and searches further if the list has moved.
//
// Example. A list has 200 jobs, the newest first, all of different times, and nothing is known of the API
// yet.
//
//   - first: 50 asks for the window [0, 50). The cursor of its last job says: place 49 of 200.
//   - Five jobs arrive. The anchor stands at place 54 of 205 now.
//   - first: 50 after that cursor asks for the window [48, 100): the anchor, one neighbour on its far side,
//     and 50 jobs. The anchor is in it, but not where it was expected. Either the list has moved, or the API
//     rounds offsets.
//   - So a window that any API answers alike is asked for, one that starts at a multiple of its size: [0,
//     121). It has the anchor at 54, its neighbour and the 50 jobs behind it. The page is the jobs at 55 to
//     104.
//   - The next page asks for [103, 155), finds its anchor where it was expected, at 104, and costs this one
//     call. The API has shown by now that it takes any offset.
//
// With an API that is known to take any offset, the third step takes the 45 jobs from the window that it has
// and asks for the rest: [98, 105), which begins with two jobs that are known, to see that the list has not
// moved in between.
//
// Where to find what:
//
//   - plan.go: what a page is asked for, read from arguments without asking anything. cursor.go: the text of
//     a cursor, written and read. anchor.go: what it says.
//   - reader.go: Reader.Read makes a Page (page.go) of a Plan and decides which window comes next.
//     listend.go: the last jobs of a list. lookbeyond.go: whether more stand behind a page. tally.go: pages of
//     which only numbers are asked. draft.go: a page while it is read.
//   - search.go: finds the place of an anchor. firstwindow.go: what the first window of a search shows.
//     gallop.go and cutgroup.go: where to look next. place.go: what a search finds. scan.go: goes over a
//     window from there.
//   - timerange.go: ranges of time, and the cuts where they end. endsearch.go: finds these in the list, by what
//     atlas.go remembers of it; rangeends.go: those that a page needs. ranged.go: pages of a range.
//     rangedraft.go: what is different in their drafts.
//   - fetcher.go: gets windows, in parts where one answer would be too large (assembly.go). offsets.go: how
//     the API takes offsets. witness.go: answers that cannot all be true.
//   - window.go, ordering.go, group.go, span.go: pure functions that decide what a window shows.
//
// Jobs of one time are equals. The API may show them in another order in each answer, so their places mean
// nothing: see search.
package paging
