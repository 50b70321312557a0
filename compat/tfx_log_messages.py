"""The log messages of TFX's LocalDagRunner that tell which component runs, for `pipeline.local.progress`.

LocalDagRunner has no callbacks: its log is the only sign of a component's start and end. They are not in `compat.tfx`
because that module imports TFX, which takes seconds and which the progress does without.
"""

PINNED = {'tfx': '1.15.1'}
COMPONENT_RUNNING = 'Component %s is running.'
COMPONENT_FINISHED = 'Component %s is finished.'
