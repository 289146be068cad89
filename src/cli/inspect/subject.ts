import { basename } from 'node:path';
import { OtaError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/parse.ts';
import { isObject, type JsonObject } from '../../core/json/value.ts';
import { listFolder, type OpenFile, withFile } from '../../files/read.ts';

/** What is looked at: an open file, or a folder. */
export type Subject = FileSubject | FolderSubject;

export interface FileSubject {
  readonly folder: false;
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly file: OpenFile;
  /** Its first bytes, one character each. */
  readonly start: string;
  /** The file whole, where it is a JSON object; `bytes` are its own. */
  readonly json?: { readonly bytes: Uint8Array; readonly document: JsonObject };
}

export interface FolderSubject {
  readonly folder: true;
  readonly path: string;
  readonly name: string;
  /** Names in it, sorted. */
  readonly names: readonly string[];
}

const START_BYTES = 256;
/** More than any document of this tool's has. */
const MAX_JSON_BYTES = 32 * 2 ** 20;

/**
 * Opens a path for as long as `use` takes.
 *
 * @throws OtaError as `openFile`; `json-invalid` for what starts like JSON and is none
 */
export async function withSubject<T>(path: string, use: (subject: Subject) => Promise<T>): Promise<T> {
  try {
    return await withFile(path, async (file) => use(await fileSubject(path, file)));
  } catch (error) {
    if (!(error instanceof OtaError) || error.code !== 'input-directory' || error.where !== path) throw error;
  }
  return use({ folder: true, path, name: basename(path), names: await listFolder(path) });
}

async function fileSubject(path: string, file: OpenFile): Promise<FileSubject> {
  const start = Buffer.from(await file.read(0, Math.min(START_BYTES, file.length))).toString('latin1');
  const subject = { folder: false, path, name: basename(path), file, start } as const;
  // A document on each line is no document.
  const whole = !subject.name.endsWith('.jsonl') && file.length <= MAX_JSON_BYTES;
  if (!whole || !start.trimStart().startsWith('{')) return subject;
  const bytes = await file.read(0, file.length);
  const document = parseJson(bytes, path);
  return isObject(document) ? { ...subject, json: { bytes, document } } : subject;
}

/** Whether a subject is a JSON document of a `_type`. */
export const hasType = (subject: Subject, type: string): boolean =>
  !subject.folder && subject.json?.document._type === type;

/** The file's bytes, for a kind that knows it to be a document. */
export function documentOf(subject: Subject): { readonly bytes: Uint8Array; readonly document: JsonObject } {
  if (!subject.folder && subject.json) return subject.json;
  throw new TypeError(`${subject.path} is not a JSON document`);
}

/** A file, for a kind that knows it to be one. */
export function fileOf(subject: Subject): FileSubject {
  if (!subject.folder) return subject;
  throw new TypeError(`${subject.path} is a folder`);
}

export function folderOf(subject: Subject): FolderSubject {
  if (subject.folder) return subject;
  throw new TypeError(`${subject.path} is a file`);
}
