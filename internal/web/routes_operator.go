package web

import (
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
)

// operatorRoutes are for those who run the installation, on hosts of their own. Each names the act
// that the operator's role must be good for; the services check it again.
func (s *Server) operatorRoutes() []route {
	o := s.operator
	more := slices.Concat(s.operatorUserRoutes(), s.operatorCompanyRoutes(), s.operatorImportRoutes(), s.operatorMailRoutes(), s.operatorSiteRoutes(), s.operatorWatchRoutes(), s.operatorEventRoutes())
	return append(more, []route{
		to("GET /operator", Operator, o.Overview).needs(gatehouse.OperatorSee),
		to("GET /operator/sites", Operator, o.SitesPage).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{id}", Operator, o.OneSite).needs(gatehouse.OperatorSee),
		to("GET /operator/find", Operator, o.Find).needs(gatehouse.OperatorFind),

		to("GET /operator/operators", Operator, o.Operators).needs(gatehouse.OperatorOperators),
		to("GET /operator/operators/new", Operator, o.NewOperator).needs(gatehouse.OperatorOperators).proving(),
		to("POST /operator/operators/new", Operator, o.AddOperator).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/operators/{id}", Operator, o.OneOperator).needs(gatehouse.OperatorOperators),
		to("POST /operator/operators/{id}/role", Operator, o.SetRole).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/operators/{id}/act/{act}", Operator, o.AskOperatorAct).needs(gatehouse.OperatorOperators).proving(),
		to("POST /operator/operators/{id}/act/{act}", Operator, o.DoOperatorAct).needs(gatehouse.OperatorOperators).proving(),
		to("GET /operator/cases", Operator, o.Cases).needs(gatehouse.OperatorCases),
		to("GET /operator/cases/{site}/{number}", Operator, o.Case).needs(gatehouse.OperatorCases),
		to("POST /operator/cases/{site}/{number}", Operator, o.WorkOnCase).needs(gatehouse.OperatorCases),
		to("GET /operator/cases/{site}/{number}/files/{attachment}", Operator, o.CaseFile).needs(gatehouse.OperatorCases),
	}...)
}

// operatorCompanyRoutes are about the companies of a site.
func (s *Server) operatorCompanyRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator/companies", Operator, o.AllCompanies).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/companies", Operator, o.Companies).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/companies/new", Operator, o.NewCompany).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/companies/new", Operator, o.AddCompany).needs(gatehouse.OperatorCompanies).proving(),
		to("GET /operator/sites/{site}/companies/{company}", Operator, o.Company).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/companies/{company}/edit", Operator, o.EditCompany).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/companies/{company}/edit", Operator, o.SaveCompany).needs(gatehouse.OperatorCompanies).proving(),
		to("GET /operator/sites/{site}/companies/{company}/suspend", Operator, o.AskSuspend).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/companies/{company}/suspend", Operator, o.DoSuspend).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/companies/{company}/resume", Operator, o.AskResume).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/companies/{company}/resume", Operator, o.DoResume).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/companies/{company}/move", Operator, o.AskMove).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/companies/{company}/move", Operator, o.DoMove).needs(gatehouse.OperatorCompanies).proving(),
		to("GET /operator/sites/{site}/companies/{company}/merge", Operator, o.AskMerge).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/companies/{company}/merge", Operator, o.DoMerge).needs(gatehouse.OperatorCompanies).proving(),
	}
}

// operatorImportRoutes are about files of users of all companies of a site: the pages that the
// administrators of companies have.
func (s *Server) operatorImportRoutes() []route {
	c := s.console
	return []route{
		to("GET /operator/sites/{site}/import", Operator, c.ImportPage).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/import", Operator, c.ImportUpload).needs(gatehouse.OperatorCompanies).proving().taking(directory.MaxImportFile),
		to("GET /operator/sites/{site}/imports/{id}", Operator, c.Import).needs(gatehouse.OperatorCompanies),
		to("POST /operator/sites/{site}/imports/{id}", Operator, c.ImportConfirm).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/imports/{id}/columns", Operator, c.ImportColumns).needs(gatehouse.OperatorCompanies),
		to("POST /operator/sites/{site}/imports/{id}/discard", Operator, c.ImportDiscard).needs(gatehouse.OperatorCompanies),
		to("GET /operator/sites/{site}/imports/{id}/events", Operator, c.ImportEvents).needs(gatehouse.OperatorCompanies),
	}
}

