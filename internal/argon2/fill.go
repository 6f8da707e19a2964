package argon2

import "sync"

// slicesOfPass is SL of RFC 9106: after each slice of a pass the lanes wait for one
// another. The part of a lane in a slice is a segment.
const slicesOfPass = 4

// filling is one run over the memory (RFC 9106 3.2, steps 5 and 6).
type filling struct {
	Params
	kernel                           *kernel
	memory                           []block // lane after lane
	work                             []laneWork
	lanes, laneLength, segmentLength uint32 // the lengths in blocks
}

// laneWork is what a lane needs in addition to its blocks.
type laneWork struct {
	rows    block // between the halves of a block
	choices choices
}

func (f *filling) run() {
	for pass := range f.Passes {
		for slice := range uint32(slicesOfPass) {
			f.fillSlice(pass, slice)
		}
	}
}

// fillSlice fills a segment of every lane. The first runs in the caller, so that one
// lane stays on its thread.
func (f *filling) fillSlice(pass, slice uint32) {
	var others sync.WaitGroup
	for lane := uint32(1); lane < f.lanes; lane++ {
		others.Go(func() { f.fillSegment(pass, slice, lane) })
	}
	f.fillSegment(pass, slice, 0)
	others.Wait()
}

// fillSegment computes each block from the one before it and a chosen one. The next
// choice is known as soon as the first half of a block is: the second half prefetches
// it.
func (f *filling) fillSegment(pass, slice, number uint32) {
	first := uint32(0)
	if pass == 0 && slice == 0 {
		first = 2 // made from the password
	}
	beginBlock := f.kernel.begin
	if pass > 0 && f.Version != OldVersion {
		beginBlock = f.kernel.beginOver
	}
	lane := f.memory[number*f.laneLength:][:f.laneLength]
	segment := lane[slice*f.segmentLength:][:f.segmentLength]
	previous := &lane[(slice*f.segmentLength+first+f.laneLength-1)%f.laneLength]

	work, from := &f.work[number], f.window(pass, slice, number)
	byPosition := f.Variant == I || f.Variant == ID && pass == 0 && slice < slicesOfPass/2
	random := previous[0]
	if byPosition {
		work.choices.start(f, pass, slice, number)
		random = work.choices.word(first)
	}
	reference := from.block(first, random)
	for i := first; i < f.segmentLength; i++ {
		out := &segment[i]
		beginBlock(out, previous, reference, &work.rows)
		random, next := out[0], out
		if i+1 < f.segmentLength {
			if byPosition {
				random = work.choices.word(i + 1)
			}
			next = from.block(i+1, random)
		}
		f.kernel.finish(out, &work.rows, next)
		previous, reference = out, next
	}
}

// window is where the blocks that a segment refers to may be (RFC 9106 3.4.2).
type window struct {
	memory            []block
	lane, lanes       uint32 // the segment's own lane, and the number to choose from
	laneLength        uint32
	begins, completed uint32 // the segments before this one: the first block, and how many
}

func (f *filling) window(pass, slice, lane uint32) window {
	w := window{memory: f.memory, lane: lane, lanes: f.lanes, laneLength: f.laneLength}
	if pass == 0 {
		w.completed = slice * f.segmentLength
	} else { // the other three, beginning with the oldest
		w.completed = (slicesOfPass - 1) * f.segmentLength
		w.begins = (slice + 1) % slicesOfPass * f.segmentLength
	}
	if pass == 0 && slice == 0 {
		w.lanes = 1 // the others have nothing yet
	}
	return w
}

// block chooses the block for the segment's block i: J_2, the upper half of random, says
// of which lane, and J_1, the lower half, which one, newer ones more often.
func (w *window) block(i uint32, random uint64) *block {
	lane, size := w.lane, w.completed
	if w.lanes > 1 {
		lane = uint32(random>>32) % w.lanes
	}
	switch {
	case lane == w.lane:
		size += i - 1 // all existing ones but the last
	case i == 0:
		size-- // the last one of the other lane may be as new as ours
	}
	x := uint64(uint32(random))
	x = x * x >> 32
	y := uint64(size) * x >> 32
	z := w.begins + size - 1 - uint32(y)
	if z >= w.laneLength {
		z -= w.laneLength
	}
	return &w.memory[lane*w.laneLength+z]
}

// choices are the random numbers of a segment if they come from its position alone (RFC
// 9106 3.4.1.2), 128 at a time.
type choices struct {
	kernel               *kernel
	input                block // pass, lane, slice, m', t, y, and a counter
	numbers, first, rows block
}

const choicesCounter = 6 // its place in the input

func (c *choices) start(f *filling, pass, slice, lane uint32) {
	c.kernel = f.kernel
	c.input = block{uint64(pass), uint64(lane), uint64(slice), uint64(len(f.memory)), uint64(f.Passes), uint64(f.Variant)}
}

// word is the number for the segment's block i. The calls are in order.
func (c *choices) word(i uint32) uint64 {
	if n := uint64(i/blockWords) + 1; c.input[choicesCounter] != n {
		c.input[choicesCounter] = n
		c.kernel.compress(&c.first, &zeroes, &c.input, &c.rows)
		c.kernel.compress(&c.numbers, &zeroes, &c.first, &c.rows)
	}
	return c.numbers[i%blockWords]
}
