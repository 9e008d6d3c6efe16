package page

import (
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in millionths of its currency, which is three letters of ISO 4217.
type Money struct {
	Amount   int64
	Currency string
}

const (
	million = 1_000_000
	cent    = million / 100
)

// signs are those of the currencies that have one that everybody knows.
var signs = map[string]string{"EUR": "€", "USD": "$", "GBP": "£"}

// money says an amount: in cents, and what is less than one with what comes after them, for a message
// costs a few cents and a fraction.
func (s speaker) money(m Money) (string, error) { return s.amount(m, million) }

// sum says what many messages cost together: in cents, unless it is so little that they say too little.
func (s speaker) sum(m Money) (string, error) { return s.amount(m, 10*cent) }

// amount says an amount, in cents from round on. A space that does not break keeps the sign with it.
func (s speaker) amount(m Money, round int64) (string, error) {
	point, err := s.text("money.point")
	if err != nil {
		return "", err
	}
	group, err := s.text("money.group")
	if err != nil {
		return "", err
	}
	amount := max(m.Amount, 0)
	if amount >= round {
		amount = (amount + cent/2) / cent * cent
	}
	fraction := strings.TrimRight(fmt.Sprintf("%06d", amount%million), "0")
	fraction += strings.Repeat("0", max(0, 2-len(fraction)))
	sign, known := signs[m.Currency]
	if !known {
		sign = m.Currency
	}
	return strings.TrimLeft(sign+"\u00a0", "\u00a0") + grouped(amount/million, group) + point + fraction, nil
}

// grouped puts a mark between thousands.
func grouped(n int64, mark string) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + mark + digits[at:]
	}
	return digits
}
