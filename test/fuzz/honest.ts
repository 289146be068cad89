import fc from 'fast-check';
import { writeArchive } from '../../src/bundle/archive/write.ts';
import { compress } from '../../src/bundle/compression.ts';
import { encodeManifest } from '../../src/bundle/manifest.ts';
import { appendSignatures } from '../../src/bundle/signatures.ts';
import { encodeSignatures } from '../../src/bundle/signatures-region.ts';
import { addKey, setExpiry } from '../../src/ceremony/edit.ts';
import { encodeProposal } from '../../src/ceremony/format.ts';
import { concatBytes, utf8 } from '../../src/core/bytes.ts';
import { seal } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json/value.ts';
import { memorySource } from '../../src/core/source.ts';
import { DAY, formatTime } from '../../src/core/time.ts';
import { STORED } from '../../src/delta/coder/coding.ts';
import { createDelta } from '../../src/delta/create.ts';
import { zigzag } from '../../src/delta/varint.ts';
import { encodeDeviceFile } from '../../src/device/device-file.ts';
import { sealKey, writePublicKeyFile } from '../../src/keys/key-file.ts';
import { BEGINNING, nextEntry, printEntry } from '../../src/keys/log/entry.ts';
import { encodePkcs8 } from '../../src/keys/pkcs8.ts';
import { encodeArchiveIndex, encodeArchivePage } from '../../src/repository/archive.ts';
import { encodeChannel } from '../../src/repository/channel.ts';
import { encodeRequest } from '../../src/requests/encode.ts';
import { compactResponse, encodeResponse } from '../../src/requests/response-text.ts';
import { Forge, forgeFile, NOW } from '../support/forge.ts';
import { componentObject, extraObject, forgeBundle, manifestObject } from '../support/forge-bundle.ts';
import { name, noise, version } from '../support/release.ts';
import { publishedChain, releaseRequest } from '../support/requests.ts';
import { SIGNED_PARTS, SIGNERS } from '../support/role-documents.ts';
import { RELEASE_FILE } from '../unit/bundle/fixture.ts';
import { manifests } from '../unit/bundle/manifests.ts';
import { ALICE, firstProposal } from '../unit/ceremony/support.ts';
import { makeIn } from '../unit/delta/compat/support.ts';
import { packedInputs } from '../unit/delta/contain/honest.ts';
import { DEFLATE, forge, varints } from '../unit/delta/support.ts';
import { type Files, inPieces, smallVolume } from '../unit/media/support.ts';
import { IMAGE, MEDIA_KEYS, OLD, PASSPHRASE } from './targets/binary.ts';

type Inputs = Readonly<Record<string, Uint8Array>>;

