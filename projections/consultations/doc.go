// Package consultations is the read model of consultations (KEN-12): one row for each, without its words.
//
// It stands beside the way of a contact, between the event store and ConsultationService.ListConsultations. Who was advised about what is
// read by the number, from the record itself; this is for those who do not have the number, or ask how the work is used: by whom, how
// often, and whether a contact followed.
//
// # What is guaranteed, and what is not
//
// Rows hold codes, opaque ids and times: question and advice are in no row, sealed or not. A list stands in the order in which consultations
// were held, which is up to four weeks before they were recorded. Whether the caller may see it is decided before [List] is called.
package consultations
