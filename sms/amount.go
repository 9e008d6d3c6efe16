package sms

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// ErrAmount says that a text is no amount.
var ErrAmount = errors.New("an amount is written like 0.056 or 50, with six decimals at most")

// amountUnit is one whole of a currency.
const amountUnit Amount = 1_000_000

// ParseAmount reads an amount exactly: a whole number of up to nine digits and, behind a point, up
// to six decimals. It is never negative. A comma is refused: it means a thousand to one reader and
// the decimals to another.
func ParseAmount(text string) (Amount, error) {
	whole, decimals, point := strings.Cut(text, ".")
	if !digits(whole, 9) || (point && !digits(decimals, 6)) {
		return 0, fmt.Errorf("%w: %q is none", ErrAmount, text)
	}
	units, err := strconv.ParseInt(whole+decimals+strings.Repeat("0", 6-len(decimals)), 10, 64)
	return Amount(units), err
}

// VendorAmount reads an amount as a vendor writes it, perhaps with an exponent or with more decimals
// than are kept: 7.9e-2, 0.05600000000000001. It is rounded by whole numbers, half of a millionth up.
// ok is false for what is no amount, negative, or a billion and more.
func VendorAmount(text string) (amount Amount, ok bool) {
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(text) > 40 || len(exponent) > 3 || strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false // an exponent of many digits would be a number of many megabytes
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok || value.Sign() < 0 || value.Cmp(big.NewRat(1_000_000_000, 1)) >= 0 {
		return 0, false
	}
	value.Mul(value, big.NewRat(int64(amountUnit), 1)).Add(value, big.NewRat(1, 2))
	return Amount(new(big.Int).Div(value.Num(), value.Denom()).Int64()), true
}

func digits(text string, most int) bool {
	return text != "" && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// String writes the amount with two decimals, and more where they say something: 0.056, 50.00.
func (a Amount) String() string {
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	decimals := strings.TrimRight(fmt.Sprintf("%06d", a%amountUnit), "0")
	return fmt.Sprintf("%s%d.%s", sign, a/amountUnit, decimals+strings.Repeat("0", max(0, 2-len(decimals))))
}
