package app

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// caseTexts sends the text messages of support.
type caseTexts struct{ texts *sms.Service }

// Inform sends what the template says.
func (c caseTexts) Inform(ctx context.Context, t support.Text) error {
	h := sms.Help{
		Kind: sms.HelpStop, Person: t.Person, Organisation: t.Organisation, Agent: t.Agent, Link: t.Link, Code: t.Code, Hours: t.Hours, About: t.About,
	}
	switch t.Kind {
	case support.TextAccess:
		h.Kind = sms.HelpAccess
	case support.TextCheck:
		h.Kind = sms.HelpCheck
	case support.TextStop:
	}
	return c.texts.SendHelp(ctx, h)
}

// Reaches tells whether a message can be sent to the person now.
func (c caseTexts) Reaches(ctx context.Context, p accounts.Person) bool {
	return c.texts.Helps(ctx, p)
}
