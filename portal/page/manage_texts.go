package page

import "time"

// Texts is what an organisation has for sending text messages.
type Texts struct {
	Providers []TextProvider
	// Operator tells whether the operator has a provider: without one no number can be proven.
	Operator bool
	// Allowed tells whether the rules let people log in by text message.
	Allowed bool
	// Stopped is when messages were stopped because few of their codes were used; zero while they go out.
	Stopped time.Time
	// Ends is when the operator stops to pay for logging in; zero where it never does or never did.
	Ends time.Time
	// Over tells that it has.
	Over bool
	// Full tells that no more providers can be kept.
	Full bool
	// Countries are those that messages go to, Cap the most that they cost in a month.
	Countries []Country
	Cap       Money
}

// Page names the template.
func (Texts) Page() string { return "manage-texts" }

// Wide uses the whole width.
func (Texts) Wide() bool { return true }

// Active is the provider that is used, nil for none.
func (t Texts) Active() *TextProvider {
	for i := range t.Providers {
		if t.Providers[i].Active {
			return &t.Providers[i]
		}
	}
	return nil
}

// Stands tells whether logging in goes by the operator's provider, until Ends.
func (t Texts) Stands() bool {
	return t.Active() == nil && t.Operator && !t.Ends.IsZero() && !t.Over
}

// TextProvider is a provider of text messages, without its keys.
type TextProvider struct {
	ID, Description, Sender string
	// Kind is the last part of the texts' ids: messagebird or bird.
	Kind string
	// KeyEnd are the last four characters of the key.
	KeyEnd string
	Active bool
	// Ended tells that its interface is no more.
	Ended bool
	// Signed tells whether there is a key to check reports with.
	Signed bool
	// Trouble is why the vendor took nothing since TroubleAt, see [TextTrouble]; empty while it does.
	Trouble   string
	TroubleAt time.Time
	Proven    time.Time
}

// Classic is the id of the text that says that the interface ends, or has ended; empty for another.
func (p TextProvider) Classic() string {
	switch {
	case p.Kind != "messagebird":
		return ""
	case p.Ended:
		return "manage.texts.classic-over"
	}
	return "manage.texts.classic"
}

// Why says why the vendor takes nothing, and what to do.
func (p TextProvider) Why() Text { return TextTrouble(p.Trouble, p.Kind) }

// TextTrouble says why a vendor takes nothing, and what to do. The class is the last part of the
// text's id but for "other", which texts use for something else, and "missing", which is a message's alone.
func TextTrouble(class, kind string) Text {
	if class == "other" || class == "missing" {
		class = "unknown"
	}
	return Say("manage.texts.trouble."+class, "Vendor", Say("manage.texts.kind."+kind))
}

// OneTextProvider is a provider, and what can be done with it.
type OneTextProvider struct {
	TextProvider
	// Report is the address for the vendor's reports.
	Report string
}

// Self is where a change of language leads.
func (p OneTextProvider) Self() string { return "/manage/texts/" + p.ID }

// Page names the template.
func (OneTextProvider) Page() string { return "manage-texts-provider" }

// Wide uses the whole width.
func (OneTextProvider) Wide() bool { return true }

// TextProviderForm asks for a provider; without an ID for a new one.
type TextProviderForm struct {
	// Title is the description that is stored; the others are the form's.
	ID, Title           string
	Description, Sender string
	// KeyEnd is of the key that stays when the field is left empty.
	KeyEnd string
	// Signed says that there is a signing key, NoSigning that it is to go.
	Signed, NoSigning bool
	// Active says that people log in by it while it is changed.
	Active bool
	// To is what is shown of the number that gets the code; without one the form asks for Number.
	To, Number string
	// Report is the address for the vendor's reports; empty for a new one.
	Report string
	// Again says that the keys were not kept, and which were filled in.
	Again   bool
	Failure TextFailure
	Faults
}

// Page names the template.
func (TextProviderForm) Page() string { return "manage-texts-form" }

// Wide uses the whole width.
func (TextProviderForm) Wide() bool { return true }

// Action is where the form goes.
func (f TextProviderForm) Action() string {
	if f.ID == "" {
		return "/manage/texts/new"
	}
	return "/manage/texts/" + f.ID + "/change"
}