// operatorMailRoutes are about what the sites send.
func (s *Server) operatorMailRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator/mail", Operator, o.Mail).needs(gatehouse.OperatorSee),
		to("GET /operator/mail/{site}/{message}", Operator, o.OneMail).needs(gatehouse.OperatorSee),
		to("POST /operator/mail/{site}/{message}/retry", Operator, o.RetryMail).needs(gatehouse.OperatorResend),
		to("POST /operator/mail/{site}/{message}/drop", Operator, o.DropMail).needs(gatehouse.OperatorMail).proving(),
		to("POST /operator/mail/{site}/hold", Operator, o.HoldMail).on("/operator/mail").needs(gatehouse.OperatorMail).proving(),
		to("POST /operator/mail/{site}/release", Operator, o.ReleaseMail).on("/operator/mail").needs(gatehouse.OperatorMail).proving(),
		to("GET /operator/bounced", Operator, o.Bounced).needs(gatehouse.OperatorSee),
		to("POST /operator/bounced/{site}/{user}", Operator, o.ClearBounce).needs(gatehouse.OperatorMail),
	}
}

// operatorWatchRoutes are about how the installation is.
func (s *Server) operatorWatchRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator/alerts", Operator, o.AlertsPage).needs(gatehouse.OperatorSee),
		to("POST /operator/alerts/{id}/acknowledge", Operator, o.Acknowledge).on("/operator/alerts").needs(gatehouse.OperatorAlerts).proving(),
		to("GET /operator/health", Operator, o.Health).needs(gatehouse.OperatorSee),
		to("GET /operator/jobs", Operator, o.Jobs).needs(gatehouse.OperatorSee),
	}
}

// operatorEventRoutes are about what happened at all sites.
func (s *Server) operatorEventRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator/events", Operator, o.Events).needs(gatehouse.OperatorEvents),
		to("GET /operator/events/{site}/{event}", Operator, o.Event).needs(gatehouse.OperatorEvents),
		to("GET /operator/files/{file}", Operator, o.EventFile).needs(gatehouse.OperatorEvents).proving(),
	}
}

// searchRoutes are about saved searches: of everybody, and for operators, of the event log. They are on
// both hosts.
func (s *Server) searchRoutes() []route {
	p := s.portal
	return []route{
		to("GET /searches", User, p.Searches),
		to("GET /searches/new", User, p.NewSearch),
		to("POST /searches/new", User, p.SaveSearch),
		to("GET /searches/{id}", User, p.OneSearch),
		to("POST /searches/{id}", User, p.ChangeSearch),
		to("POST /searches/{id}/hide", User, p.HideSearch),
		to("POST /searches/{id}/delete", User, p.DeleteSearch),
	}
}

