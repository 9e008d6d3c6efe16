package portal

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// usualColour is offered to who has none.
const usualColour = "#0b5a66"

func lookForm(o accounts.Organisation) page.LookForm {
	view := page.LookForm{Name: o.Name, Colour: usualColour, Logo: o.Logo.Type != ""}
	if o.Colour != "" {
		view.Colour, view.Own = o.Colour, true
		if light, dark := page.Shades(o.Colour); light != o.Colour || dark != o.Colour {
			view.Light, view.Dark = light, dark
		}
	}
	return view
}

func (s *Server) showLook(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, lookForm(session.Organisation))
}

// changeLook stores the name, the colour and the logo, or shows how the colour would be.
func (s *Server) changeLook(c echo.Context, session signin.Session) error {
	ctx, as, after := c.Request().Context(), s.as(session), session.Organisation
	after.Name, after.Colour = strings.TrimSpace(form(c, "name")), ""
	if form(c, "own") == "yes" {
		after.Colour = strings.ToLower(form(c, "colour"))
	}
	logo, faults, err := s.lookFaults(c, after)
	if err != nil {
		return err
	}
	if faults.Failed() {
		view := lookForm(session.Organisation)
		view.Name, view.Colour, view.Own, view.Faults = form(c, "name"), form(c, "colour"), form(c, "own") == "yes", faults
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	if form(c, "preview") == "yes" {
		return s.previewLook(c, after)
	}
	if after.Name != session.Organisation.Name || after.Colour != session.Organisation.Colour {
		if err := as.UpdateLook(ctx, after); err != nil {
			return err
		}
	}
	if len(logo) > 0 || form(c, "nologo") == "yes" {
		if err := as.SetLogo(ctx, session.OrganisationID, logo); err != nil {
			return err
		}
	}
	s.say(c, page.Good, "manage.look.said-saved")
	return s.goTo(c, "/manage/look")
}

// lookFaults reads the logo, and finds what is wrong with each field.
func (s *Server) lookFaults(c echo.Context, after accounts.Organisation) ([]byte, page.Faults, error) {
	faults := page.Faults{}
	if one := (accounts.Organisation{Name: after.Name}); one.ValidateLook() != nil {
		faults["name"] = page.Say("manage.look.name-bad")
	}
	const name = "x"
	if one := (accounts.Organisation{Name: name, Colour: after.Colour}); one.ValidateLook() != nil || (after.Colour == "" && form(c, "own") == "yes") {
		faults["colour"] = page.Say("manage.look.colour-bad")
	}
	file, err := uploaded(c, "logo")
	if errors.Is(err, http.ErrMissingFile) {
		return nil, faults, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	logo, err := io.ReadAll(io.LimitReader(file, accounts.MaxLogo+1))
	if err != nil {
		return nil, nil, err
	}
	if len(logo) > accounts.MaxLogo {
		faults["logo"] = page.Say("manage.look.logo-large")
	} else if _, err := accounts.NewLogo(logo); err != nil {
		faults["logo"] = page.Say("manage.look.logo-bad")
	}
	return logo, faults, nil
}

// previewLook shows the page in a colour that is not stored.
func (s *Server) previewLook(c echo.Context, o accounts.Organisation) error {
	frame, view := s.frame(c), lookForm(o)
	view.Preview = true
	frame.Organisation.Name, frame.Organisation.Look = o.Name, ""
	if o.Colour != "" {
		frame.Organisation.Look = "/manage/look/" + strings.TrimPrefix(o.Colour, "#") + ".css"
	}
	return s.showIn(c, http.StatusOK, frame, view)
}

// sheet is the style sheet of a colour that somebody tries.
func (s *Server) sheet(c echo.Context, _ signin.Session) error {
	name, isSheet := strings.CutSuffix(c.Param("sheet"), ".css")
	sheet := page.Look("#" + name)
	if !isSheet || sheet == "" {
		return echo.ErrNotFound
	}
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(sheet))
}
