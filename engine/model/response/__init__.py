"""One response, everywhere: what a plan's spends bring, draw by draw. Curves, budget and forecast are read from it."""
