package page

// InvitationWay is how the person who looks at an invitation can accept it.
type InvitationWay string

// The ways.
const (
	// InvitationNew: somebody new, who goes through the wizard.
	InvitationNew InvitationWay = "new"
	// InvitationAccept: who is in as that very person.
	InvitationAccept InvitationWay = "accept"
	// InvitationLogin: who has a login, and uses it first.
	InvitationLogin InvitationWay = "login"
	// InvitationPassword: who has a password and belongs nowhere at the moment, so cannot log in.
	InvitationPassword InvitationWay = "password"
	// InvitationOther: who is in as somebody else.
	InvitationOther InvitationWay = "other"
)

// Invitation is behind the link that an organisation mailed. Looking at it uses nothing up.
type Invitation struct {
	// Action is the address of the invitation; its form goes there.
	Action string
	Way    InvitationWay
	// Organisation is who invites.
	Organisation string
	// Person and Email are who is invited, Locale their language.
	Person, Email, Locale string
	// Other is who is logged in instead.
	Other string
	// LosesTexts says that they log in by text message alone, which accepting ends.
	LosesTexts bool
	Problem    Notice
	Faults
}

// Page names the template.
func (Invitation) Page() string { return "invitation" }

// Step is where in the wizard it is, for who goes through it.
func (v Invitation) Step() Step {
	if v.Way != InvitationNew {
		return Step{}
	}
	return StepInvitation
}

// Self is the address at which the page can be looked at again.
func (v Invitation) Self() string { return v.Action }
