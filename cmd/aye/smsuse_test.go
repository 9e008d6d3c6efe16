package main

import (
	"strings"
	"testing"

	"example.com/aye/sms"
)

// A spreadsheet runs what begins like a formula, and an organisation's name may begin so.
func TestCostsForSpreadsheets(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	costs := []smsCostJSON{}
	for _, name := range []string{"Tulp & Zoon", "=HYPERLINK(1)", "+1", "-1", "@SUM(1)", `quoted "name", and more`} {
		costs = append(costs, smsCostJSON{Month: "2026-11", Organisation: name, Payer: "operator", Purpose: "login", Country: "NL", Messages: 2, Parts: 3, Amount: "0.168", Currency: "EUR", Reported: 1})
	}
	if err := costsCSV(&out, costs); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{
		"month,organisation,payer,purpose,country,messages,parts,amount,currency,reported,unknown",
		"2026-11,Tulp & Zoon,operator,login,NL,2,3,0.168,EUR,1,0",
		"2026-11,'=HYPERLINK(1),", "2026-11,'+1,", "2026-11,'-1,", "2026-11,'@SUM(1),", `2026-11,"quoted ""name"", and more",`,
	}
	for i, line := range want {
		if i >= len(lines) || !strings.HasPrefix(lines[i], line) {
			t.Errorf("%d: %q, want %q", i, lines[min(i, len(lines)-1)], line)
		}
	}
}

// Each class that a vendor's refusal can have comes with what to do.
func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, class := range []sms.Class{sms.BadKey, sms.TestKey, sms.NoBalance, sms.BadSender, sms.BadNumber, sms.NotPermitted, sms.Busy, sms.Down, sms.Other} {
		if text := textTrouble(&sms.VendorError{Class: class, Code: "7", Detail: "their words"}).Error(); !strings.Contains(text, "their words\n") || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: %s", class, text)
		}
	}
}
