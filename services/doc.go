// Package services holds nothing but the tests of the project's own rules: who may import whom, that every package says what it is, that the
// rules of the domain read no clock. The way of a contact through the folders beside this file is told in README.md.
package services
