package restclient

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// repeatedSlots is how many places there are for the jobs of one answer: twice as many as it has, so that two
// seldom want the same one.
const repeatedSlots = 1024 // more than 2 * MaxPerPage

// refuseRepeated makes of a job that the answer has shown before a record that cannot be read: no page has a
// job twice. The first one stays. Ids are compared as they were sent.
//
// Example: of the jobs A B A the third becomes a record that stands in the answer already.
func refuseRepeated(records []Record) {
	var known [repeatedSlots]uint16 // 1 more than the index of a record; 0 for none
	for i, record := range records[:min(len(records), MaxPerPage)] {
		if record.Job == nil {
			continue
		}
		id := record.Job.Member(MemberID)
		slot := slotOf(id)
		for known[slot] != 0 && !bytes.Equal(records[known[slot]-1].Job.Member(MemberID), id) {
			slot = (slot + 1) % repeatedSlots
		}
		if known[slot] != 0 {
			records[i] = Record{Err: unreadable("stand in the answer already")}
			continue
		}
		known[slot] = uint16(i + 1)
	}
}

// slotOf returns where to look for an id first. It mixes the first and the last eight bytes, which differ
// from job to job in all ids that count or are drawn.
func slotOf(id []byte) int {
	const word, odd = 8, 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: it spreads what differs little
	var first, last uint64
	if len(id) >= word {
		first, last = binary.LittleEndian.Uint64(id), binary.LittleEndian.Uint64(id[len(id)-word:])
	} else {
		for _, b := range id {
			last = last<<word | uint64(b)
		}
	}
	return int((first ^ bits.RotateLeft64(last, 32)) * odd >> 54) // 10 bits
}