// operatorUserRoutes are about one user of a site: the pages that the company's administrators have,
// for those who may do something about everybody.
func (s *Server) operatorUserRoutes() []route {
	c, o := s.console, s.operator
	return []route{
		to("GET /operator/sites/{site}/users/{id}", Operator, c.User).needs(gatehouse.OperatorSee).provingSome(),
		to("GET /operator/sites/{site}/users/{id}/activity", Operator, c.UserActivity).needs(gatehouse.OperatorSee),
		to("POST /operator/sites/{site}/users/{id}/email", Operator, c.CorrectEmail).needs(gatehouse.OperatorPropose).proving(),
		to("GET /operator/addresses", Operator, o.Proposals).needs(gatehouse.OperatorPropose),
		to("GET /operator/addresses/{site}/{proposal}", Operator, o.Proposal).needs(gatehouse.OperatorPropose),
		to("POST /operator/addresses/{site}/{proposal}", Operator, o.AnswerProposal).needs(gatehouse.OperatorAddress).proving(),
		to("POST /operator/addresses/{site}/{proposal}/withdraw", Operator, o.WithdrawProposal).needs(gatehouse.OperatorPropose).proving(),
		to("POST /operator/sites/{site}/users/{id}/devices/{device}/end-trust", Operator, c.EndTrust).needs(gatehouse.OperatorFactors),
		to("GET /operator/sites/{site}/users/{id}/reset-two-factor", Operator, c.AskResetTwoFactor).needs(gatehouse.OperatorFactors).proving(),
		to("POST /operator/sites/{site}/users/{id}/reset-two-factor", Operator, c.ResetTwoFactor).needs(gatehouse.OperatorFactors).proving(),
		to("POST /operator/sites/{site}/users/{id}/sessions/{session}/end", Operator, c.EndSession).needs(gatehouse.OperatorSignOut).proving(),
		to("POST /operator/sites/{site}/users/{id}/messages/{message}/resend", Operator, c.Resend).needs(gatehouse.OperatorResend),
		to("GET /operator/sites/{site}/users/{id}/invite", Operator, c.Asks(gatehouse.ActInvite)).needs(gatehouse.OperatorInvite).proving(),
		to("POST /operator/sites/{site}/users/{id}/invite", Operator, c.Does(gatehouse.ActInvite)).needs(gatehouse.OperatorInvite).proving(),
		to("GET /operator/sites/{site}/users/{id}/invite-again", Operator, c.Asks(gatehouse.ActInviteAgain)).needs(gatehouse.OperatorInvite).proving(),
		to("POST /operator/sites/{site}/users/{id}/invite-again", Operator, c.Does(gatehouse.ActInviteAgain)).needs(gatehouse.OperatorInvite).proving(),
		to("GET /operator/sites/{site}/users/{id}/unlock", Operator, c.Asks(gatehouse.ActUnlock)).needs(gatehouse.OperatorUnlock).proving(),
		to("POST /operator/sites/{site}/users/{id}/unlock", Operator, c.Does(gatehouse.ActUnlock)).needs(gatehouse.OperatorUnlock).proving(),
		to("GET /operator/sites/{site}/users/{id}/send-password", Operator, c.Asks(gatehouse.ActPassword)).needs(gatehouse.OperatorPassword).proving(),
		to("POST /operator/sites/{site}/users/{id}/send-password", Operator, c.Does(gatehouse.ActPassword)).needs(gatehouse.OperatorPassword).proving(),
		to("GET /operator/sites/{site}/users/{id}/sign-out", Operator, c.Asks(gatehouse.ActSignOut)).needs(gatehouse.OperatorSignOut).proving(),
		to("POST /operator/sites/{site}/users/{id}/sign-out", Operator, c.Does(gatehouse.ActSignOut)).needs(gatehouse.OperatorSignOut).proving(),
		to("GET /operator/sites/{site}/users/{id}/activate", Operator, c.Asks(gatehouse.ActActivate)).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/users/{id}/activate", Operator, c.Does(gatehouse.ActActivate)).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/users/{id}/deactivate", Operator, c.Asks(gatehouse.ActDeactivate)).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/users/{id}/deactivate", Operator, c.Does(gatehouse.ActDeactivate)).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/users/{id}/delete", Operator, c.Asks(gatehouse.ActDelete)).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/users/{id}/delete", Operator, c.Does(gatehouse.ActDelete)).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/users/{id}/restore", Operator, c.Asks(gatehouse.ActRestore)).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/users/{id}/restore", Operator, c.Does(gatehouse.ActRestore)).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/users/{id}/make-administrator", Operator, c.Asks(gatehouse.ActMakeAdmin)).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/users/{id}/make-administrator", Operator, c.Does(gatehouse.ActMakeAdmin)).needs(gatehouse.OperatorCompanies).proving(),
		to("GET /operator/sites/{site}/users/{id}/unmake-administrator", Operator, c.Asks(gatehouse.ActUnmakeAdmin)).needs(gatehouse.OperatorCompanies).proving(),
		to("POST /operator/sites/{site}/users/{id}/unmake-administrator", Operator, c.Does(gatehouse.ActUnmakeAdmin)).needs(gatehouse.OperatorCompanies).proving(),
	}
}

// operatorSiteRoutes are about what belongs to a site as a whole.
func (s *Server) operatorSiteRoutes() []route {
	o := s.operator
	return []route{
		to("GET /operator/sites/{site}/terms", Operator, o.Terms).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/terms/{version}", Operator, o.TermsText).needs(gatehouse.OperatorSee),
		to("POST /operator/sites/{site}/terms", Operator, o.ExportTerms).needs(gatehouse.OperatorEvents).proving(),
		to("GET /operator/sites/{site}/platforms", Operator, o.Platforms).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/platforms/new", Operator, o.NewPlatform).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/new", Operator, o.AddPlatform).needs(gatehouse.OperatorPlatforms).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}", Operator, o.Platform).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/platforms/{platform}/users", Operator, o.PlatformUsers).needs(gatehouse.OperatorSee),
		to("GET /operator/sites/{site}/platforms/{platform}/edit", Operator, o.EditPlatform).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/edit", Operator, o.SavePlatform).needs(gatehouse.OperatorPlatforms).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/disable", Operator, o.AskPlatform("disable")).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/disable", Operator, o.DoPlatform("disable")).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/enable", Operator, o.AskPlatform("enable")).needs(gatehouse.OperatorSuspend).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/enable", Operator, o.DoPlatform("enable")).needs(gatehouse.OperatorSuspend).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/secret", Operator, o.AskPlatform("secret")).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/secret", Operator, o.DoPlatform("secret")).needs(gatehouse.OperatorPlatforms).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/end-secrets", Operator, o.AskPlatform("end-secrets")).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/end-secrets", Operator, o.DoPlatform("end-secrets")).needs(gatehouse.OperatorPlatforms).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/delete", Operator, o.AskPlatform("delete")).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/delete", Operator, o.DoPlatform("delete")).needs(gatehouse.OperatorPlatforms).proving(),
		to("GET /operator/sites/{site}/platforms/{platform}/restore", Operator, o.AskPlatform("restore")).needs(gatehouse.OperatorPlatforms).proving(),
		to("POST /operator/sites/{site}/platforms/{platform}/restore", Operator, o.DoPlatform("restore")).needs(gatehouse.OperatorPlatforms).proving(),
	}
}
