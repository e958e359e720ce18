package testenv

import "runtime"

// Heap is a writer that looks at the live heap with every MiB that passes.
type Heap struct {
	passed int
	Most   uint64 // bytes, of all looks
}

// Write counts what passes and keeps none of it.
func (h *Heap) Write(p []byte) (int, error) {
	before := h.passed >> 20
	if h.passed += len(p); h.passed>>20 != before {
		h.Look()
	}
	return len(p), nil
}

// Look collects garbage and measures.
func (h *Heap) Look() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.Most = max(h.Most, m.HeapAlloc)
}
