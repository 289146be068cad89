import { type Sealed, seal } from '../core/digest.ts';
import { LARGE } from '../core/etag.ts';
import { fill, verified } from './body.ts';
import { type Connection, connect, type S3Options } from './s3-connection.ts';
import { copyObject } from './s3-copy.ts';
import { refusalOf, s3Error } from './s3-errors.ts';
import { Memory } from './s3-memory.ts';
import { type Abilities, inForm, probe, requireSafe } from './s3-probe.ts';
import { type Condition, isStored, putObject } from './s3-put.ts';
import { listObjects, readObject, statObject, streamObject } from './s3-read.ts';
import { abortAll } from './s3-resume.ts';
import { listUploads } from './s3-unfinished.ts';
import { uploadLarge } from './s3-upload.ts';
import type { Sent } from './s3-wire.ts';
import type { Body, ObjectHeaders, Store, Token } from './store.ts';

export type { S3Options } from './s3-connection.ts';
export type { Abilities } from './s3-probe.ts';

export interface S3Store extends Store {
  /** What the store was found to do; asked of it once, at the latest before the first write. */
  abilities(): Promise<Abilities>;
}

/** Objects on their way at once; their parts share the memory. */
const WIDTH = 4;
/** Seconds; a part of 8 MiB takes less on any line that firmware is published over. */
const IDLE = 10;

/**
 * An S3 bucket and prefix as a store. Credentials and region come from the usual AWS sources. The token of an object is its ETag.
 *
 * @throws OtaError `usage-flag`, `store-refused` where no region is known
 */
export async function s3Store(options: S3Options): Promise<S3Store> {
  const to = await connect(options);
  const abilities = once(() => probe(to));
  const writer: Writer = {
    to,
    abilities: () => safeAbilities(to, abilities, options.singleWriter === true),
    memory: new Memory(),
    idle: options.idle ?? IDLE,
  };
  return {
    url: to.url,
    machineClock: { skew: to.skew, isRight: options.clockIsRight === true },
    width: WIDTH,
    abilities,
    read: (key, maxBytes) => readObject(to, key, maxBytes),
    stream: (key) => streamObject(to, key),
    stat: async (key) => withoutEtag(await statObject(to, key)),
    list: (prefix) => listObjects(to, prefix),
    unfinished: () => listUploads(to),
    create: (key, body, headers) => create(writer, key, body, headers),
    copyFrom: (from, key, body, headers) => copyFrom(writer, from, key, body, headers),
    replace: (key, bytes, token, headers) => replace(writer, key, seal(bytes), token, headers),
    delete: (key) => remove(to, key),
  };
}

interface Writer {
  readonly to: Connection;
  abilities(): Promise<Abilities>;
  readonly memory: Memory;
  readonly idle: number;
}

async function safeAbilities(
  to: Connection,
  abilities: () => Promise<Abilities>,
  singleWriter: boolean,
): Promise<Abilities> {
  const found = await abilities();
  if (!singleWriter) requireSafe(found, to.url);
  return found;
}

/** Remembers a success; a failure is tried again by whoever asks next. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work().catch((error: unknown) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}

function withoutEtag(found: Awaited<ReturnType<typeof statObject>>): Awaited<ReturnType<Store['stat']>> {
  if (found === undefined) return undefined;
  return { length: found.length, ...(found.sha256 === undefined ? {} : { sha256: found.sha256 }) };
}

/** Large objects go up in parts; stores differ in whether those can be exclusive, so it is asked before, too. */
async function create(
  writer: Writer,
  key: string,
  body: Body,
  headers: ObjectHeaders,
): Promise<'created' | 'exists'> {
  const { to, memory, idle } = writer;
  const { checksum, createOnce } = await writer.abilities();
  if (body.length < LARGE) {
    const { buffer, giveBack } = await memory.take(body.length);
    try {
      const bytes = await fill(verified(body, key), buffer);
      const content = { bytes, sha256: body.sha256, length: body.length };
      return await createSmall(to, key, content, headers, { checksum, createOnce }, body.sent);
    } finally {
      giveBack();
    }
  }
  if ((await statObject(to, key)) === undefined) {
    return uploadLarge({ to, key, body, headers, checksum, memory, idle });
  }
  await abortAll(to, key);
  return 'exists';
}

async function copyFrom(
  { to, abilities }: Writer,
  from: string,
  key: string,
  body: Body,
  headers: ObjectHeaders,
): Promise<'created' | 'exists' | 'unfit'> {
  await abilities();
  if ((await statObject(to, key)) !== undefined) return 'exists';
  return copyObject({ to, from, key, body, headers });
}

async function createSmall(
  to: Connection,
  key: string,
  content: Sealed,
  headers: ObjectHeaders,
  { checksum, createOnce }: Pick<Abilities, 'checksum' | 'createOnce'>,
  sent?: Sent,
): Promise<'created' | 'exists'> {
  if (!createOnce && (await statObject(to, key)) !== undefined) return 'exists';
  const condition: Condition = createOnce ? { IfNoneMatch: '*' } : {};
  const result = await putObject(to, { key, content, headers, condition, checksum, sent });
  if (result.stored) return 'created';
  return result.retried && (await isStored(to, key, content)) ? 'created' : 'exists';
}

async function replace(
  writer: Writer,
  key: string,
  content: Sealed,
  token: Token | undefined,
  headers: ObjectHeaders,
): Promise<'replaced' | 'conflict'> {
  const { to } = writer;
  const abilities = await writer.abilities();
  if (token === undefined) {
    return (await createSmall(to, key, content, headers, abilities)) === 'created' ? 'replaced' : 'conflict';
  }
  const { checksum, ifMatch } = abilities;
  if (ifMatch === 'none' && (await statObject(to, key))?.etag !== token) return 'conflict';
  const condition: Condition = ifMatch === 'none' ? {} : { IfMatch: inForm(token, ifMatch) };
  const result = await putObject(to, { key, content, headers, condition, checksum });
  if (result.stored) return 'replaced';
  return result.retried && (await isStored(to, key, content)) ? 'replaced' : 'conflict';
}

async function remove(to: Connection, key: string): Promise<void> {
  try {
    await to.s3.deleteObject({ Bucket: to.bucket, Key: to.name(key) });
  } catch (error) {
    if (refusalOf(error) !== 'missing') throw s3Error(error, `${to.url}/${key}`);
  }
}