// KeepHint says what becomes of a key field that is left empty.
func (f TextProviderForm) KeepHint() Text { return Say("manage.texts.form.key-keep", "End", f.KeyEnd) }

// TextFailure is why a message did not go out.
type TextFailure struct {
	Notice Notice
	// Vendor is the last part of the text's id of who said Said, which is the vendor's own word.
	Vendor, Said string
}

// TextCode asks for the code that went out by a provider, before it is used.
type TextCode struct {
	// ID is the draft's, Provider the one that is changed; empty for a new one.
	ID, Provider        string
	Description, Sender string
	// Kind is the last part of the texts' ids.
	Kind string
	// To is what is shown of the number that the code went to.
	To string
	// Uncertain says that no answer came: the message may not have gone out.
	Uncertain bool
	// Pause is how long until another can be asked for.
	Pause time.Duration
	// Pays says that people log in by it once it is saved, Already that they do so by the organisation's
	// own provider now.
	Pays     bool
	Already  bool
	Expected TextsExpected
	Failure  TextFailure
	Faults
}

// Self is where a change of language leads.
func (c TextCode) Self() string { return "/manage/texts/drafts/" + c.ID }

// Seconds are those until another can be asked for.
func (c TextCode) Seconds() int { return Waiting{Left: c.Pause}.Seconds() }

// Page names the template.
func (TextCode) Page() string { return "manage-texts-code" }

// TextsExpected is about what logging in will cost.
type TextsExpected struct {
	Country Country
	// Each is what one message costs; without Known nobody knows.
	Each  Money
	Known bool
	// Reported says that it is what the vendor asked last.
	Reported bool
	// Logins is how often people logged in by text message last month, Month what as many would cost.
	Logins int
	Month  Money
}

// Within is the country as it is said behind "in".
func (e TextsExpected) Within() Within { return Within(e.Country) }

// TextsConfirm asks before a provider is used, is used no longer, or goes.
type TextsConfirm struct {
	// What is the last part of the texts' ids: activate, stop or remove.
	What            string
	ID, Description string
	Active          bool
	KeyEnd, Kind    string
	// Instead is the provider that is used until now, Others how many could be used instead.
	Instead string
	Others  int
	// Lost are how many people have nothing but text messages to log in with.
	Lost     int
	Expected TextsExpected
	// Stands is until when the operator's provider would carry logins; zero for not at all.
	Stands time.Time
}

// Page names the template.
func (TextsConfirm) Page() string { return "manage-texts-confirm" }

// TextSettings is the form of where messages go and what they may cost.
type TextSettings struct {
	// Chosen are the countries that messages go to, Others all others, Own the installation's.
	Chosen, Others []Country
	Own            Country
	// Rules are what vendors or countries ask of a sender, by country.
	Rules map[Country]Text
	Cap   string
	// Currency is that of the cap, Usual its default.
	Currency string
	Usual    Money
	Faults
}

// Page names the template.
func (TextSettings) Page() string { return "manage-texts-settings" }

// Wide uses the whole width.
func (TextSettings) Wide() bool { return true }

// CapHint says what is usual.
func (s TextSettings) CapHint() Text {
	return Say("manage.texts.settings.cap-hint", "Currency", s.Currency, "Usual", s.Usual)
}

// TextUsers are the people who log in by text message.
type TextUsers struct {
	Users []TextUser
	Since time.Time
	// Ends is when the operator stops to pay; zero for never. Over tells that it has.
	Ends time.Time
	Over bool
	// Own tells whether the organisation has an active provider.
	Own bool
	// Only is how many of all have no phone and no app.
	All, Only int
	// Next and First are other parts of the list, Address is that of this one.
	Next, First, Address string
}

// Self is where a change of language leads.
func (u TextUsers) Self() string { return u.Address }

// Page names the template.
func (TextUsers) Page() string { return "manage-texts-people" }

// Wide uses the whole width.
func (TextUsers) Wide() bool { return true }

// TextUser is somebody who logs in by text message.
type TextUser struct {
	ID, Name, Email string
	Last            time.Time
	Times           int
	// Other tells whether the person has a phone or an authenticator app as well.
	Other bool
	// Payer is the last part of the text's id.
	Payer string
}