/** Honest inputs of every target, by target and file name; the first of each is read without a fault. */
export async function honestInputs(): Promise<Readonly<Record<string, Inputs>>> {
  const zstd = await collected(compress(memorySource(IMAGE)));
  const [notes, radio] = [utf8('# 1.0.0\n'), utf8('the image of the radio')];
  const bundled = manifestObject(
    [componentObject('linux', IMAGE, zstd), componentObject('radio', radio)],
    [extraObject('notes.md', notes)],
  );
  return {
    ...(await roles()),
    ...(await documents()),
    json: {
      '1-object.json': utf8('{"a":[1,-2,{"b":"c\\n\\u00e9"}],"z":null,"t":true}\n'),
      '2-depth.json': utf8('['.repeat(60) + ']'.repeat(60)),
      '3-text.json': utf8('"\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00 é"'),
    },
    matcher: {
      1: utf8('gateway/*/*\ngateway/1.0.0/radio'),
      2: utf8('a*b?c*d\naxxbycd'),
      3: utf8('*?*?*?*?*?\naaaaaaaaaaaaaaaaaaaaab'),
      4: utf8('**/?[a]/{a,b}/!x\n.a/b/c/d'),
    },
    manifest: {
      '1-bundle.json': utf8(JSON.stringify(bundled)),
      '2-any.json': sample(manifests.map((manifest) => encodeManifest(manifest).bytes)),
    },
    archive: {
      '1-whole.ota': await forgeBundle(
        bundled,
        [
          ['payloads/linux', zstd],
          ['payloads/radio', radio],
          ['extras/notes.md', notes],
        ],
        SIGNERS.slice(0, 2),
      ),
      '2-small.ota': await forgeBundle(
        manifestObject([componentObject('radio', radio)]),
        [['payloads/radio', radio]],
        SIGNERS.slice(0, 1),
      ),
    },
    signatures: {
      '1-five.json': (await appendSignatures(utf8('{}'), encodeSignatures([]), SIGNERS)).region,
      '2-none.json': encodeSignatures([]),
    },
    payload: { '1.zst': zstd },
    delta: await deltas(),
    ...(await packedInputs()),
    bsdiff40: {
      '1-new.bsdiff40': await makeIn('bsdiff40', OLD, NEW),
      '2-same.bsdiff40': await makeIn('bsdiff40', OLD, OLD),
    },
    vcdiff: {
      '1-new.vcdiff': await makeIn('vcdiff', OLD, NEW),
      '2-same.vcdiff': await makeIn('vcdiff', OLD, OLD),
    },
    'key-file': { '1.key.age': await sealKey(new Uint8Array(32).fill(7), PASSPHRASE, 2) },
    'public-key': { '1.pub': writePublicKeyFile(ALICE.publicKey) },
    ...(await media()),
    pkcs8: { '1.pem': encodePkcs8(new Uint8Array(32).fill(9)) },
  };
}

async function media(): Promise<Readonly<Record<string, Inputs>>> {
  const files: Files = MEDIA_KEYS.map((key, index) => [key, noise(index, 1 + 600 * index)] as const);
  const long = [`targets/${'p'.repeat(60)}/${'x'.repeat(120)}`, noise(4, 30)] as const;
  const archive = async (given: Files): Promise<Uint8Array> =>
    collected(
      writeArchive(
        given.map(([path, bytes]) => ({ path, length: bytes.length, open: () => inPieces(bytes) })),
        NOW,
      ),
    );
  return {
    'media-image': {
      '1-volume.img': smallVolume(files, 24).bytes,
      '2-long-name.img': smallVolume([...files, long], 30).bytes,
    },
    'media-tar': { '1-files.tar': await archive(files), '2-pax.tar': await archive([...files, long]) },
  };
}

/** One that is not too large, and always the same. */
const sample = (bytes: fc.Arbitrary<Uint8Array>): Uint8Array =>
  fc.sample(bytes, { seed: 7, numRuns: 40 }).findLast(({ length }) => length < 2500) ?? new Uint8Array();

async function roles(): Promise<Readonly<Record<string, Inputs>>> {
  const forge = await Forge.make();
  const inputs: Record<string, Inputs> = {};
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    const signed: JsonObject = JSON.parse(
      Buffer.from(sample(SIGNED_PARTS[role].map((part) => utf8(JSON.stringify(part))))).toString(),
    );
    inputs[role] = {
      '1-forged.json': forge.bytes(role),
      '2-any.json': await forgeFile(signed, SIGNERS.slice(0, 2)),
      ...(role === 'targets' ? { '3-product.json': forge.bytes('gateway') } : {}),
    };
  }
  return inputs;
}

