/** Dialogs and form fields. */

import { html, useId, useLayoutEffect, useRef } from '/static/vendor/preact-htm.js';
import { usePage } from './hooks.js';
import { FasterOnes } from './news.js';

/** What has the focus first: what is to be filled in, else the way back. */
const FIRST_OF = ['[autofocus]', '.body :is(input, select)', 'footer button'];

const focusFirst = (dialog) =>
  FIRST_OF.map((part) => dialog.querySelector(part)).find(Boolean)?.focus();

/** A modal dialog for as long as it is rendered; Escape and its close button call `onClose`. */
export function Dialog({ title, onClose, children }) {
  const element = useRef(null);
  const heading = useId();
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    focusFirst(dialog);
    return () => dialog.close();
  }, []);
  return html`
    <dialog ref=${element} aria-labelledby=${heading} onCancel=${(event) => leave(event, onClose)}>
      <header>
        <h2 id=${heading}>${title}</h2>
        <button type="button" class="close" aria-label="Close" onClick=${onClose}>×</button>
      </header>
      ${children}
    </dialog>
  `;
}

function leave(event, onClose) {
  event.preventDefault();
  onClose();
}

/**
 * A dialog with a form. `mutation` is what useMutation returned; of its user errors those
 * that name a field in `fields`, which are shown, are left to that field, the others are told above
 * the buttons.
 */
export function FormDialog(props) {
  const { title, action, danger, disabled, mutation, fields = [], onSubmit, onClose } = props;
  const { dismissal = 'Close' } = props;
  const submit = (event) => {
    event.preventDefault();
    if (!mutation.busy) onSubmit();
  };
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <form onSubmit=${submit} novalidate>
        <div class="body">
          ${props.children}
          <${Refusals} mutation=${mutation} fields=${fields} />
        </div>
        <footer>
          <button type="button" onClick=${onClose}>${dismissal}</button>
          <button type="submit" class=${danger ? 'danger' : 'primary'} disabled=${disabled || mutation.busy}>
            ${mutation.busy ? 'Working…' : action}
          </button>
        </footer>
      </form>
    <//>
  `;
}

/** Why a mutation was refused, as far as no field shows it; a stale page can be reloaded. */
export function Refusals({ mutation, fields = [] }) {
  const stale = mutation.userErrors.find(({ code }) => code === 'STALE');
  const shown = (error) => error === stale || fields.some((field) => concerns(error, field));
  const messages = mutation.userErrors.filter((error) => !shown(error)).map((error) => error.message);
  if (mutation.failure) messages.push(mutation.failure);
  const element = useRef(null);
  const refused = Boolean(stale) || messages.length > 0;
  useLayoutEffect(() => {
    if (refused) element.current.scrollIntoView({ block: 'nearest' });
  }, [refused]);
  return html`<div role="alert" ref=${element}>
    ${messages.map((message) => html`<p class="notice bad">${message}</p>`)}
    ${stale && html`<${Stale} mutation=${mutation} />`}
  </div>`;
}

/** That somebody was faster: who, with what, and how to go on. */
function Stale({ mutation }) {
  const { reload } = usePage();
  const renew = async ({ currentTarget }) => {
    const dialog = currentTarget.closest('dialog');
    await reload();
    mutation.clear();
    focusFirst(dialog);
  };
  return html`
    <div class="notice bad">
      <p>
        <strong>Nothing was changed</strong>, as the subscription is no longer as you see it:
      </p>
      <${FasterOnes} />
      <button type="button" onClick=${renew}>Reload and look again</button>
    </div>
  `;
}

const concerns = (error, field) => (error.field ?? []).includes(field);

/** The messages of those user errors that name the field. */
export const messagesAt = (userErrors, field) =>
  userErrors.filter((error) => concerns(error, field)).map((error) => error.message);

/** A labelled control: `children` is a function of the attributes that tie it to its texts. */
export function Field({ label, hint, errors = [], children }) {
  const id = useId();
  const notes = [hint && `${id}-hint`, errors.length && `${id}-errors`].filter(Boolean);
  const ties = {
    id,
    'aria-describedby': notes.join(' ') || undefined,
    'aria-invalid': errors.length ? 'true' : undefined,
  };
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${children(ties)}
      ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
      <div id="${id}-errors" aria-live="polite">
        ${errors.map((message) => html`<p class="error">${message}</p>`)}
      </div>
    </div>
  `;
}

/** A labelled input; `onInput` gets the text. */
export function Input({ label, hint, errors, onInput, ...attributes }) {
  return html`<${Field} label=${label} hint=${hint} errors=${errors}>
    ${(ties) => html`<input ...${ties} ...${attributes}
      onInput=${(event) => onInput(event.target.value)} />`}
  <//>`;
}

/** A labelled choice among `options`, pairs of value and text; `onChoose` gets the value. */
export function Select({ label, hint, errors, options, value, onChoose }) {
  return html`<${Field} label=${label} hint=${hint} errors=${errors}>
    ${(ties) => html`<select ...${ties} value=${value}
      onChange=${(event) => onChoose(event.target.value)}>
      ${options.map(
        ([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`,
      )}
    </select>`}
  <//>`;
}

/** A box to check, with what that does; `onChange` gets whether it is checked. */
export function Checkbox({ label, hint, checked, disabled, busy, errors = [], onChange }) {
  const id = useId();
  return html`
    <div class="switch">
      <input type="checkbox" id=${id} checked=${checked} disabled=${disabled} aria-busy=${busy}
        aria-describedby="${id}-hint" onChange=${(event) => onChange(event.target.checked)} />
      <div>
        <label for=${id}>${label}</label>
        <p class="hint" id="${id}-hint">${hint}</p>
        <div aria-live="polite">${errors.map((message) => html`<p class="error">${message}</p>`)}</div>
      </div>
    </div>
  `;
}
