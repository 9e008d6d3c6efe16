package portal

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

type route struct {
	method, path string
	handler      echo.HandlerFunc
	// most is the largest body in bytes; 0 for the ordinary limit.
	most int64
}

// routes is the whole portal. Each line says who may call; see session.go.
func (s *Server) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		// What every page needs.
		{method: get, path: "/", handler: s.anybody(s.start)},
		{method: post, path: "/language", handler: s.anybody(s.chooseLanguage)},
		{method: get, path: "/static/:file", handler: s.static},
		{method: get, path: "/look/:organisation/:version", handler: s.look},

		// Logging in and out.
		{method: get, path: "/login", handler: s.anybody(s.showLogin)},
		{method: post, path: "/login", handler: s.anybody(s.login)},
		{method: post, path: "/logout", handler: s.anybody(s.logout)},
		{method: get, path: "/login/wait", handler: s.begun(s.showWait(loginWait))},
		{method: post, path: "/login/wait/resend", handler: s.begun(s.resend(loginWait))},
		{method: post, path: "/login/wait/again", handler: s.begun(s.askAgain(loginWait))},
		{method: post, path: "/login/wait/cancel", handler: s.begun(s.cancelWait(loginWait))},
		{method: get, path: "/login/wait/code", handler: s.begun(s.showCode(loginWait))},
		{method: post, path: "/login/wait/code", handler: s.begun(s.typeCode(loginWait))},

		// A forgotten password.
		{method: get, path: "/forgot", handler: s.anybody(s.showForgot)},
		{method: post, path: "/forgot", handler: s.anybody(s.forgot)},
		{method: get, path: "/forgot/sent", handler: s.anybody(s.showForgotSent)},
		{method: get, path: "/reset/:token", handler: s.anybody(s.showReset)},
		{method: post, path: "/reset/:token", handler: s.anybody(s.useReset)},
		{method: get, path: "/reset", handler: s.choosing(s.showNewPassword)},
		{method: post, path: "/reset", handler: s.choosing(s.newPassword)},
		{method: get, path: "/reset/done", handler: s.begun(s.showResetDone)},

		// The first time: invitation and wizard.
		{method: get, path: "/invitation", handler: s.anybody(s.followInvitation)},
		{method: get, path: "/invitations/:token", handler: s.invitations(s.showInvitation)},
		{method: post, path: "/invitations/:token", handler: s.invitations(s.acceptInvitation)},
		{method: get, path: "/invitations/:token/password", handler: s.invitations(s.showFirstPassword)},
		{method: post, path: "/invitations/:token/password", handler: s.invitations(s.firstPassword)},
		{method: get, path: "/setup", handler: s.setsUp(s.startSetup)},
		{method: get, path: "/setup/number", handler: s.setsUp(s.showSetupNumber)},
		{method: post, path: "/setup/number", handler: s.setsUp(s.askSetupNumber)},
		{method: get, path: "/setup/number/code", handler: s.setsUp(s.showSetupNumberCode)},
		{method: post, path: "/setup/number/code", handler: s.setsUp(s.confirmSetupNumber)},
		{method: get, path: "/setup/method", handler: s.setsUp(s.showSetupMethod)},
		{method: post, path: "/setup/method", handler: s.setsUp(s.chooseSetupMethod)},
		{method: get, path: "/setup/link", handler: s.setsUp(s.showLink(setupPhone))},
		{method: post, path: "/setup/link", handler: s.setsUp(s.startLink(setupPhone))},
		{method: post, path: "/setup/link/renew", handler: s.setsUp(s.renewLink(setupPhone))},
		{method: post, path: "/setup/link/confirm", handler: s.setsUp(s.confirmLink(setupPhone))},
		{method: post, path: "/setup/link/cancel", handler: s.setUp(s.cancelLink(setupPhone))},
		{method: get, path: "/setup/app", handler: s.setsUp(s.showApp(setupApp))},
		{method: post, path: "/setup/app", handler: s.setsUp(s.startApp(setupApp))},
		{method: post, path: "/setup/app/activate", handler: s.setsUp(s.activateApp(setupApp))},
		{method: get, path: "/setup/done", handler: s.setUp(s.showSetupDone)},
		{method: post, path: "/setup/done", handler: s.setUp(s.finishSetup)},

		// Proving the person again.
		{method: get, path: "/prove", handler: s.signedIn(s.showProve)},
		{method: post, path: "/prove", handler: s.signedIn(s.prove)},
		{method: get, path: "/prove/wait", handler: s.signedIn(s.showWait(proveWait))},
		{method: post, path: "/prove/wait/resend", handler: s.signedIn(s.resend(proveWait))},
		{method: post, path: "/prove/wait/again", handler: s.signedIn(s.askAgain(proveWait))},
		{method: post, path: "/prove/wait/cancel", handler: s.signedIn(s.cancelWait(proveWait))},
		{method: get, path: "/prove/wait/code", handler: s.signedIn(s.showCode(proveWait))},
		{method: post, path: "/prove/wait/code", handler: s.signedIn(s.typeCode(proveWait))},

		// Organisations and their apps.
		{method: get, path: "/organisations", handler: s.begun(s.showOrganisations)},
		{method: post, path: "/organisations", handler: s.begun(s.pickOrganisation)},
		{method: get, path: "/apps", handler: s.signedIn(s.apps)},

		// Security.
		{method: get, path: "/security", handler: s.signedIn(s.proven(s.security))},
		{method: get, path: "/security/push", handler: s.linking(s.showPhoneLink(linkPush))},
		{method: post, path: "/security/push", handler: s.signedIn(s.proven(s.startLink(linkPush)))},
		{method: post, path: "/security/push/renew", handler: s.signedIn(s.proven(s.renewLink(linkPush)))},
		{method: post, path: "/security/push/confirm", handler: s.signedIn(s.confirmLink(linkPush))},
		{method: post, path: "/security/push/instead", handler: s.signedIn(s.insteadLink(linkPush))},
		{method: post, path: "/security/push/cancel", handler: s.signedIn(s.cancelLink(linkPush))},
		{method: get, path: "/security/push/done", handler: s.linking(s.proven(s.linked(linkPush)))},
		{method: get, path: "/security/phones", handler: s.signedIn(s.proven(s.phones))},
		{method: get, path: "/security/phones/link", handler: s.linking(s.showPhoneLink(linkAnother))},
		{method: post, path: "/security/phones/link", handler: s.signedIn(s.proven(s.startLink(linkAnother)))},
		{method: post, path: "/security/phones/link/renew", handler: s.signedIn(s.proven(s.renewLink(linkAnother)))},
		{method: post, path: "/security/phones/link/confirm", handler: s.signedIn(s.confirmLink(linkAnother))},
		{method: post, path: "/security/phones/link/instead", handler: s.signedIn(s.insteadLink(linkAnother))},
		{method: post, path: "/security/phones/link/cancel", handler: s.signedIn(s.cancelLink(linkAnother))},
		{method: get, path: "/security/phones/replace", handler: s.linking(s.showPhoneLink(linkNewPhone))},
		{method: post, path: "/security/phones/replace", handler: s.signedIn(s.proven(s.startLink(linkNewPhone)))},
		{method: post, path: "/security/phones/replace/renew", handler: s.signedIn(s.proven(s.renewLink(linkNewPhone)))},
		{method: post, path: "/security/phones/replace/confirm", handler: s.signedIn(s.confirmLink(linkNewPhone))},
		{method: post, path: "/security/phones/replace/instead", handler: s.signedIn(s.insteadLink(linkNewPhone))},
		{method: post, path: "/security/phones/replace/cancel", handler: s.signedIn(s.cancelLink(linkNewPhone))},
		{method: get, path: "/security/phones/replace/done", handler: s.linking(s.proven(s.linked(linkNewPhone)))},
		{method: get, path: "/security/phones/:id", handler: s.signedIn(s.proven(s.showPhone))},
		{method: post, path: "/security/phones/:id", handler: s.signedIn(s.proven(s.renamePhone))},
		{method: get, path: "/security/phones/:id/remove", handler: s.signedIn(s.proven(s.showRemovePhone))},
		{method: post, path: "/security/phones/:id/remove", handler: s.signedIn(s.proven(s.removePhone))},
		{method: get, path: "/security/apps", handler: s.signedIn(s.proven(s.codeApps))},
		{method: get, path: "/security/apps/new", handler: s.linking(s.proven(s.showApp(linkCodeApp)))},
		{method: post, path: "/security/apps/new", handler: s.signedIn(s.proven(s.startApp(linkCodeApp)))},
		{method: post, path: "/security/apps/new/activate", handler: s.signedIn(s.proven(s.activateApp(linkCodeApp)))},
		{method: get, path: "/security/apps/:id/remove", handler: s.signedIn(s.proven(s.showRemoveApp))},
		{method: post, path: "/security/apps/:id/remove", handler: s.signedIn(s.proven(s.removeApp))},
		{method: get, path: "/security/recovery", handler: s.signedIn(s.proven(s.showRecoveryCodes))},
		{method: post, path: "/security/recovery", handler: s.signedIn(s.proven(s.makeRecoveryCodes))},
		{method: get, path: "/security/sign-ins", handler: s.signedIn(s.proven(s.signIns))},
		{method: get, path: "/security/sign-ins/:id", handler: s.signedIn(s.proven(s.showSignIn))},
		{method: post, path: "/security/sign-ins/:id", handler: s.signedIn(s.proven(s.notMe))},
		{method: get, path: "/security/sessions", handler: s.signedIn(s.proven(s.sessions))},
		{method: post, path: "/security/sessions/end-others", handler: s.signedIn(s.proven(s.endOtherSessions))},
		{method: post, path: "/security/sessions/:id/end", handler: s.signedIn(s.proven(s.endSession))},
		{method: get, path: "/security/password", handler: s.signedIn(s.proven(s.showPassword))},
		{method: post, path: "/security/password", handler: s.signedIn(s.proven(s.changePassword))},
		{method: get, path: "/security/email", handler: s.signedIn(s.proven(s.showEmail))},
		{method: post, path: "/security/email", handler: s.signedIn(s.proven(s.askEmail))},
		{method: get, path: "/security/email/sent", handler: s.signedIn(s.emailSent)},
		{method: get, path: "/email/:token", handler: s.anybody(s.showConfirmEmail)},
		{method: post, path: "/email/:token", handler: s.anybody(s.confirmEmail)},
		{method: get, path: "/security/number", handler: s.signedIn(s.proven(s.showNumber))},
		{method: post, path: "/security/number", handler: s.signedIn(s.proven(s.askNumber))},
		{method: get, path: "/security/number/code", handler: s.signedIn(s.proven(s.showNumberCode))},
		{method: post, path: "/security/number/code", handler: s.signedIn(s.proven(s.confirmNumber))},
		{method: post, path: "/security/number/remove", handler: s.signedIn(s.proven(s.removeNumber))},
		{method: get, path: "/security/profile", handler: s.signedIn(s.proven(s.showProfile))},
		{method: post, path: "/security/profile", handler: s.signedIn(s.proven(s.changeProfile))},

		// Administration.
		{method: get, path: "/manage", handler: s.managed(s.manage)},
		{method: get, path: "/manage/people", handler: s.managed(s.people)},
		{method: get, path: "/manage/people/new", handler: s.carefully(s.showInvite)},
		{method: post, path: "/manage/people/new", handler: s.carefully(s.invite)},
		{method: get, path: "/manage/people/:person", handler: s.managed(s.showPerson)},
		{method: post, path: "/manage/people/:person", handler: s.carefully(s.changeRole)},
		{method: post, path: "/manage/people/:person/invite", handler: s.managed(s.inviteAgain)},
		{method: get, path: "/manage/people/:person/end", handler: s.carefully(s.showEnd)},
		{method: post, path: "/manage/people/:person/end", handler: s.carefully(s.end)},
		{method: get, path: "/manage/import", handler: s.managed(s.showUpload)},
		{method: post, path: "/manage/import", handler: s.managed(s.upload), most: maxImport},
		{method: get, path: "/manage/import/example.csv", handler: s.managed(s.example)},
		{method: get, path: "/manage/import/:import", handler: s.managed(s.showImport)},
		{method: post, path: "/manage/import/:import", handler: s.carefully(s.startImport)},
		{method: get, path: "/manage/applications", handler: s.managed(s.applications)},
		{method: get, path: "/manage/applications/new", handler: s.carefully(s.showNewApplication)},
		{method: post, path: "/manage/applications/new", handler: s.carefully(s.makeApplication)},
		{method: get, path: "/manage/applications/:application", handler: s.carefully(s.showApplication)},
		{method: post, path: "/manage/applications/:application", handler: s.carefully(s.changeApplication)},
		{method: get, path: "/manage/applications/:application/secret", handler: s.carefully(s.showAddSecret)},
		{method: post, path: "/manage/applications/:application/secret", handler: s.carefully(s.addSecret)},
		{method: get, path: "/manage/applications/:application/secrets/:secret", handler: s.carefully(s.showEndSecret)},
		{method: post, path: "/manage/applications/:application/secrets/:secret", handler: s.carefully(s.endSecret)},
		{method: get, path: "/manage/applications/:application/webhook", handler: s.carefully(s.showWebhookSecret)},
		{method: post, path: "/manage/applications/:application/webhook", handler: s.carefully(s.makeWebhookSecret)},
		{method: get, path: "/manage/rules", handler: s.carefully(s.showRules)},
		{method: post, path: "/manage/rules", handler: s.carefully(s.changeRules)},
		{method: get, path: "/manage/look", handler: s.carefully(s.showLook)},
		{method: post, path: "/manage/look", handler: s.carefully(s.changeLook), most: maxImport},
		{method: get, path: "/manage/look/:sheet", handler: s.managed(s.sheet)},
	}
}
