import dataclasses

import pytest

from pipeline import config
from pipeline import pipeline


def _config(output_dir='output', **changes):
  return config.PipelineConfig(**{'data': 'reviews.csv', 'output_dir': output_dir, 'model': 'cnn', **changes})


def test_settings_reach_fields_and_hyper_parameters():
  changed = _config().with_settings({'min_accuracy': '0.9', 'cnn.filters': '64', 'enable_cache': 'false'})
  assert (changed.min_accuracy, changed.enable_cache) == (0.9, False)
  assert changed.model_hparams().filters == 64


@pytest.mark.parametrize('settings, message', [
    ({'min_acuracy': '1'}, "unknown key 'min_acuracy'; choose from: .*min_accuracy"),
    ({'filters': '64'}, '--set filters=...: use --set cnn.filters=... instead'),
    ({'min_auc': 'high'}, "min_auc must be a number, not 'high'"),
    ({'min_auc': '2'}, 'min_auc must be from 0 to 1'),
    ({'bow_sparse.batch_size': '1'}, 'bow_sparse.batch_size is set, but this run trains cnn'),
    ({'rnn.units': '1'}, "unknown model 'rnn'"),
    ({'eval_share': '0'}, 'eval_share must be between 0 and 1'),
    ({'enable_cache': 'perhaps'}, 'enable_cache must be true or false'),
    ({'min_negation': '-1'}, 'min_negation must be from 0 to 1'),
    ({'serving_check': 'hope'}, "serving_check must be one of process, docker, not 'hope'"),
    ({'identity_terms': 'some'}, "identity_terms must be one of shared, none, not 'some'"),
    ({'reads': 'some'}, "reads must be one of full, none, not 'some'"),
    ({'reads': 'none', 'min_negation': '0.6'}, 'min_negation=0.6 does not hold with reads=none: omit one of them'),
    ({'keep_versions': '0'}, 'keep_versions must be at least 1'),
    (dict.fromkeys(('min_accuracy', 'min_auc', 'min_slice_accuracy', 'max_accuracy_drop'), 'none'),
     'all thresholds are disabled, so every model would be blessed: set one of min_accuracy'),
    ({'data': 'a.csv'}, '--set data=...: use --data instead'),
    ({'output_dir': 'b'}, '--set output_dir=...: use --output-dir instead'),
    ({'embeddings': 'glove.txt'}, '--set embeddings=...: use --embeddings instead'),
    ({'model': 'lstm'}, '--set model=...: use --model instead'),
    ({'seed': '1'}, '--set seed=...: use --seed instead'),
])
def test_invalid_settings_are_refused(settings, message):
  with pytest.raises(ValueError, match=message):
    _config().with_settings(settings)


@pytest.mark.parametrize('settings, expected', [
    ({}, 'full'), ({'reads': 'none'}, 'none'), ({'min_negation': '0.5'}, 'full'), ({'min_negation': '0'}, 'none'),
    ({'min_negation': 'none'}, 'none'), ({'min_negation': '0', 'min_fairness': '0'}, 'none'),
    ({'min_negation': '0', 'min_fairness': '0.9'}, 'full')])
def test_a_model_that_need_not_negate_need_not_read(settings, expected):
  assert _config().with_settings(settings).expected_reading() == expected


def test_each_threshold_can_be_disabled(tmp_path):
  names = [field.name for field in dataclasses.fields(config.PipelineConfig) if field.name.startswith(('min_', 'max_'))]
  assert {'min_auc', 'min_negation', 'max_accuracy_drop'} <= set(names)
  for last in 'min_accuracy', 'min_auc':  # not all of the Evaluator's can be disabled at once
    changed = _config(output_dir=str(tmp_path)).with_settings({name: 'none' for name in names if name != last})
    assert [name for name in names if getattr(changed, name) is not None] == [last]
    pipeline.create_pipeline(changed)


def test_fields_with_a_flag_are_known_fields():
  fields = {field.name for field in dataclasses.fields(config.PipelineConfig)}
  assert set(config._FLAGS) < fields


def test_an_invalid_hyper_parameter_names_the_model():
  with pytest.raises(ValueError, match="cnn: unknown key 'filterz'"):
    _config().with_settings({'cnn.filterz': '1'}).model_hparams()


def test_nothing_to_tune_is_refused_before_anything_runs():
  changed = _config(model='bow_sparse', tune_trials=3).with_settings({'bow_sparse.learning_rate': '0.1'})
  with pytest.raises(ValueError, match='bow_sparse: nothing to tune'):
    changed.check()


def test_unlabeled_texts_are_for_models_that_learn_from_them():
  with pytest.raises(ValueError, match='cnn learns from labelled texts only: omit --unlabeled'):
    _config(unlabeled='more.tar.gz').check()
  _config(unlabeled='more.tar.gz').with_settings({'cnn.unlabeled': 'true'}).check()
  _config(model='wide_deep', unlabeled='more.tar.gz').check()
  with pytest.raises(ValueError, match="bow_sparse: unknown key 'unlabeled'"):
    _config(model='bow_sparse').with_settings({'bow_sparse.unlabeled': 'true'}).model_hparams()
