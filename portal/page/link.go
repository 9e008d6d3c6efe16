package page

// LinkIntent is why a phone or an app is linked; it chooses the heading and the first words.
type LinkIntent string

// The intents.
const (
	// LinkFirst is the wizard's.
	LinkFirst LinkIntent = "first"
	// LinkChange is for who has typed codes until now and wants the notification.
	LinkChange LinkIntent = "change"
	// LinkAdd is one more beside what there is.
	LinkAdd LinkIntent = "add"
	// LinkNew is a new phone, or the app installed anew.
	LinkNew LinkIntent = "new"
)

// The states of [LinkPhone]; those of a pairing, and what stands before and around it.
const (
	// LinkInstall: get the app first.
	LinkInstall = "install"
	LinkOpen    = "open"
	LinkExpired = "expired"
	// LinkCode: type the six digits that the phone shows.
	LinkCode = "awaiting-code"
	// LinkElder: the older phone is asked.
	LinkElder  = "awaiting-approval"
	LinkPaired = "paired"
	LinkBurned = "burned"
	// LinkEnded: it was stopped, or took too long.
	LinkEnded = "ended"
	// LinkTooMany: too many codes were shown within the hour.
	LinkTooMany = "too-many"
	// LinkFull: as many phones as one may have.
	LinkFull = "full"
)

// LinkPhone is the page that links a phone: the QR code, and what follows on it.
type LinkPhone struct {
	// Base is the address of the page; its forms go there and below it.
	Base string
	// Pairing is what the page shows; empty before there is one.
	Pairing string
	Intent  LinkIntent
	At      Step
	State   string
	// URL is what the QR code holds.
	URL string
	// Number is typed on the older phone while that is asked.
	Number string
	// Phone is what the phone that scanned calls itself.
	Phone string
	// AppStore and PlayStore are where the app is to be had; empty hides the link.
	AppStore, PlayStore string
	// Minimum is the oldest version of the app that the organisation takes; empty for any.
	Minimum string
	// Codes and Recovery offer what can stand in for the older phone.
	Codes, Recovery bool
	// Back is where one goes who does not want it, After where one goes on once it is linked.
	Back, After string
	Problem     Notice
	Faults
	Wait Waiting
}

// Page names the template.
func (LinkPhone) Page() string { return "link-phone" }

// Step is where in the wizard it is.
func (v LinkPhone) Step() Step { return v.At }

// Self is the address at which the page can be looked at again.
func (v LinkPhone) Self() string {
	if v.Pairing == "" {
		return v.Base
	}
	return v.Base + "?pairing=" + v.Pairing
}

// Waiting is for the phone.
func (v LinkPhone) Waiting() Waiting { return v.Wait }

// LinkApp is the page that links an authenticator app.
type LinkApp struct {
	// Base is the address of the page; its forms go there and below it.
	Base   string
	Intent LinkIntent
	At     Step
	// ID is what was begun; empty before, and when it took too long.
	ID string
	// URI is what the QR code holds, Secret the same for who cannot scan.
	URI, Secret string
	// Name is what the app is called in the person's list; Naming lets the person choose.
	Name   string
	Naming bool
	// Full says that the person has as many apps as one may have.
	Full    bool
	Back    string
	Problem Notice
	Faults
}

// Page names the template.
func (LinkApp) Page() string { return "link-app" }

// Step is where in the wizard it is.
func (v LinkApp) Step() Step { return v.At }

// Self is the address at which the page can be looked at again.
func (v LinkApp) Self() string { return v.Base }
