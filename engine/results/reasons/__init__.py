"""Why a run is not better than its verdict says, and what else to know: one file a subject."""
