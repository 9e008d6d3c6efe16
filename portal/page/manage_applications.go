package page

import "time"

// Applications are those of an organisation.
type Applications struct {
	Applications []ManagedApplication
}

// ManagedApplication is one line of the list.
type ManagedApplication struct {
	ID, Name, Link string
	MayEnrol       bool
	Secrets        int
}

// Page names the template.
func (Applications) Page() string { return "manage-applications" }

// Wide uses the whole width.
func (Applications) Wide() bool { return true }

// OneApplication is the form of an application; without an ID it makes one.
type OneApplication struct {
	// Title is the name that is stored; the others are the form's.
	ID, Title                       string
	Name, Link, Origins, WebhookURL string
	MayEnrol                        bool
	Secrets                         []ClientSecret
	// Webhook says that messages go out, signed with a secret.
	Webhook bool
	Faults
}

// ClientSecret is a live secret, by its first characters.
type ClientSecret struct {
	ID      string
	Created time.Time
}

// Full tells whether one must end before another is made.
func (a OneApplication) Full() bool { return len(a.Secrets) >= 2 }

// Page names the template.
func (OneApplication) Page() string { return "manage-application" }

// Wide uses the whole width.
func (OneApplication) Wide() bool { return true }

// ShownSecrets are the secrets of an application, this once.
type ShownSecrets struct {
	ID, Name string
	// ClientSecret and WebhookSecret are empty where they were not made now.
	ClientSecret, WebhookSecret string
	// Second says that the client secret is beside an older one.
	Second bool
}

// Self is where a change of language leads: what is shown is not shown again.
func (s ShownSecrets) Self() string { return "/manage/applications/" + s.ID }

// Page names the template.
func (ShownSecrets) Page() string { return "manage-secret" }
