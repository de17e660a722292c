package generator

import "slices"

// channel is one way in which contacts come: a system of an agency, for one referral source of the census.
type channel struct {
	agency, system string
	code           string // referral source, children in need census
	share          int    // of all contacts, in a hundredth of a percent
	prefix         string // of the sender's own references
	voice          string // in voices.txt
	rhythm         *rhythm
	knows          knowledge
	consent        table[stance]
	json           bool // sends protobuf JSON; else binary
	anonymous      bool
	works          table[string]
}

// source is the system's ce-source, as deploy/agencies has it.
func (c *channel) source() string { return sourceOf(c.agency, c.system) }

func sourceOf(agency, system string) string { return "https://" + agency + ".example/" + system }

// knowledge is how often, in a thousand, a sender has what a description of a child may hold.
type knowledge struct {
	name, birth, nhs, upn, caseNumber, address, adults int
}

var (
	byPolice  = knowledge{name: 985, birth: 940, nhs: 60, upn: 40, caseNumber: 60, address: 970, adults: 950}
	bySchool  = knowledge{name: 1000, birth: 1000, nhs: 70, upn: 960, caseNumber: 120, address: 980, adults: 940}
	byHealth  = knowledge{name: 1000, birth: 1000, nhs: 960, upn: 20, caseNumber: 60, address: 980, adults: 850}
	byCouncil = knowledge{name: 1000, birth: 990, nhs: 500, upn: 520, caseNumber: 720, address: 980, adults: 930}
	byCharity = knowledge{name: 800, birth: 350, address: 820, adults: 700}
	byPublic  = knowledge{name: 720, birth: 260, address: 780, adults: 600}
	byNobody  = knowledge{name: 450, birth: 60, address: 800, adults: 350}
)

func works(shares ...share[string]) table[string] { return tableOf(shares...) }

func work(kind string, weight int) share[string] { return share[string]{kind, weight} }

// Work types (KEN-16).
const (
	support      = "request-for-support"
	section47    = "section-47-discussion"
	ambulance    = "ambulance-contact"
	nspcc        = "nspcc-contact"
	police       = "police-contact"
	abuseNotice  = "domestic-abuse-notification"
	public       = "public-call-or-email"
	youthJustice = "youth-justice"
	missing      = "missing-person"
	inquiry      = "information-request"
	access       = "subject-access-request"
	detention    = "juvenile-detention-certificate"
	adult        = "adult-protection-or-mental-health"
	arrival      = "unaccompanied-asylum-seeking-child"
)

// allChannels is the mix. The shares by source code are the Department for Education's for England 2023-24: police 28.5 %,
// schools 20.3, education 1.7, health 14.7, the authority's own services 14.1, individuals 8.0, other legal agencies 4.4, other
// 4.2, anonymous 1.6, housing 1.2, unknown 1.2. How a source's share is split among systems and work types is ours.
func allChannels() []*channel {
	return slices.Concat(policeChannels(), educationChannels(), healthChannels(), councilChannels(), publicChannels(), otherChannels())
}

func policeChannels() []*channel {
	mk := func(system, prefix string, share int, r *rhythm, json bool, w table[string]) *channel {
		return &channel{agency: "kent-police", system: system, code: "6", share: share, prefix: prefix, voice: "police", rhythm: r,
			knows: byPolice, consent: policeConsent, json: json, works: w}
	}
	port := mk("crime-records", "KPB", 130, roundTheClock, true, works(work(arrival, 1)))
	port.voice = "port"
	return []*channel{
		mk("public-protection", "PPN", 1500, roundTheClock, true, works(work(abuseNotice, 88), work(police, 12))),
		mk("control-room", "CAD", 640, roundTheClock, false, works(work(police, 60), work(missing, 40))),
		mk("control-room", "JDC", 60, night, false, works(work(detention, 1))),
		mk("crime-records", "CRN", 440, policeOffice, true, works(work(police, 52), work(section47, 30), work(inquiry, 18))),
		port,
		mk("public-protection", "VAA", 80, outOfHours, true, works(work(adult, 1))),
	}
}

func educationChannels() []*channel {
	return []*channel{
		{agency: "kent-schools", system: "safeguarding-log", code: "2A", share: 2030, prefix: "SCH", voice: "school", rhythm: schoolHours,
			knows: bySchool, consent: openConsent, json: true, works: works(work(support, 85), work(section47, 15))},
		{agency: "kent-schools", system: "attendance", code: "2B", share: 170, prefix: "ATT", voice: "education", rhythm: officeHours,
			knows: bySchool, consent: openConsent, json: true, works: works(work(support, 60), work(inquiry, 40))},
	}
}

