"""BehaviourValidator: tests of what a model does with texts made for the purpose."""
