package page

// Data is where a person gets all that is kept of them, and can have it erased.
type Data struct{}

// Page names the template.
func (Data) Page() string { return "data" }

// Erase says what it means that an account is erased, and asks for its address.
type Erase struct {
	Email   string
	Problem Notice
	Faults
}

// Page names the template.
func (Erase) Page() string { return "data-erase" }

// Hint says which address is to be typed.
func (e Erase) Hint() Text { return Say("data.erase.email-hint", "Email", e.Email) }

// EraseMember is the same for an administrator.
type EraseMember struct {
	ID, Name, Email string
	Problem         Notice
	Faults
}

// Page names the template.
func (EraseMember) Page() string { return "manage-data" }

// Wide uses the whole width.
func (EraseMember) Wide() bool { return true }

// Hint says which address is to be typed.
func (e EraseMember) Hint() Text { return Say("data.erase.email-hint", "Email", e.Email) }
