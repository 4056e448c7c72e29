"""The roles of a case are played, on Node and on the subject; what comes back are traces."""
