package store

import "gorm.io/gorm"

// Handles gives the two ways to the database.
func (s *Store) Handles() (writer, reader *gorm.DB) { return s.writer, s.reader }
