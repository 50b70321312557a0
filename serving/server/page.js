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

function logOdds(probability) {
  const inside = Math.min(Math.max(probability, 1e-7), 1 - 1e-7);
  return Math.log(inside / (1 - inside));
}

function distinctWords(text) {
  return [...new Set((text.match(WORD) ?? []).map((word) => word.toLowerCase()))];
}

async function explain(text, words) {
  const reduced = words.map((removed) => text.replace(WORD, (word) => word.toLowerCase() === removed ? '' : word));
  const texts = [text, ...reduced];
  const scores = [];
  while (scores.length < texts.length) scores.push(...await score(texts.slice(scores.length, scores.length + MAX_INSTANCES)));
  const [textLogOdds, ...reducedLogOdds] = scores.map(logOdds);
  return new Map(words.map((word, index) => [word, textLogOdds - reducedLogOdds[index]]));
}

// What the server says of its model: its version, and the probability above which it classifies a text as positive.
async function describeModel() {
  const answer = await fetch(`${model}/metadata`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return {version: body.model_spec.version, threshold: body.metadata.decision?.threshold ?? 0.5};
}

function showProbability(probability, threshold) {
  byId('probability').textContent = `${(100 * probability).toFixed(1)} %`;
  byId('probability').dataset.value = probability;
  byId('side').textContent = probability > threshold ? 'positive' : 'negative';
  byId('rule').textContent = `(positive above ${(100 * threshold).toFixed(1)} %)`;
  byId('needle').hidden = byId('meaning').hidden = false;
  byId('needle').style.left = `${100 * probability}%`;
}

function showWords(text, effectOf) {
  const largest = Math.max(...[...effectOf.values()].map(Math.abs), 0.5);
  const place = byId('words');
  place.replaceChildren();
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    const effect = effectOf.get(match[0].toLowerCase()) ?? 0;
    const span = document.createElement('span');
    span.textContent = match[0];
    if (Math.abs(effect) > 0.02 * largest) {
      span.className = `word ${effect > 0 ? 'positive' : 'negative'}`;
      span.style.setProperty('--strength', (0.75 * Math.abs(effect) / largest).toFixed(3));
      span.title = `${effect > 0 ? '+' : ''}${effect.toFixed(2)}`;
    }
    place.append(text.slice(end, match.index), span);
    end = match.index + match[0].length;
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
      const [[probability], {threshold}] = await Promise.all([score([text]), described]);
      if (turn !== latest) return;
      showProbability(probability, threshold);
      const words = distinctWords(text);
      byId('cut').textContent = words.length > MAX_WORDS ? `Only the first ${MAX_WORDS} distinct words are explained.` : '';
      const effectOf = await explain(text, words.slice(0, MAX_WORDS));
      if (turn !== latest) return;
      showWords(text, effectOf);
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
