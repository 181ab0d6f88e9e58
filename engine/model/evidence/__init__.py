"""What the data bear out: a choice of our own, and how firm any choice is."""
