import { utf8 } from '../../../core/bytes.ts';
import { parsePageData } from '../data.ts';
import { refusalText } from '../refusal.ts';
import { Checker } from './checker.ts';
import { chosenIn, droppedIn } from './chosen.ts';
import { byId } from './dom.ts';
import { View } from './view.ts';

const view = new View();

try {
  // What a browser must have, and one that is too old lacks.
  if (!('isWellFormed' in String.prototype))
    throw new Error('this browser is too old for it, use a newer one');
  const data = parsePageData(utf8(byId('data', HTMLScriptElement).textContent ?? ''));
  listen(new Checker(data, view));
} catch (error) {
  view.broken(refusalText(error, false));
}

function listen(checker: Checker): void {
  const form = byId('whose', HTMLFormElement);
  const fingerprint = byId('fingerprint', HTMLTextAreaElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void checker.typed(fingerprint.value);
  });
  fingerprint.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit();
  });
  // What was found of another fingerprint no longer stands.
  fingerprint.addEventListener('input', () => checker.untyped());
  for (const id of ['folder', 'files']) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener('change', () => {
      const chosen = chosenIn(input);
      // So that the same folder can be chosen again after it was mended.
      input.value = '';
      if (chosen.length > 0) void checker.chosen(chosen);
    });
  }
  dropping(checker);
}

function dropping(checker: Checker): void {
  const zone = byId('drop', HTMLElement);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  document.addEventListener('dragleave', () => zone.classList.remove('over'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (!event.dataTransfer) return;
    droppedIn(event.dataTransfer).then(
      (chosen) => checker.chosen(chosen),
      () => view.chooseFault('This browser gives no dropped folders to a page. Use “Choose the folder…”.'),
    );
  });
}
