package sms

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// Providers keeps providers and what is to become one.
type Providers interface {
	// AddDraft keeps a draft in the place of any of the same administrator about the same provider.
	AddDraft(ctx context.Context, d Draft) error
	// Draft finds a draft that was made after since, also by its id alone with any organisation "*"; else [ErrNotFound].
	Draft(ctx context.Context, organisationID, id string, since time.Time) (Draft, error)
	// SentDraft writes down the newest message of a draft, and sets its tries to nothing.
	SentDraft(ctx context.Context, id, messageID string, at time.Time) error
	// TryDraft counts a try, in a transaction of its own, and gives the draft with it counted; else [ErrNotFound].
	TryDraft(ctx context.Context, organisationID, id string, since time.Time) (Draft, error)
	// SaveDraft uses the draft up if its newest message still is that of d: it makes the provider of p's id, as
	// the only active one, or changes the one that it is about. The message is marked as used. It is
	// [ErrNotFound] where the draft was used or has another message by now, and [ErrTooMany] where there would be more than most.
	SaveDraft(ctx context.Context, d Draft, p Provider, most int, at time.Time, entry audit.Entry) (Provider, error)

	// DropDrafts erases those that were made before the time.
	DropDrafts(ctx context.Context, before time.Time) error

	// ProviderList gives those of the organisation that were not removed, without keys: the active
	// one first, then by description.
	ProviderList(ctx context.Context, organisationID string) ([]Provider, error)
	// ProviderWithKeys finds one, also by its id alone with any organisation "*"; not one that was removed. Else [ErrNotFound].
	ProviderWithKeys(ctx context.Context, organisationID, id string) (Provider, error)
	// ActiveProvider gives the organisation's, with its keys, else [ErrNotFound].
	ActiveProvider(ctx context.Context, organisationID string) (Provider, error)
	// SetActive makes it the only active one, or not active, and tells whether there is such a provider.
	SetActive(ctx context.Context, organisationID, id string, active bool, entry audit.Entry) (bool, error)
	// RemoveProvider erases its keys, and tells whether it was there.
	RemoveProvider(ctx context.Context, organisationID, id string, at time.Time, entry audit.Entry) (bool, error)
	// SetTrouble writes down why a vendor takes nothing, or with an empty class that it does again; it
	// tells whether that is news. Then administrators are told.
	SetTrouble(ctx context.Context, id string, class Class, at time.Time, tell ...any) (bool, error)

	// SMSSettings gives the zero Settings but for the id where nothing was decided.
	SMSSettings(ctx context.Context, organisationID string) (Settings, error)
	// ChangeSMSSettings stores countries and cap.
	ChangeSMSSettings(ctx context.Context, in Settings, entry audit.Entry) error
	// StopSMS stops the organisation's messages, and tells whether they went out before.
	StopSMS(ctx context.Context, organisationID string, at time.Time, entry audit.Entry) (bool, error)
	// ResumeSMS lets them go out again, and tells whether they were stopped.
	ResumeSMS(ctx context.Context, organisationID string, at time.Time, entry audit.Entry) (bool, error)
	// SpentSMS writes down that the money of the month is used up, of the organisation or, with an empty id,
	// of the operator; it tells whether that is news in this month. Then administrators are told.
	SpentSMS(ctx context.Context, organisationID string, month time.Time, tell ...any) (bool, error)
}

// Ledger keeps messages.
type Ledger interface {
	// AddMessage gives admit what counts against the message, in one transaction with storing it; an
	// error of admit stores nothing. The message is due to be looked for after [FirstLook].
	AddMessage(ctx context.Context, m Message, by Counting, admit func(Spent) error) error
	// Settle moves the message along to the outcome's state if it stands in one before that, and tells
	// whether it did. What the outcome knows of price, parts and the vendor's id is stored in any case.
	Settle(ctx context.Context, id string, o Outcome) (bool, error)
	// TakeReport is Settle of a report about a message of the provider, once for each Once: else [ErrReplayed]. A
	// message that is not of the provider is [ErrNotFound], and then nothing is remembered. It gives the message
	// as it stands after that, and whether it moved.
	TakeReport(ctx context.Context, providerID string, r Report) (m Message, moved bool, err error)
	// LastAbout gives the newest message about something, and how many there are; else [ErrNotFound].
	LastAbout(ctx context.Context, about string) (newest Message, count int, err error)
	// MonthSpent gives what [Spent].Month would be for a message at that time, in the currency.
	MonthSpent(ctx context.Context, organisationID string, payer Payer, currency string, at time.Time) (Amount, error)
	// Unsettled gives messages that were sending before the time, and those unknown, accepted or sent
	// that are due to be looked for; at most limit. Each of the latter is due again later: see Looked.
	Unsettled(ctx context.Context, sendingBefore, due time.Time, limit int) ([]Message, error)
	// Looked sets when the message is due to be looked for again; the zero time is never.
	Looked(ctx context.Context, id string, next time.Time) error
	// Costs sums up; see [Cost].
	Costs(ctx context.Context, q CostQuery, currency string) ([]Cost, error)
	// Messages gives at most limit rows, oldest first, after the row with the id.
	Messages(ctx context.Context, q CostQuery, after string, limit int) ([]Message, error)
	// TextUsers gives who used a code to log in since the time.
	TextUsers(ctx context.Context, organisationID string, since time.Time) ([]User, error)
	// LastPrice gives what the vendor asked last for one part of a message to the country that the organisation
	// paid or, with an empty id, the operator for anybody; [ErrNotFound] for never.
	LastPrice(ctx context.Context, organisationID, country string) (price Amount, currency string, err error)
	// CountLogins counts the codes that let people of the organisation log in since the time.
	CountLogins(ctx context.Context, organisationID string, since time.Time) (int, error)
	// MaskNumbers forgets the numbers of at most limit messages from before the time, and old names of
	// reports; it tells whether there is more to do.
	MaskNumbers(ctx context.Context, before, now time.Time, limit int) (bool, error)
}