async function documents(): Promise<Readonly<Record<string, Inputs>>> {
  const proposal = await firstProposal();
  const changed = setExpiry(addKey(proposal, 'root', ALICE.publicKey), 'root', NOW + 400 * DAY, NOW);
  const installed = {
    version: version('1.0.0'),
    counter: 3,
    image: seal(IMAGE),
    slot: name('radio'),
    provides: {},
    requires: {},
  };
  const response = {
    request: seal(IMAGE).sha256,
    signatures: SIGNERS.slice(0, 2).map(({ publicKey }) => ({
      document: 0,
      keyid: publicKey.keyid,
      sig: new Uint8Array(64).fill(5),
    })),
  };
  const request = encodeRequest(releaseRequest(await publishedChain())).bytes;
  const stamp = { by: 'ada@safe', tool: 'ota 0.1.0', at: formatTime(NOW) };
  const step = { step: 'sign', what: 'root 3', key: 'release', keyid: ALICE.publicKey.keyid };
  const page = encodeArchivePage(name('gateway'), [archived('1.0.0'), archived('1.1.0')]);
  const index = encodeArchiveIndex({
    product: name('gateway'),
    counters: new Map([[name('radio'), { counter: 3, release: version('1.1.0') }]]),
    pages: [{ first: version('1.0.0'), last: version('1.1.0'), count: 2, ...seal(page) }],
  });
  return {
    'log-entry': { '1.json': printEntry(nextEntry(BEGINNING, step, stamp)).subarray(0, -1) },
    'key-uri': {
      1: utf8('pkcs11:token=release;object=gateway?module-path=/usr/lib/softhsm/libsofthsm2.so'),
      2: utf8('exec:./sign.sh?arg=a%20b'),
      3: utf8('ssh-agent:SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'),
      4: utf8('keys/release.key.age'),
    },
    'archive-index': { '1.json': index },
    'archive-page': { '1.json': page },
    channel: {
      '1.json': encodeChannel({
        product: name('gateway'),
        channel: name('stable'),
        release: { version: version('2.4.0'), manifest: seal(IMAGE) },
      }),
    },
    device: {
      '1.json': encodeDeviceFile({
        product: name('gateway'),
        hardware: name('gw-a1'),
        channel: name('stable'),
        release: version('1.0.0'),
        components: new Map([[name('radio'), installed]]),
        installing: [{ component: name('radio'), ...installed, reboot: true }],
        updating: {
          version: version('1.1.0'),
          manifest: seal(OLD),
          files: new Map([
            [
              name('radio'),
              {
                action: 'full',
                path: 'gateway/1.1.0/radio',
                length: IMAGE.length,
                sha256: seal(IMAGE).sha256,
              },
            ],
          ]),
        },
        restart: { after: [name('boot')], boot: 'a1' },
      }),
    },
    'release-file': { '1.yaml': utf8(RELEASE_FILE) },
    request: { '1-release.json': request },
    review: { '1-release.json': request },
    response: { '1.txt': encodeResponse(response), '2-qr.txt': utf8(compactResponse(response)) },
    proposal: { '1-first.json': encodeProposal(proposal), '2-changed.json': encodeProposal(changed) },
  };
}

const archived = (text: string) => ({
  version: version(text),
  sequence: 1,
  archived: NOW,
  time: 0,
  manifest: seal(IMAGE),
  signatures: seal(OLD),
});

const NEW = concatBytes(
  OLD.subarray(900),
  noise(3, 300),
  utf8('something new '.repeat(40)),
  OLD.subarray(0, 700),
);

async function deltas(): Promise<Inputs> {
  const make = (image: Uint8Array, memory?: number) =>
    collected(createDelta(memorySource(OLD), memorySource(image), memory === undefined ? {} : { memory }));
  // Three steps in a group: what each pairs, what it inserts, where it goes.
  const bare = {
    controls: varints(40, 30, 0, 5, 0, 9, zigzag(3), zigzag(-20), zigzag(0)),
    runs: varints(0, 20, 2, 48),
    differences: Uint8Array.of(1, 255),
    insertions: noise(4, 14),
  };
  return {
    '1-new.otad': await make(NEW),
    '2-little-memory.otad': await make(NEW, 16_384),
    '3-same.otad': await make(OLD),
    // Nothing is compressed in it, so that mutants reach what the sections say.
    '4-stored.otad': await forge(seal(OLD), seal(noise(5, 84)), bare, {
      steps: 3,
      group: 3,
      coding: STORED,
    }),
    '5-deflate.otad': await forge(seal(OLD), seal(noise(5, 84)), bare, {
      steps: 3,
      group: 3,
      coding: DEFLATE,
    }),
  };
}

async function collected(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(Uint8Array.from(piece));
  return concatBytes(...parts);
}
