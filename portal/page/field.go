package page

import (
	"fmt"
	"html/template"
	"strings"
)

// Field is one line of a form, for the partial of that name.
type Field struct {
	Name, Label, Value string
	// Type is that of the input: text, email, password, tel, number, date, file.
	Type         string
	Hint, Error  string
	Autocomplete string
	Inputmode    string
	Pattern      string
	Maximum      int
	Required     bool
	Focus        bool
	// Code is a field for a code: wide letters, no corrections.
	Code bool
	// Texted is a field for a code in a text message, which the browser may fill in.
	Texted bool
	// Rows makes it a text area.
	Rows int
	// Choices make it a list to choose one from; see also the partial "choices".
	Choices []Choice
}

// Choice is one possibility of a field.
type Choice struct {
	Value       string
	Label, Hint Text
	// Disabled is shown and cannot be chosen; its hint says why.
	Disabled bool
}

// Describes are the ids of what belongs to the input besides its label.
func (f Field) Describes() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// ID is that of the input in the page.
func (f Field) ID() string { return "field-" + f.Name }

// field makes a [Field]: {{template "field" (field .Faults "email" "login.email" "type" "email"
// "value" .Email)}}. What follows the name and the label's id comes in pairs, by the names of the
// struct in lower case; hint and error are texts.
func (s speaker) field(faults Faults, name, label string, pairs ...any) (Field, error) {
	f := Field{Name: name, Type: "text"}
	var err error
	if f.Label, err = s.text(label); err != nil {
		return f, err
	}
	fault, failed := faults[name]
	if f.Error, err = s.text(fault); err != nil {
		return f, err
	}
	f.Focus = failed
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := s.set(&f, fmt.Sprint(pairs[i]), pairs[i+1]); err != nil {
			return f, fmt.Errorf("field %s: %w", name, err)
		}
	}
	return f, nil
}

func (s speaker) set(f *Field, key string, value any) (err error) {
	text, number, yes := "", 0, false
	switch value := value.(type) {
	case string:
		text = value
	case template.HTML:
		text = string(value)
	case int:
		number = value
	case bool:
		yes = value
	}
	switch key {
	case "value":
		f.Value = text
	case "type":
		f.Type = text
	case "hint":
		f.Hint, err = s.text(value)
	case "autocomplete":
		f.Autocomplete = text
	case "inputmode":
		f.Inputmode = text
	case "pattern":
		f.Pattern = text
	case "maximum":
		f.Maximum = number
	case "rows":
		f.Rows = number
	case "required":
		f.Required = yes
	case "focus":
		f.Focus = f.Focus || yes
	case "code":
		f.Code = yes
	case "texted":
		f.Texted = yes
	case "choices":
		f.Choices, _ = value.([]Choice)
	default:
		return fmt.Errorf("no %q", key)
	}
	return err
}
