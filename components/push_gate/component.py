"""PushGate: fails a run whose model was not pushed, as its last step, so that the report and the card are written.

For runners that know success and failure only, such as Kubeflow's; a local run has an exit code for refusals.
"""

from tfx import v1 as tfx


class NotPushedError(Exception):
  """The model was refused; the message says by which component."""


@tfx.dsl.components.component
def PushGate(  # pylint: disable=invalid-name
    pushed_model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.PushedModel],
    code: tfx.dsl.components.Parameter[str],  # pylint: disable=unused-argument  # part of the cache key
) -> None:
  """Check that a model was pushed.

  Args:
    pushed_model: the Pusher's output.
    code: fingerprint of this component's code.

  Raises:
    NotPushedError: it was not.
  """
  if not pushed_model.get_int_custom_property('pushed'):
    raise NotPushedError(f'the model was not pushed: {pushed_model.get_string_custom_property("reason")}')
