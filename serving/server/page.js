// Scores the text as it is typed, then explains the score: leave-one-out of each word. Nothing is stored, neither here
// nor on the server.
'use strict';

const MAX_WORDS = 200; // distinct ones that are explained
const MAX_INSTANCES = 50; // texts of one request
const DEBOUNCE_MS = 200; // without a key press before the text is scored
const byId = (id) => document.getElementById(id);
// Relative, because a reverse proxy may put this page below a path of its own.
const model = `v1/models/${document.querySelector('main').dataset.model}`;
const WORD = /[\p{L}\p{M}\p{N}']+/gu;
const PIECE = /&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);?|[^]/giu;
// As models/text/characters.py has them.
const APOSTROPHES = /[`\x91\x92\u02b9-\u02bd\u02c8\u02ca\u02cb\u02f4\u0374\u055a\u05f3\u07f4\u07f5\u2018\u2019\u201b\u2032\u2035\u275b\u275c\ua78b\ua78c]| [\u0301\u0313\u0314]/gu;
const entity = document.createElement('textarea'); // its value is what its HTML stands for
let latest = 0;
let timer = 0;

async function score(texts) {
  const answer = await fetch(`${model}:predict`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({signature_name: 'predict_text', instances: texts}),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body.predictions.map((row) => [row.scores ?? row].flat()[0]);
}

// The prediction for a text, as the server names it, and the probability beside it.
async function label(text) {
  const answer = await fetch(`${model}:label`, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({instances: [text]}),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body.predictions[0];
}

function logOdds(probability) {
  const inside = Math.min(Math.max(probability, 1e-7), 1 - 1e-7);
  return Math.log(inside / (1 - inside));
}

// The words of a text: where each is, and its key, which is the same for all ways of writing it that the model reads as
// one, as components/common/explanation.py has it.
function findWords(text) {
  const pieces = [];
  for (const match of text.matchAll(PIECE)) {
    entity.innerHTML = match[0];
    const piece = {text: match[0].length > 1 ? entity.value : match[0], start: match.index, end: match.index + match[0].length};
    const previous = pieces.at(-1);
    if (previous && /^[\p{M}\p{DI}]/u.test(piece.text)) {
      previous.text += piece.text;
      previous.end = piece.end;
    } else {
      pieces.push(piece);
    }
  }
  const origins = [];
  let normal = '';
  for (const piece of pieces) {
    const unified = piece.text.normalize('NFKC').replace(APOSTROPHES, "'").replace(/\p{DI}/gu, '');
    normal += unified;
    for (let index = 0; index < unified.length; ++index) origins.push(piece);
  }
  return [...normal.matchAll(WORD)].map((match) => ({
    key: match[0].toLowerCase(),
    start: origins[match.index].start,
    end: origins[match.index + match[0].length - 1].end,
  }));
}

function removeWord(text, words, key) {
  let end = 0;
  let rest = '';
  for (const word of words.filter((word) => word.key === key)) {
    rest += text.slice(end, word.start);
    end = word.end;
  }
  return rest + text.slice(end);
}

async function explain(text, words, keys) {
  const texts = [text, ...keys.map((key) => removeWord(text, words, key))];
  const scores = [];
  while (scores.length < texts.length) scores.push(...await score(texts.slice(scores.length, scores.length + MAX_INSTANCES)));
  const [textLogOdds, ...reducedLogOdds] = scores.map(logOdds);
  return new Map(keys.map((key, index) => [key, textLogOdds - reducedLogOdds[index]]));
}

// What the server says of its model: its version, and the probability above which it classifies a text as positive.
async function describeModel() {
  const answer = await fetch(`${model}/metadata`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return {version: body.model_spec.version, threshold: body.metadata.decision?.threshold ?? 0.5};
}

function showPrediction({prediction, probability}, threshold) {
  byId('probability').textContent = `${(100 * probability).toFixed(1)} %`;
  byId('probability').dataset.value = probability;
  byId('side').textContent = prediction;
  byId('rule').textContent = prediction === 'unknown' ? '(the model knows no word of it)' :
    `(positive above ${(100 * threshold).toFixed(1)} %)`;
  byId('needle').hidden = byId('meaning').hidden = false;
  byId('needle').style.left = `${100 * probability}%`;
}

function showWords(text, words, effectOf) {
  const largest = Math.max(...[...effectOf.values()].map(Math.abs), 0.5);
  const place = byId('words');
  place.replaceChildren();
  let end = 0;
  for (const word of words) {
    const effect = effectOf.get(word.key) ?? 0;
    const span = document.createElement('span');
    span.textContent = text.slice(word.start, word.end);
    if (Math.abs(effect) > 0.02 * largest) {
      span.className = `word ${effect > 0 ? 'positive' : 'negative'}`;
      span.style.setProperty('--strength', (0.75 * Math.abs(effect) / largest).toFixed(3));
      span.title = `${effect > 0 ? '+' : ''}${effect.toFixed(2)}`;
    }
    place.append(text.slice(end, word.start), span);
    end = word.end;
  }
  place.append(text.slice(end));
  byId('why').hidden = false;
}

function clear() {
  byId('probability').textContent = '–';
  delete byId('probability').dataset.value;
  byId('side').textContent = '';
  byId('needle').hidden = byId('meaning').hidden = byId('why').hidden = true;
}

async function update() {
  const turn = ++latest;
  const text = byId('review').value;
  try {
    const described = describeModel();
    if (!text.trim()) {
      clear();
    } else {
      const [labelled, {threshold}] = await Promise.all([label(text), described]);
      if (turn !== latest) return;
      showPrediction(labelled, threshold);
      const words = findWords(text);
      const keys = [...new Set(words.map((word) => word.key))];
      byId('cut').textContent = keys.length > MAX_WORDS ? `Only the first ${MAX_WORDS} distinct words are explained.` : '';
      const effectOf = await explain(text, words, keys.slice(0, MAX_WORDS));
      if (turn !== latest) return;
      showWords(text, words, effectOf);
    }
    byId('version').textContent = (await described).version;
    byId('problem').hidden = true;
  } catch (error) {
    if (turn !== latest) return;
    byId('problem').textContent = `No score: ${error.message}`;
    byId('problem').hidden = false;
  }
}

byId('review').addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(update, DEBOUNCE_MS);
});
update();