func healthChannels() []*channel {
	mk := func(agency, system, code, prefix, voice string, share int, r *rhythm, w table[string]) *channel {
		return &channel{agency: agency, system: system, code: code, share: share, prefix: prefix, voice: voice, rhythm: r,
			knows: byHealth, consent: openConsent, json: agency == "secamb", works: w}
	}
	form := works(work(support, 88), work(section47, 12))
	return []*channel{
		mk("kent-health", "child-health", "3A", "GPR", "health", 200, officeHours, form),
		mk("kent-health", "child-health", "3B", "HVR", "health", 200, officeHours, form),
		mk("kent-health", "school-nursing", "3C", "SNR", "health", 130, schoolHours, form),
		mk("kent-health", "child-health", "3D", "PCR", "health", 70, officeHours, form),
		mk("kent-health", "emergency-department", "3E", "EDR", "emergency", 390, emergency, works(work(support, 74), work(section47, 26))),
		mk("kent-health", "child-health", "3F", "MAT", "health", 140, officeHours, form),
		mk("kent-mental-health", "patient-record", "3D", "MHC", "adult-health", 60, officeHours, works(work(support, 1))),
		mk("kent-mental-health", "patient-record", "3F", "MHP", "adult-health", 60, officeHours, works(work(support, 80), work(section47, 20))),
		mk("kent-mental-health", "patient-record", "3F", "AMH", "adult-health", 60, outOfHours, works(work(adult, 1))),
		mk("secamb", "patient-record", "3F", "AMB", "ambulance", 160, emergency, works(work(ambulance, 1))),
	}
}

func councilChannels() []*channel {
	mk := func(agency, system, code, prefix, voice string, share int, json bool, w table[string]) *channel {
		return &channel{agency: agency, system: system, code: code, share: share, prefix: prefix, voice: voice, rhythm: officeHours,
			knows: byCouncil, consent: councilConsent, json: json, works: w}
	}
	return []*channel{
		mk(caseAgency, caseSystem, "5A", "ASC", "social-care", 650, true, works(work(support, 66), work(section47, 34))),
		mk("kent-youth-justice", "youth-justice-record", "5B", "YJS", "youth-justice", 360, false, works(work(youthJustice, 1))),
		mk("kent-early-help", "early-help-module", "5D", "EHM", "early-help", 400, true, works(work(support, 92), work(section47, 8))),
	}
}

func publicChannels() []*channel {
	mk := func(agency, code, prefix, voice string, share int, w table[string]) *channel {
		c := &channel{agency: agency, system: "public-line", code: code, share: share, prefix: prefix, voice: voice, rhythm: evenings,
			knows: byPublic, consent: publicConsent, json: true, works: w}
		if agency == "nspcc" {
			c.system, c.knows, c.json = "helpline", byCharity, false
		}
		if c.anonymous = code == "9"; c.anonymous {
			c.knows = byNobody
		}
		return c
	}
	call, helpline := works(work(public, 1)), works(work(nspcc, 1))
	return []*channel{
		mk(caseAgency, "1A", "PUB", "public", 360, works(work(public, 93), work(access, 7))),
		mk(caseAgency, "1B", "PUB", "public", 150, call),
		mk(caseAgency, "1C", "PUB", "public", 80, works(work(public, 60), work(access, 40))),
		mk(caseAgency, "1D", "PUB", "public", 70, call),
		mk(caseAgency, "9", "PUB", "anonymous", 90, call),
		mk(caseAgency, "10", "PUB", "public", 120, call),
		mk("nspcc", "1B", "HLP", "helpline", 80, helpline),
		mk("nspcc", "1D", "HLP", "helpline", 60, helpline),
		mk("nspcc", "9", "HLP", "anonymous", 70, helpline),
		mk("nspcc", "8", "HLP", "helpline", 230, helpline),
	}
}

func otherChannels() []*channel {
	mk := func(agency, system, code, prefix, voice string, share int, w table[string]) *channel {
		return &channel{agency: agency, system: system, code: code, share: share, prefix: prefix, voice: voice, rhythm: officeHours,
			knows: byCouncil, consent: openConsent, json: true, works: w}
	}
	court := mk("cafcass", "court-work", "7", "CAF", "court", 200, works(work(inquiry, 86), work(section47, 14)))
	probation := mk("kent-probation", "case-record", "7", "PRB", "probation", 240, works(work(support, 66), work(section47, 34)))
	court.knows, probation.knows = byPolice, byPolice
	court.consent, probation.consent = councilConsent, policeConsent
	return []*channel{
		court, probation,
		mk("kent-early-help", "early-help-module", "8", "CCT", "early-help", 190, works(work(support, 1))),
		mk("kent-housing", "tenancy", "4", "HSG", "housing", 120, works(work(support, 90), work(section47, 10))),
	}
}

// channelsOf gives the channels of these agencies, or all.
func channelsOf(agencies []string) []*channel {
	return slices.DeleteFunc(allChannels(), func(c *channel) bool { return !sends(agencies, c.agency) })
}

func sends(agencies []string, agency string) bool {
	return len(agencies) == 0 || slices.Contains(agencies, agency)
}
