package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/sms"
)

// reportPath is where vendors of text messages tell what became of one, with the provider's id behind it.
const reportPath = "/v1/sms/reports/"

// smsReport takes a vendor's report. Who calls is proven by the signature alone, which covers the
// address as the vendor knows it: so it is built from the origin, and not from what a proxy made of it.
//
// MessageBird repeats what is not answered with 200. A report that came before, and one about a message that
// Aye did not send by that account, would be no other the next time, so they are answered so too.
func (s *Server) smsReport(c echo.Context) error {
	raw, err := body(c)
	if err != nil {
		return err
	}
	request := c.Request()
	err = s.SMS.Report(request.Context(), c.Param("id"), sms.Call{
		Method: request.Method, URL: s.Origin + request.URL.RequestURI(), Header: request.Header.Get, Body: raw,
	})
	if err != nil && !errors.Is(err, sms.ErrReplayed) && !errors.Is(err, sms.ErrNoMessage) {
		return err
	}
	return c.String(http.StatusOK, "OK")
}
