package page

// Organisations has a person pick the organisation to go on in.
type Organisations struct {
	Choices []OrganisationChoice
	// Stuck says that none can be picked.
	Stuck bool
}

// OrganisationChoice is one of them.
type OrganisationChoice struct {
	ID, Name string
	// Here is the one where the person is now; Last the one of the time before.
	Here, Last bool
	// Problem says why it cannot be picked, and Way what helps: "login", "setup" or nothing.
	Problem Text
	Way     string
}

// Page names the template.
func (Organisations) Page() string { return "organisations" }
