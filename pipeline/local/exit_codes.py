"""Exit codes of the runners."""

OK = 0  # the model was blessed and pushed
FAILED = 1
USAGE = 2
NOT_BLESSED = 3  # the model was refused, so nothing was pushed
INTERRUPTED = 130
