"""One candidate: from hyperparameters to coefficients and errors, in compiled code."""
