package page

// Login asks for e-mail and password.
type Login struct {
	Email string
	// Next is where the person wanted to go.
	Next string
	// Problem is what stands above the form.
	Problem Notice
	Faults
}

// Page names the template.
func (Login) Page() string { return "login" }

// Self is the address at which the page can be looked at again.
func (v Login) Self() string { return withNext("/login", v.Next) }
