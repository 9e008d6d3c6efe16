package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

type route struct {
	method, path string
	handler      echo.HandlerFunc
}

// routes is the whole API. Each line says who may call: an application, one that may manage text
// messages, a device, who holds a ticket, or anybody. A test holds it equal to openapi.yaml.
func (s *Server) routes() []route {
	const get, post, patch, remove, options = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodOptions
	return append(s.textRoutes(), []route{
		// Pairing a phone.
		{post, "/v1/pairings", s.application(s.openPairing)},
		{get, "/v1/pairings/:id", s.application(s.getPairing)},
		{remove, "/v1/pairings/:id", s.application(s.cancelPairing)},
		{post, "/v1/pairings/:id/renew", s.application(s.renewPairing)},
		{post, "/v1/pairings/:id/confirm", s.application(s.confirmPairing)},
		{get, "/v1/pairings/:id/state", s.ticket(s.pairingTicket, s.pairingState)},
		{get, "/v1/pairings/:id/events", s.room(s.ticket(s.pairingTicket, s.pairingEvents))},
		{options, "/v1/pairings/:id/state", s.preflight(anyOrigin)},
		{post, "/v1/devices", s.phonePage(s.claimPairing)},

		// Asking and releasing.
		{post, "/v1/approvals", s.application(s.askApproval)},
		{get, "/v1/approvals/:id", s.application(s.getApproval)},
		{remove, "/v1/approvals/:id", s.application(s.cancelApproval)},
		{post, "/v1/approvals/:id/resend", s.application(s.resendApproval)},
		{post, "/v1/approvals/:id/codes", s.application(s.sendCode)},
		{post, "/v1/approvals/:id/verify", s.application(s.verifyCode)},
		{post, "/v1/approvals/:id/redeem", s.application(s.redeemApproval)},
		{get, "/v1/approvals/:id/state", s.ticket(s.approvalTicket, s.approvalState)},
		{get, "/v1/approvals/:id/events", s.room(s.ticket(s.approvalTicket, s.approvalEvents))},
		{options, "/v1/approvals/:id/state", s.preflight(anyOrigin)},

		// The phone. That which a case removed can stop that case. A decision carries an id of its own that works once, so its proof need not.
		{post, "/v1/approvals/:id/decision", s.phonePage(s.device(repeatable, s.decideApproval))},
		{get, "/v1/device", s.phonePage(s.device(repeatable, s.getDevice))},
		{patch, "/v1/device", s.phonePage(s.device(once, s.updateDevice))},
		{remove, "/v1/device", s.phonePage(s.device(once, s.removeDevice))},
		{post, "/v1/device/approval-key", s.phonePage(s.device(once, s.replaceApprovalKey))},
		{get, "/v1/device/approvals", s.phonePage(s.device(repeatable, s.pendingApprovals))},
		{get, "/v1/device/history", s.phonePage(s.device(repeatable, s.history))},
		{get, "/v1/device/cases", s.phonePage(s.removedDevice(repeatable, s.deviceCases))},
		{post, "/v1/device/cases/:id/stop", s.phonePage(s.removedDevice(once, s.stopCase))},
		{options, "/v1/devices", s.preflight(s.PhoneOrigins)},
		{options, "/v1/device", s.preflight(s.PhoneOrigins)},
		{options, "/v1/device/*", s.preflight(s.PhoneOrigins)},
		{options, "/v1/approvals/:id/decision", s.preflight(s.PhoneOrigins)},

		// Anybody.
		{get, "/v1/openapi.json", s.openAPI},
		{get, "/.well-known/jwks.json", s.jwks},
		{get, "/healthz", s.healthy},
		{get, "/readyz", s.ready},
		{get, "/p", s.pairingHelp},
		{get, "/problems/:code", s.problemPage},
	}...)
}

// textRoutes are those of text messages: for an application that may manage them, and for the vendors' reports.
func (s *Server) textRoutes() []route {
	const get, post, put, patch, remove = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	return []route{
		{get, "/v1/sms-providers", s.texts(s.listSMSProviders)},
		{post, "/v1/sms-providers", s.texts(s.beginSMSProvider)},
		{get, "/v1/sms-providers/:id", s.texts(s.getSMSProvider)},
		{patch, "/v1/sms-providers/:id", s.texts(s.changeSMSProvider)},
		{remove, "/v1/sms-providers/:id", s.texts(s.removeSMSProvider)},
		{post, "/v1/sms-providers/:id/activate", s.texts(s.activateSMSProvider(true))},
		{post, "/v1/sms-providers/:id/deactivate", s.texts(s.activateSMSProvider(false))},
		{post, "/v1/sms-drafts/:id/confirm", s.texts(s.confirmSMSDraft)},
		{post, "/v1/sms-drafts/:id/resend", s.texts(s.resendSMSDraft)},
		{get, "/v1/sms-settings", s.texts(s.getSMSSettings)},
		{put, "/v1/sms-settings", s.texts(s.putSMSSettings)},
		{post, "/v1/sms-settings/resume", s.texts(s.resumeSMS)},
		{get, "/v1/sms-costs", s.texts(s.smsCosts)},
		{get, "/v1/sms-users", s.texts(s.smsUsers)},
		{get, reportPath + ":id", s.smsReport},
		{post, reportPath + ":id", s.smsReport},
	}
}
