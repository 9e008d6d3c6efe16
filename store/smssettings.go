package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/sms"
)

type smsSettingsRow struct {
	countries             string
	cap, stopped, resumed int64
}

func (r *smsSettingsRow) fields() []any { return []any{&r.countries, &r.cap, &r.stopped, &r.resumed} }

func (r smsSettingsRow) settings(organisationID string) sms.Settings {
	settings := sms.Settings{OrganisationID: organisationID, Cap: sms.Amount(r.cap), Stopped: moment(r.stopped), Resumed: moment(r.resumed)}
	if r.countries != "" {
		settings.Countries = strings.Split(r.countries, ",")
	}
	return settings
}

func smsSettingsOf(c conn, organisationID string) (smsSettingsRow, error) {
	row, err := one[smsSettingsRow](c, errRefused, "SELECT countries, cap, stopped, resumed FROM sms_settings WHERE organisation_id = ?", organisationID)
	if errors.Is(err, errRefused) {
		return smsSettingsRow{}, nil
	}
	return row, err
}

// SMSSettings gives what the organisation decided.
func (s *Store) SMSSettings(ctx context.Context, organisationID string) (sms.Settings, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return sms.Settings{}, err
	}
	row, err := smsSettingsOf(c, organisationID)
	if err != nil {
		return sms.Settings{}, err
	}
	return row.settings(organisationID), nil
}

const addSMSSettings = "INSERT INTO sms_settings (organisation_id, countries, cap, stopped, resumed, spent) VALUES (?, ?, ?, ?, 0, ?) " +
	"ON CONFLICT (organisation_id) DO UPDATE SET "

// ChangeSMSSettings stores countries and cap.
func (s *Store) ChangeSMSSettings(ctx context.Context, in sms.Settings, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		_, err := tx.exec(addSMSSettings+"countries = excluded.countries, cap = excluded.cap", in.OrganisationID, strings.Join(in.Countries, ","), int64(in.Cap), 0, 0)
		if err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// StopSMS stops the organisation's messages.
func (s *Store) StopSMS(ctx context.Context, organisationID string, at time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		rows, err := tx.exec(addSMSSettings+"stopped = excluded.stopped WHERE sms_settings.stopped = 0", organisationID, "", 0, millis(at), 0)
		if err != nil || rows == 0 {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// ResumeSMS lets them go out again.
func (s *Store) ResumeSMS(ctx context.Context, organisationID string, at time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		rows, err := tx.exec("UPDATE sms_settings SET stopped = 0, resumed = ? WHERE organisation_id = ? AND stopped > 0", millis(at), organisationID)
		if err != nil || rows == 0 {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// SpentSMS writes down, once a month, that its money is used up. It is what administrators are
// told of, and no change: the sum of the ledger decides.
func (s *Store) SpentSMS(ctx context.Context, organisationID string, month time.Time, tell ...any) (bool, error) {
	begin, _ := monthOf(month)
	return s.updateTelling(ctx, tell, func(tx *transaction) (int64, error) {
		return tx.exec(addSMSSettings+"spent = excluded.spent WHERE sms_settings.spent <> excluded.spent", organisationID, "", 0, 0, begin)
	})
}

// monthOf gives the first moment of the time's month, in UTC, and that of the next.
func monthOf(t time.Time) (begin, end int64) {
	year, month, _ := t.UTC().Date()
	return millis(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)), millis(time.Date(year, month+1, 1, 0, 0, 0, 0, time.UTC))
}
