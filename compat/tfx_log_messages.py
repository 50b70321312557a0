"""The log messages of TFX 1.15.1 that tell which component runs, as `pipeline.local.progress` shows it.

LocalDagRunner has no callbacks: its log is the only sign of a component's start and end. Apart from `compat.tfx`, which
imports TFX, so that the progress of a run can be tested without it.
"""

PINNED = {'tfx': '1.15.1'}
COMPONENT_RUNNING = 'Component %s is running.'
COMPONENT_FINISHED = 'Component %s is finished.'
