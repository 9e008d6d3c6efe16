package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/portal/page"
	"example.com/aye/privacy"
	"example.com/aye/signin"
)

func (s *Server) showData(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.Data{})
}

// ownData is the file with everything that is kept of a person.
type ownData struct {
	Person   string        `json:"person"`
	At       time.Time     `json:"at"`
	Sections []dataSection `json:"sections"`
}

type dataSection struct {
	Name string           `json:"name"`
	Why  string           `json:"why"`
	Rows []map[string]any `json:"rows"`
}

// downloadData gives the person all that is kept of them.
func (s *Server) downloadData(c echo.Context, session signin.Session) error {
	document, err := s.Privacy.Export(c.Request().Context(), session.PersonID, session.PersonID)
	if err != nil {
		return err
	}
	file := ownData{Person: document.PersonID, At: document.At, Sections: []dataSection{}}
	for _, section := range document.Sections {
		file.Sections = append(file.Sections, dataSection(section))
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="aye-%s.json"`, document.At.UTC().Format(time.DateOnly)))
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, text)
}

func (s *Server) showErase(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, page.Erase{Email: session.Member.Person.Email})
}

// erase takes the account away, with the address typed: nothing brings it back.
func (s *Server) erase(c echo.Context, session signin.Session) error {
	view := page.Erase{Email: session.Member.Person.Email}
	if view.Faults = typedAddress(c, view.Email); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	err := s.Privacy.Erase(c.Request().Context(), session.PersonID, session.PersonID)
	if errors.Is(err, privacy.ErrLastOwner) {
		view.Problem = page.Notice{Tone: page.Bad, Text: page.Say("data.erase.last-owner")}
		return s.show(c, http.StatusConflict, view)
	}
	if err != nil {
		return err
	}
	s.forget(c)
	c.Set(sessionKey, nil)
	return s.show(c, http.StatusOK, page.Message{Tone: page.Good, Icon: "check", Title: page.Say("data.erased.title"), Text: page.Say("data.erased.text")})
}

// typedAddress finds what is wrong with an address that is typed to say yes.
func typedAddress(c echo.Context, email string) page.Faults {
	faults := missing(c, "email", "data.erase.missing")
	if !faults.Failed() && !strings.EqualFold(strings.TrimSpace(form(c, "email")), email) {
		faults["email"] = page.Say("data.erase.differs")
	}
	return faults
}
