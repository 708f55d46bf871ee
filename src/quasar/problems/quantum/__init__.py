"""Problems whose answer is a quantum state: the ground state of an observable."""
