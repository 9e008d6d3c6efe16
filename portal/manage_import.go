package portal

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// errorLines is how many of the lines that are left out stand on the page.
const errorLines = 100

func (s *Server) showUpload(c echo.Context, session signin.Session) error {
	return s.uploading(c, http.StatusOK, session, nil)
}

func (s *Server) uploading(c echo.Context, status int, session signin.Session, faults page.Faults) error {
	imports, err := s.as(session).ImportsOf(c.Request().Context(), session.OrganisationID)
	if err != nil {
		return err
	}
	view := page.Upload{Faults: faults}
	for _, i := range imports {
		view.Left = append(view.Left, page.ImportLine{ID: i.ID, At: i.Created, State: string(i.State), Total: i.Total, Done: i.Done})
	}
	return s.show(c, status, view)
}

// example is a file of people to begin with. Spreadsheets of Dutch people part by semicolons.
func (s *Server) example(c echo.Context, _ signin.Session) error {
	text := "\ufeffemail,name,role,language\r\nada@example.com,Ada de Vries,member,nl\r\ngrace@example.com,Grace Smith,administrator,en\r\n"
	if s.locale(c) == "nl" {
		text = "\ufeffemail;name;role;language\r\nada@example.com;Ada de Vries;member;nl\r\ngrace@example.com;Grace Smith;administrator;en\r\n"
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="example.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", []byte(text))
}

// upload looks at the file and keeps what it would do.
func (s *Server) upload(c echo.Context, session signin.Session) error {
	rows, wrong, err := roster(c)
	if err != nil {
		fault, known := rosterFault(err)
		if !known {
			return err
		}
		return s.uploading(c, http.StatusUnprocessableEntity, session, page.Faults{"file": fault})
	}
	i, err := s.as(session).PlanImport(c.Request().Context(), session.OrganisationID, rows, wrong)
	if err != nil {
		return err
	}
	return s.goTo(c, "/manage/import/"+i.ID)
}

func roster(c echo.Context) ([]accounts.RosterRow, []accounts.LineError, error) {
	file, err := uploaded(c, "file")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }()
	return accounts.ReadRoster(file)
}

// uploaded is the file in the field, or http.ErrMissingFile.
func uploaded(c echo.Context, field string) (io.ReadCloser, error) {
	if c.Request().MultipartForm == nil {
		return nil, http.ErrMissingFile
	}
	file, _, err := c.Request().FormFile(field)
	return file, err
}

func rosterFault(err error) (page.Text, bool) {
	var broken *accounts.RosterError
	switch {
	case errors.Is(err, http.ErrMissingFile):
		return page.Say("manage.import.file-bad.missing"), true
	case errors.As(err, &broken):
		return page.Say("manage.import.file-bad."+string(broken.Problem), "Value", broken.Value), true
	}
	return page.Text{}, false
}

// showImport shows what an import would do, how far it is, or what it did.
func (s *Server) showImport(c echo.Context, session signin.Session) error {
	i, err := s.as(session).Import(c.Request().Context(), session.OrganisationID, c.Param("import"))
	if err != nil {
		return err
	}
	view := page.Import{
		ID: i.ID, State: string(i.State), New: i.New, Known: i.Known, Wrong: len(i.Errors), Total: i.Total, Done: i.Done,
		More: max(0, len(i.Errors)-errorLines),
	}
	for _, line := range i.Errors[:min(len(i.Errors), errorLines)] {
		view.Errors = append(view.Errors, page.ImportError{Line: line.Line, Problem: string(line.Problem), Value: line.Value})
	}
	return s.show(c, http.StatusOK, view)
}

// startImport lets it run. The server does so in the background, also when this one ends.
func (s *Server) startImport(c echo.Context, session signin.Session) error {
	ctx, as, id := c.Request().Context(), s.as(session), c.Param("import")
	i, err := as.Import(ctx, session.OrganisationID, id)
	if err != nil {
		return err
	}
	// Of one that was started already, in another tab perhaps, the page says how far it is.
	if err = as.StartImport(ctx, session.OrganisationID, i.ID); err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return err
	}
	return s.goTo(c, "/manage/import/"+i.ID)
}
