import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { seal } from '../../src/core/digest.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import { unlockKeyFile } from '../../src/keys/locker.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { signRole } from '../../src/repository/build.ts';
import { targetKey } from '../../src/repository/layout.ts';
import { fileObject } from './forge.ts';
import { editedObject, type Path } from './json-edit.ts';

/** Who signs what in a project that `ota init` made. */
export interface ProjectKeys {
  readonly release: Signer;
  readonly online: Signer;
}

export async function projectKeys(project: string): Promise<ProjectKeys> {
  const passphrase = readFileSync(join(project, 'keys/passphrase.txt'), 'utf8').trimEnd();
  const open = (name: string) => unlockKeyFile(join(project, `keys/${name}.key.age`), passphrase);
  return { release: await open('release'), online: await open('online') };
}

/** A copy of a repository in a folder, to be damaged: by whoever can write files, or by whoever holds its keys. */
export class Published {
  readonly folder: string;
  readonly #keys: ProjectKeys;

  constructor(original: string, folder: string, keys: ProjectKeys) {
    cpSync(original, folder, { recursive: true });
    this.folder = folder;
    this.#keys = keys;
  }

  /** The one key that has all of these parts in it. */
  find(...parts: readonly string[]): string {
    const found = this.keys().filter((key) => parts.every((part) => key.includes(part)));
    if (found.length !== 1)
      throw new Error(`${found.length} objects have ${parts.join(' and ')} in their key`);
    return found[0] ?? '';
  }

  keys(): string[] {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .map((path) => path.replaceAll('\\', '/'));
  }

  read(key: string): Buffer {
    return readFileSync(join(this.folder, key));
  }

  write(key: string, bytes: Uint8Array): void {
    mkdirSync(dirname(join(this.folder, key)), { recursive: true });
    writeFileSync(join(this.folder, key), bytes);
  }

  remove(key: string): void {
    rmSync(join(this.folder, key));
  }

  /** Changes one byte in the middle. */
  flip(key: string): void {
    const bytes = this.read(key);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    this.write(key, bytes);
  }

  /** The version of a role that the newest file of it has. */
  version(role: string): number {
    if (role === 'timestamp') return Number(this.signed(role).version);
    const versions = this.keys().flatMap((key) => {
      const match = new RegExp(`^metadata/(\\d+)\\.${role.replaceAll('.', '\\.')}\\.json$`).exec(key);
      return match ? [Number(match[1])] : [];
    });
    return Math.max(...versions);
  }

  signed(role: string): JsonObject {
    const key =
      role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${this.version(role)}.${role}.json`;
    return JSON.parse(this.read(key).toString('utf8')).signed;
  }

  /** Stores a target; gives what its role has to say of it. */
  target(path: string, bytes: Uint8Array): JsonObject {
    this.write(targetKey(path, seal(bytes).sha256), bytes);
    return fileObject(bytes);
  }

  /** Publishes the next version of a role with these edits, and a snapshot and a timestamp that name it. */
  async sign(
    role: string,
    edits: readonly (readonly [Path, JsonValue | undefined])[],
    signer: Signer = /^(?:gateway|targets|root)$/.test(role) ? this.#keys.release : this.#keys.online,
  ): Promise<void> {
    const bytes = await this.#write(role, edits, signer);
    if (role === 'root' || role === 'timestamp') return;
    if (role !== 'snapshot') {
      const entry = { version: this.version(role), ...fileObject(bytes) };
      await this.sign('snapshot', [[['meta', `${role}.json`], entry]]);
      return;
    }
    const entry = { version: this.version('snapshot'), ...fileObject(bytes) };
    await this.#write('timestamp', [[['meta', 'snapshot.json'], entry]], this.#keys.online);
  }

  async #write(
    role: string,
    edits: readonly (readonly [Path, JsonValue | undefined])[],
    signer: Signer,
  ): Promise<Uint8Array> {
    const version = this.version(role) + 1;
    let signed = editedObject(this.signed(role), ['version'], version);
    for (const [path, value] of edits) signed = editedObject(signed, path, value);
    const { bytes } = await signRole(signed, [signer]);
    this.write(role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${version}.${role}.json`, bytes);
    return bytes;
  }
}
