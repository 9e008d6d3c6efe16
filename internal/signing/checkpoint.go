package signing

import (
	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
)

// Checkpoint signs how far a chain of the audit log has come, and gives it with its signed form.
func (s *Signer) Checkpoint(c audit.Checkpoint) (audit.Checkpoint, error) {
	var err error
	c.Text, err = s.Sign(audit.CheckpointType, jwt.MapClaims{
		"iss": s.origin, "organisation": c.Organisation, "number": c.Number, "sequence": c.Sequence, "hash": c.Hash,
		"iat": c.At.Unix(), "previous": c.Previous, "floor": c.Floor,
	})
	return c, err
}

// Ever gives all keys that the server ever had, oldest first. Checkpoints are verified for longer than keys are published.
func (s *Signer) Ever() (audit.KeySet, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	set := audit.KeySet{Keys: []audit.PublicKey{}}
	for i := len(s.keys) - 1; i >= 0; i-- {
		public, err := jws.NewKey(&s.keys[i].Private.PublicKey)
		if err != nil {
			return audit.KeySet{}, err
		}
		set.Keys = append(set.Keys, audit.PublicKey{ID: s.keys[i].ID, Key: public, Announcement: s.keys[i].Announcement})
	}
	return set, nil
}
