package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func (s *Server) phones(c echo.Context, session signin.Session) error {
	phones, err := s.phonesOf(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.Phones{
		Phones: phones, Apps: session.Member.Person.Apps, Texts: !session.Member.Person.Texts.IsZero(), Most: devices.MaxActive,
	})
}

// phone is the person's own with the id in the address; one of somebody else never was.
func (s *Server) phone(c echo.Context, session signin.Session) (devices.Device, error) {
	all, err := s.Devices.Of(c.Request().Context(), session.PersonID)
	if err != nil {
		return devices.Device{}, err
	}
	at := slices.IndexFunc(all, func(d devices.Device) bool { return d.ID == c.Param("id") })
	if at < 0 {
		return devices.Device{}, devices.ErrUnknown
	}
	return all[at], nil
}

func (s *Server) showPhone(c echo.Context, session signin.Session) error {
	device, err := s.phone(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.PhoneName{ID: device.ID, Name: device.Name})
}

func (s *Server) renamePhone(c echo.Context, session signin.Session) error {
	device, err := s.phone(c, session)
	if err != nil {
		return err
	}
	err = s.Devices.Rename(c.Request().Context(), device, form(c, "name"), device.MembershipID)
	if errors.Is(err, devices.ErrInvalid) {
		faults := page.Faults{"name": page.Say("security.phone-name.invalid")}
		return s.show(c, http.StatusUnprocessableEntity, page.PhoneName{ID: device.ID, Name: form(c, "name"), Faults: faults})
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "security.saved")
	return s.goTo(c, "/security/phones")
}

func (s *Server) showRemovePhone(c echo.Context, session signin.Session) error {
	device, err := s.phone(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.Confirm{
		Title: page.Say("security.phone-remove.title"), Text: page.Say("security.phone-remove.text", "Name", device.Name),
		Action: "/security/phones/" + device.ID + "/remove", Button: page.Say("security.phone-remove.button"), Danger: true, Back: "/security/phones",
	})
}

func (s *Server) removePhone(c echo.Context, session signin.Session) error {
	device, err := s.phone(c, session)
	if err != nil {
		return err
	}
	// In the audit log of the organisation where it was linked the person has the name of there.
	_, err = s.Devices.RemoveSpare(c.Request().Context(), device, device.MembershipID)
	if errors.Is(err, devices.ErrLastFactor) {
		return s.lastFactor(c)
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "security.phones.removed")
	return s.goTo(c, "/security/phones")
}

// Where a phone is linked, and why; see link.go.
var (
	linkPush     = link{base: "/security/push", intent: page.LinkChange, back: "/security", after: "/security/push/done"}
	linkAnother  = link{base: "/security/phones/link", intent: page.LinkAdd, back: "/security/phones", after: "/security/phones"}
	linkNewPhone = link{base: "/security/phones/replace", intent: page.LinkNew, back: "/security/phones", after: "/security/phones/replace/done"}
)

// showPhoneLink begins where the person was proven lately; then the pairing itself says how long
// there is, and the page that waits for the phone is not sent away in between.
func (s *Server) showPhoneLink(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		if c.QueryParam("pairing") == "" {
			return s.proven(s.showLink(l))(c, session)
		}
		return s.showLink(l)(c, session)
	}
}

// linked offers to remove what the newest phone may have come in place of. Nothing has to go.
func (s *Server) linked(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		phones, err := s.phonesOf(c, session)
		if err != nil {
			return err
		}
		if len(phones) == 0 {
			return s.goTo(c, l.base)
		}
		newest := len(phones) - 1
		view := page.Linked{
			Intent: l.intent, Phone: phones[newest].Name,
			Recovery: session.Member.Person.RecoveryCodes == 0 && session.Organisation.Allows(accounts.Recovery),
		}
		if l.intent == page.LinkChange {
			texts, failed := s.textFactor(c, session)
			if failed != nil {
				return failed
			}
			if texts.Chosen {
				view.Texts = texts.Number
			}
			view.Apps, err = s.appsOf(c, session)
		} else {
			view.Phones = phones[:newest]
		}
		if err != nil {
			return err
		}
		return s.show(c, http.StatusOK, view)
	}
}
