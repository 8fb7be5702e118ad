package main

import (
	"log/slog"
	"math"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"jobsgateway/internal/memory"
)

// besideTotal is how much memory there should be beside --max-total-bytes, in bytes: for the program, its
// connections and the documents that it remembers.
const besideTotal = 96 << 20

// lendMemory returns the memory of all operations, total bytes, and has the garbage collector follow it until
// Unsteer. It writes a warning into the log if the process has too little for that.
func lendMemory(total int64, logger *slog.Logger) *memory.Memory {
	limitMemory(logger, memlimit.FromCgroup)
	limit := debug.SetMemoryLimit(-1)
	if limit-total < besideTotal {
		logger.Warn("there is little memory for --max-total-bytes: lower it, or give the process more",
			"limit", limit, "max_total_bytes", total)
	}
	lent := memory.New(total, false)
	lent.Steer(limit)
	return lent
}

// limitMemory makes the collector work harder before the container's memory runs out, unless GOMEMLIMIT says
// otherwise. The tenth that is left is for what is not on the heap. Outside a container there is no limit,
// and that is no error.
//
// Example: in a container of 256 MiB the limit is 230 MiB.
func limitMemory(logger *slog.Logger, container memlimit.Provider) {
	const heapShare = 0.9
	limit, err := memlimit.Set(memlimit.WithRatio(heapShare), memlimit.WithProvider(container))
	if err == nil && limit < math.MaxInt64 {
		logger.Debug("memory limit", "bytes", limit)
	}
}
