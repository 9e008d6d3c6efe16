package approval

// Normalised is the question as it is stored.
func Normalised(q Question) (Question, error) {
	err := q.normalise()
	return q, err
}
