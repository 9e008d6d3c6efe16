package page

import "time"

// People is the list of an organisation's members and of who is invited.
type People struct {
	// Search is what was searched for.
	Search string
	People []ManagedPerson
	// Next is the address of the next page, First of the first one; empty where there is none.
	Next, First string
	// Address is that of this page.
	Address string
}

// Self is where a change of language leads.
func (p People) Self() string { return p.Address }

// ManagedPerson is one member as an administrator may see: nothing of what the person is elsewhere.
type ManagedPerson struct {
	ID, Name, Email string
	// Role, Status and Factor are the last parts of the texts' ids.
	Role, Status string
	// Enrolled tells whether a second factor counts here.
	Enrolled bool
	Since    time.Time
	// Self is who looks.
	Self bool
}

// Invited tells whether the person has not accepted yet.
func (p ManagedPerson) Invited() bool { return p.Status == "invited" }

// Page names the template.
func (People) Page() string { return "manage-people" }

// Wide uses the whole width.
func (People) Wide() bool { return true }

// OnePerson is a member, and what can be changed.
type OnePerson struct {
	Person ManagedPerson
	// Role is what is chosen in the form, Roles what may be.
	Role  string
	Roles []Choice
	// NumberChanged is when the phone number was changed, if it is so new that no codes go to it before
	// NumberFrom; Vouched says that an administrator let it count at once.
	NumberChanged, NumberFrom time.Time
	Vouched                   bool
	// Why says why nothing can be changed; then there is no form.
	Why     Text
	Problem Notice
	Faults
}

// Self is where a change of language leads.
func (p OnePerson) Self() string { return "/manage/people/" + p.Person.ID }

// Page names the template.
func (OnePerson) Page() string { return "manage-person" }

// Wide uses the whole width.
func (OnePerson) Wide() bool { return true }

// Invite asks who is to be invited.
type Invite struct {
	Name, Email, Role, Language string
	Roles, Languages            []Choice
	Problem                     Notice
	Faults
}

// Page names the template.
func (Invite) Page() string { return "manage-invite" }
