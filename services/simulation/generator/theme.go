package generator

// theme is what a contact is about: a file of deploy/seed/reasons.
type theme struct {
	name string
	// minAge and maxAge bound the child it is most about, in whole years; unborn is about a child to come.
	minAge, maxAge int
	unborn         bool
	// whole is how often, in a thousand, each brother and sister is named too.
	whole int
	// protection is how often, in a thousand, a sender calls it a child protection concern.
	protection int
}

var (
	domesticAbuse  = &theme{name: "domestic-abuse", maxAge: 17, whole: 960, protection: 180}
	neglect        = &theme{name: "neglect", maxAge: 16, whole: 700, protection: 160}
	physicalHarm   = &theme{name: "physical-harm", minAge: 4, maxAge: 17, whole: 320, protection: 650}
	infantInjury   = &theme{name: "infant-injury", maxAge: 2, whole: 500, protection: 850}
	sexualHarm     = &theme{name: "sexual-harm", minAge: 5, maxAge: 17, whole: 150, protection: 700}
	selfHarm       = &theme{name: "self-harm", minAge: 10, maxAge: 17, whole: 60, protection: 120}
	exploitation   = &theme{name: "exploitation", minAge: 11, maxAge: 17, whole: 60, protection: 350}
	absence        = &theme{name: "missing", minAge: 11, maxAge: 17, whole: 30, protection: 150}
	substances     = &theme{name: "substance-misuse", maxAge: 17, whole: 800, protection: 200}
	parentsHealth  = &theme{name: "parental-mental-health", maxAge: 17, whole: 850, protection: 140}
	offending      = &theme{name: "offending", minAge: 10, maxAge: 17, whole: 40, protection: 60}
	alone          = &theme{name: "unaccompanied", minAge: 13, maxAge: 17, protection: 60}
	homelessness   = &theme{name: "homelessness", maxAge: 17, whole: 970, protection: 20}
	unborn         = &theme{name: "unborn", maxAge: 17, unborn: true, whole: 350, protection: 250}
	attendance     = &theme{name: "attendance", minAge: 5, maxAge: 15, whole: 300, protection: 30}
	familyRequest  = &theme{name: "family-request", minAge: 4, maxAge: 17, whole: 200, protection: 5}
	informationAsk = &theme{name: "information-request", maxAge: 17, whole: 900, protection: 10}
	accessAsk      = &theme{name: "access-request", maxAge: 17, whole: 300}
	inCustody      = &theme{name: "detention", minAge: 10, maxAge: 17, protection: 30}
	adultAtRisk    = &theme{name: "adult-at-risk", maxAge: 17, whole: 980, protection: 80}
)

var allThemes = []*theme{
	domesticAbuse, neglect, physicalHarm, infantInjury, sexualHarm, selfHarm, exploitation, absence, substances, parentsHealth, offending, alone,
	homelessness, unborn, attendance, familyRequest, informationAsk, accessAsk, inCustody, adultAtRisk,
}

func about(t *theme, weight int) share[*theme] { return share[*theme]{t, weight} }

// themesOf says what each work type is about. The weights follow the order of the factors found at assessments in England
// 2023-24 (parents' mental health and domestic abuse first, then emotional abuse, the child's mental health, neglect).
var themesOf = map[string]table[*theme]{
	support: tableOf(about(parentsHealth, 17), about(domesticAbuse, 14), about(neglect, 16), about(selfHarm, 13), about(familyRequest, 14),
		about(substances, 8), about(attendance, 7), about(exploitation, 4), about(unborn, 3), about(physicalHarm, 3)),
	section47: tableOf(about(physicalHarm, 34), about(infantInjury, 8), about(sexualHarm, 22), about(neglect, 16), about(exploitation, 10), about(domesticAbuse, 7),
		about(unborn, 3)),
	ambulance:    tableOf(about(parentsHealth, 35), about(substances, 30), about(selfHarm, 15), about(neglect, 20)),
	nspcc:        tableOf(about(neglect, 36), about(physicalHarm, 22), about(domesticAbuse, 20), about(substances, 14), about(sexualHarm, 8)),
	police:       tableOf(about(offending, 24), about(exploitation, 20), about(neglect, 18), about(substances, 14), about(selfHarm, 12), about(sexualHarm, 12)),
	abuseNotice:  tableOf(about(domesticAbuse, 1)),
	public:       tableOf(about(neglect, 34), about(domesticAbuse, 20), about(familyRequest, 16), about(substances, 16), about(physicalHarm, 14)),
	youthJustice: tableOf(about(offending, 72), about(exploitation, 28)),
	missing:      tableOf(about(absence, 1)),
	inquiry:      tableOf(about(informationAsk, 1)),
	access:       tableOf(about(accessAsk, 1)),
	detention:    tableOf(about(inCustody, 1)),
	adult:        tableOf(about(adultAtRisk, 1)),
	arrival:      tableOf(about(alone, 1)),
}

// voiceThemes replaces a form's themes where the sender's own work says what it is about.
var voiceThemes = map[string]table[*theme]{
	"adult-health": tableOf(about(parentsHealth, 80), about(substances, 20)),
	"housing":      tableOf(about(homelessness, 80), about(neglect, 20)),
	"education":    tableOf(about(attendance, 85), about(familyRequest, 15)),
	"emergency":    tableOf(about(selfHarm, 40), about(physicalHarm, 17), about(infantInjury, 8), about(parentsHealth, 15), about(substances, 10), about(neglect, 10)),
	"probation":    tableOf(about(domesticAbuse, 60), about(substances, 30), about(offending, 10)),
}

// urgency is how often, in a thousand, a sender of that work marks it urgent: that immediate safeguarding action is needed
// and nothing else (KEN-02), so rarely. What is not here is never urgent.
var urgency = map[string]int{
	support: 4, section47: 60, ambulance: 40, nspcc: 15, police: 20, abuseNotice: 10, public: 8, youthJustice: 6, missing: 35, adult: 40,
}
