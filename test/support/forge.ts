import { toHex, utf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import { canonicalJson } from '../../src/core/json/canonical.ts';
import type { JsonObject, JsonValue } from '../../src/core/json/value.ts';
import { DAY, formatTime, type Seconds } from '../../src/core/time.ts';
import type { PublicKey } from '../../src/keys/public-key.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { editedObject, type Path } from './json-edit.ts';
import { MemoryStore } from './memory-store.ts';
import { signerNamed } from './signers.ts';

/** 2026-01-01T00:00:00Z: when every test happens. */
export const NOW: Seconds = 1_767_225_600;
export const LATER = formatTime(NOW + 100 * DAY);
export const PAYLOAD = utf8(
  'firmware of the radio, version 1.0.0, somewhat longer than one piece of a stream is',
);
export const PAYLOAD_PATH = 'gateway/1.0.0/radio';
export const CHANNEL_PATH = 'gateway/channels/stable.json';

/** A TUF key object written out by hand. */
export const keyObject = (key: PublicKey): JsonObject => ({
  keytype: 'ed25519',
  scheme: 'ed25519',
  keyval: { public: toHex(key.raw) },
});

export const keysObject = (...signers: readonly Signer[]): JsonObject =>
  Object.fromEntries(signers.map(({ publicKey }) => [publicKey.keyid, keyObject(publicKey)]));

export const roleObject = (...signers: readonly Signer[]): JsonObject => ({
  keyids: signers.map(({ publicKey }) => publicKey.keyid),
  threshold: signers.length,
});

export const delegation = (name: string, paths: readonly string[], signer: Signer, terminating = true) => ({
  name,
  paths,
  terminating,
  ...roleObject(signer),
});

export const fileObject = (bytes: Uint8Array): JsonObject => ({
  length: bytes.length,
  hashes: { sha256: seal(bytes).sha256 },
});

/** Signs whatever it is given; a signed part that has no canonical form is signed as it is written. */
export async function forgeFile(signed: JsonValue, signers: readonly Signer[]): Promise<Uint8Array> {
  const message = messageOf(signed);
  const signatures = [];
  for (const signer of signers) {
    signatures.push({ keyid: signer.publicKey.keyid, sig: toHex(await signer.sign(message)) });
  }
  return utf8(JSON.stringify({ signed, signatures }));
}

function messageOf(signed: JsonValue): Uint8Array {
  try {
    return canonicalJson(signed);
  } catch {
    return utf8(JSON.stringify(signed));
  }
}

/**
 * A repository written out by hand, honest until a test edits it: root, targets, `gateway`, `gateway.channels`, snapshot and
 * timestamp, a payload and a channel. Nothing is checked, so that it can be made as wrong as a test wants.
 */
export class Forge {
  readonly store = new MemoryStore();
  readonly root = signerNamed('root');
  readonly targets = signerNamed('targets');
  readonly release = signerNamed('release');
  readonly channels = signerNamed('channels');
  readonly online = signerNamed('online');
  /** Who signs each role; a test may change it. */
  readonly signers = new Map<string, readonly Signer[]>([
    ['root', [this.root]],
    ['targets', [this.targets]],
    ['gateway', [this.release]],
    ['gateway.channels', [this.channels]],
    ['snapshot', [this.online]],
    ['timestamp', [this.online]],
  ]);
  readonly #signed = new Map<string, JsonObject>();

  static async make(): Promise<Forge> {
    const forge = new Forge();
    forge.#write();
    for (const role of ['root', 'targets', 'gateway', 'gateway.channels']) await forge.write(role);
    await forge.announce();
    return forge;
  }

  #write(): void {
    const channel = utf8('{"_type":"ota-channel"}');
    this.put(PAYLOAD_PATH, PAYLOAD);
    this.put(CHANNEL_PATH, channel);
    this.add('root', {
      _type: 'root',
      consistent_snapshot: true,
      keys: keysObject(this.root, this.targets, this.online),
      roles: {
        root: roleObject(this.root),
        targets: roleObject(this.targets),
        snapshot: roleObject(this.online),
        timestamp: roleObject(this.online),
      },
    });
    this.addTargets('targets', {}, [delegation('gateway', ['gateway/*/*'], this.release)]);
    this.addTargets('gateway', { [PAYLOAD_PATH]: fileObject(PAYLOAD) }, [
      delegation('gateway.channels', ['gateway/channels/*'], this.channels),
    ]);
    this.addTargets('gateway.channels', { [CHANNEL_PATH]: fileObject(channel) });
    this.add('snapshot', { _type: 'snapshot', meta: {} }, 0);
    this.add('timestamp', { _type: 'timestamp', meta: {} }, 0);
  }

  /** Adds a role, not yet written. */
  add(role: string, fields: JsonObject, version = 1): void {
    this.#signed.set(role, { spec_version: '1.0.34', version, expires: LATER, ...fields });
  }

  /** Adds a targets role; the keys of its delegations are found by name among the signers that `delegation` was given. */
  addTargets(role: string, targets: JsonObject, roles: readonly JsonObject[] = [], keys?: JsonObject): void {
    const known = keys ?? keysObject(this.release, this.channels, this.online);
    this.add(role, {
      _type: 'targets',
      targets,
      ...(roles.length === 0 ? {} : { delegations: { keys: known, roles } }),
    });
  }

  signed(role: string): JsonObject {
    const signed = this.#signed.get(role);
    if (!signed) throw new Error(`no role ${role}`);
    return signed;
  }

  version(role: string): number {
    return Number(this.signed(role).version);
  }

  /** Edits the signed part of a role; `undefined` removes. Seen by nobody until it is written. */
  set(role: string, path: Path, value: JsonValue | undefined): this {
    this.#signed.set(role, editedObject(this.signed(role), path, value));
    return this;
  }

  /** Signs a role as it is and puts it where a client looks for it. */
  async write(role: string): Promise<Uint8Array> {
    const bytes = await forgeFile(this.signed(role), this.signers.get(role) ?? []);
    this.store.objects.set(this.key(role), bytes);
    return bytes;
  }

  key(role: string): string {
    return role === 'timestamp' ? 'metadata/timestamp.json' : `metadata/${this.version(role)}.${role}.json`;
  }

  bytes(role: string): Uint8Array {
    return this.store.objects.get(this.key(role)) ?? new Uint8Array();
  }

  put(path: string, bytes: Uint8Array): void {
    const slash = path.lastIndexOf('/') + 1;
    const key = `targets/${path.slice(0, slash)}${seal(bytes).sha256}.${path.slice(slash)}`;
    this.store.objects.set(key, bytes);
  }

  /** A snapshot of every targets role as it was written, and a timestamp of that, each one version on. */
  async announce(): Promise<void> {
    for (const role of this.#signed.keys()) {
      if (['root', 'snapshot', 'timestamp'].includes(role)) continue;
      this.set('snapshot', ['meta', `${role}.json`], {
        version: this.signed(role).version ?? 1,
        ...fileObject(this.bytes(role)),
      });
    }
    await this.announceSnapshot();
  }

  /** The snapshot as it is and a timestamp of it, each one version on. */
  async announceSnapshot(): Promise<void> {
    this.set('snapshot', ['version'], this.version('snapshot') + 1);
    const bytes = await this.write('snapshot');
    this.set('timestamp', ['meta', 'snapshot.json'], {
      version: this.version('snapshot'),
      ...fileObject(bytes),
    });
    this.set('timestamp', ['version'], this.version('timestamp') + 1);
    await this.write('timestamp');
  }

  /** The next version of a role, with these edits, announced if it is a targets role. */
  async publish(role: string, ...edits: readonly (readonly [Path, JsonValue | undefined])[]): Promise<void> {
    this.set(role, ['version'], this.version(role) + 1);
    for (const [path, value] of edits) this.set(role, path, value);
    await this.write(role);
    if (role !== 'root') await this.announce();
  }
}
