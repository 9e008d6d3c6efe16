package page

// NewPhone asks for the password of who follows the link for a new phone.
type NewPhone struct {
	Action string
	// Email is the address, but for most of its letters.
	Email   string
	Problem Notice
	Faults
}

// Page names the template.
func (NewPhone) Page() string { return "new-phone" }
