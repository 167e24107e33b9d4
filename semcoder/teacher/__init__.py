"""Teachers: who writes problems, solutions, inputs and monologues. One interface, several writers."""
