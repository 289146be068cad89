import { fileURLToPath } from 'node:url';
import { fromUtf8 } from '../../core/bytes.ts';
import { readSmallFile } from '../../files/read.ts';

const FOLDER = new URL('../../../templates/init/', import.meta.url);

/** A file of `templates/init/`. */
export const loadTemplate = async (name: string): Promise<string> =>
  fromUtf8(await readSmallFile(fileURLToPath(new URL(name, FOLDER))));

/** Puts values in the place of `{{name}}`. A name without a value is a fault of the template, so not an OtaError. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new Error(`the template has no value for ${name}`);
    return value;
  });
}

const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

/** Text as a YAML scalar that is read back as the same text, quoted only where it must be. */
export function yamlText(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) && !WORDS.has(text.toLowerCase()) ? text : JSON.stringify(text);
}
