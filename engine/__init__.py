"""The work: domain, pipeline, results and charts. Imports neither `bot` nor `local`."""
