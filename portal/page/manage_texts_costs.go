package page

import (
	"fmt"
	"slices"
	"time"
)

// TextCosts are what the messages of a month cost.
type TextCosts struct {
	// Month is its first moment.
	Month time.Time
	// Now tells that it is not over yet.
	Now bool
	// Rows are per purpose and payer, Countries per country.
	Rows      []TextCost
	Countries []CountryCost
	// You is what the organisation pays, Operator what the operator does, in each currency.
	You, Operator []Money
	// Cap is the most that the organisation pays in a month.
	Cap Money
	// Unknown is how many messages may or may not have gone out.
	Unknown int
	// Months are this one and those around it, oldest first.
	Months []MonthCost
	// Earlier and Later lead to other months; empty where there is none.
	Earlier, Later string
}

// Self is where a change of language leads.
func (c TextCosts) Self() string { return "/manage/texts/costs?month=" + c.Name() }

// Name is the month in an address.
func (c TextCosts) Name() string { return c.Month.Format("2006-01") }

// Page names the template.
func (TextCosts) Page() string { return "manage-texts-costs" }

// Wide uses the whole width.
func (TextCosts) Wide() bool { return true }

// TextCost is what messages of one purpose and payer cost.
type TextCost struct {
	// Purpose and Payer are the last parts of the texts' ids.
	Purpose, Payer  string
	Messages, Parts int
	Amount          Money
	// Reported of Messages have a price of the vendor's.
	Reported int
}

// CountryCost is what messages to one country cost.
type CountryCost struct {
	Country  Country
	Messages int
	Amount   Money
}

// MonthCost is a month in the picture, and in the table below it.
type MonthCost struct {
	Month         time.Time
	You, Operator Money
	Messages      int
	// Foreign says that some of them cost in another currency, which is not in the amounts.
	Foreign bool
	// This is the month that the page is about.
	This bool
}

// Name is the month in an address.
func (m MonthCost) Name() string { return m.Month.Format("2006-01") }

// The picture of the months, in its own units.
const (
	chartHeight = 120
	chartStep   = 40
	chartBar    = 24
)

// Bar is one month in the picture: what the organisation pays stands below what the operator does.
type Bar struct {
	MonthCost
	X, Width                  int
	YouY, YouHeight           int
	OperatorY, OperatorHeight int
	// Middle and TextY are where its name stands.
	Middle, TextY int
}

// ChartBox is the picture's size, as an SVG says it.
func (c TextCosts) ChartBox() string {
	return fmt.Sprintf("0 0 %d %d", chartStep*len(c.Months), chartHeight+24)
}

// Bars are the months in the picture. What cost anything can be seen.
func (c TextCosts) Bars() []Bar {
	most := int64(1)
	for _, m := range c.Months {
		most = max(most, m.You.Amount+m.Operator.Amount)
	}
	high := func(m Money) int {
		if m.Amount <= 0 {
			return 0
		}
		return max(2, int(float64(m.Amount)/float64(most)*chartHeight))
	}
	bars := make([]Bar, 0, len(c.Months))
	for i, m := range c.Months {
		b := Bar{MonthCost: m, X: i*chartStep + (chartStep-chartBar)/2, Width: chartBar, YouHeight: high(m.You), OperatorHeight: high(m.Operator)}
		b.YouY = chartHeight - b.YouHeight
		b.OperatorY = b.YouY - b.OperatorHeight
		b.Middle, b.TextY = i*chartStep+chartStep/2, chartHeight+18
		bars = append(bars, b)
	}
	return bars
}

// Latest are the months of the table, the newest first.
func (c TextCosts) Latest() []MonthCost {
	all := slices.Clone(c.Months)
	slices.Reverse(all)
	return all
}

// Foreign tells whether something cost in another currency, and is not in the picture.
func (c TextCosts) Foreign() bool {
	return slices.ContainsFunc(c.Months, func(m MonthCost) bool { return m.Foreign })
}

// Any tells whether there is anything to draw.
func (c TextCosts) Any() bool {
	return slices.ContainsFunc(c.Months, func(m MonthCost) bool { return m.Messages > 0 })
}
