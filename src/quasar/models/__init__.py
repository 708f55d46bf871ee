"""Problems to candidate circuits: the classical designer and, later, language models."""
