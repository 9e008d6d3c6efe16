package audit

// ReadLine reads a line of an export as verification does.
func ReadLine(text []byte) (row []byte, sequence int64, taken bool) {
	var l line
	taken = l.read(text) && isHash(l.hash) && isHash(l.previous)
	return l.text, l.sequence, taken
}
