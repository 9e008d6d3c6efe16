package page

// ChangePassword is for who has just proven to be the person.
type ChangePassword struct {
	// Least is how many characters it must have.
	Least int
	// Email is for the browser's own list of passwords.
	Email string
	Faults
}

// Page names the template.
func (ChangePassword) Page() string { return "security-password" }

// ChangeEmail asks for another address.
type ChangeEmail struct {
	// Now is the address until the new one is confirmed.
	Now, Email string
	Problem    Notice
	Faults
}

// Page names the template.
func (ChangeEmail) Page() string { return "security-email" }

// ChangeNumber asks for the number of a person's mobile phone.
type ChangeNumber struct {
	// Now is the number that is proven; empty for none.
	Now string
	// Texts tells whether there is anybody who sends text messages.
	Texts bool
	// Pauses is for how many days another number does not let the person log in; 0 where it does not
	// do so anyway. Only says that the number is the only second factor.
	Pauses int
	Only   bool
	// Number is what was typed.
	Number  string
	Problem Notice
	Faults
}

// Page names the template.
func (ChangeNumber) Page() string { return "security-number" }

// ConfirmNumber asks for the code that was sent to a new number.
type ConfirmNumber struct {
	Number  string
	Problem Notice
	Faults
}

// Page names the template.
func (ConfirmNumber) Page() string { return "security-number-code" }

// Profile is the name and the language of a person.
type Profile struct {
	Display, Language string
	Languages         []Choice
	Faults
}

// Page names the template.
func (Profile) Page() string { return "security-profile" }
