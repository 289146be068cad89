import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { consoleCommands } from './documents.ts';
import { buildStandalone } from './offline.ts';
import { noise } from './release.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PASSPHRASE = 'a passphrase of the officers';

/** The text of a page in docs/ceremonies. */
export const page = (name: string): string =>
  readFileSync(join(ROOT, 'docs/ceremonies', `${name}.md`), 'utf8');

/**
 * Does what a person at a terminal does for the tool: types the passphrase, and the name of what is signed. Officers have the
 * tool for offline machines; keys are made with --online, so that opening them takes less time. A line that ends in `# refused: CODE` has to fail with that code.
 */
const PERSON = `
set -euo pipefail
run() { "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"; }
officer() {
  if [[ $PWD == "$HOME/gateway" || $* == *pkcs11:* ]]; then run "$@"
  else "${process.execPath}" ~/ota-offline.cjs "$@"; fi
}
title() {
  "${process.execPath}" -e '
    const all = JSON.parse(require("fs").readFileSync(process.argv[1])).documents;
    const manifest = all.find(({ type }) => type === "manifest");
    const { product, version } = manifest ? JSON.parse(manifest.payload) : {};
    const [{ role, signed }] = all;
    console.log(role !== "root" && manifest ? product + " " + version : role + " " + signed.version)' "$1"
}
ota() {
  case "$1 \${2-}" in
    sign\\ *.request) officer "$@" --confirm "$(title "$2")" --passphrase-file "$HOME/passphrase" ;;
    sign\\ *|publish\\ *|root\\ publish) run "$@" --passphrase-file "$HOME/passphrase" ;;
    keys\\ generate) officer "$@" --online --passphrase-file "$HOME/passphrase" ;;
    *) run "$@" ;;
  esac
}
refused() {
  local code="$1" output; shift
  if output="$("$@" --json)"; then echo "not refused: $*"; exit 90; fi
  grep -q "\\"$code\\"" <<< "$output" || { echo "$output"; exit 91; }
}
`;

export interface Machines {
  readonly home: string;
  /** Runs commands in a shell that starts in the home folder; fails with all output unless they succeed. */
  run(commands: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** The same machines, to go on from here. */
  copy(): Machines;
}

/** Folders for the machines of the pages: the project with a release that a device has, the officers, a stick. */
export async function newMachines(): Promise<Machines> {
  const machines = at(mkdtempSync(join(tmpdir(), 'ota-test-')));
  for (const name of ['ada', 'ben', 'cleo', 'gateway/build', 'stick', 'release']) {
    mkdirSync(join(machines.home, name), { recursive: true });
  }
  writeFileSync(join(machines.home, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  writeFileSync(join(machines.home, 'gateway/build/app.bin'), noise(7, 5000));
  await buildStandalone(machines.home);
  await machines.run([
    'cd ~/gateway',
    'run init --yes --product gateway --hardware gw-a1 --component app:app:build/app.bin --passphrase-file ~/passphrase',
    'ota bundle',
    'ota sign gateway-1.0.0.ota',
    'ota publish gateway-1.0.0.ota',
    'ota device update ~/device --hardware gw-a1 --root trust/1.root.json',
  ]);
  return machines;
}

function at(home: string): Machines {
  return {
    home,
    run: async (commands, env = {}) => {
      const result = await execa('bash', ['-c', [PERSON, 'cd ~', ...commands].join('\n')], {
        cwd: home,
        reject: false,
        all: true,
        stdin: 'ignore',
        extendEnv: false,
        env: {
          PATH: process.env.PATH ?? '',
          TMPDIR: process.env.TMPDIR ?? tmpdir(),
          HOME: home,
          STICK: join(home, 'stick'),
          NO_COLOR: '1',
          ...env,
        },
      });
      if (result.exitCode === 0) return result.all;
      throw new Error(`exit ${result.exitCode}\n${result.all}`);
    },
    copy: () => {
      const other = mkdtempSync(join(tmpdir(), 'ota-test-'));
      cpSync(home, other, { recursive: true });
      return at(other);
    },
  };
}

/** The commands of a page, those that have to be refused marked as such. */
export const commandsOf = (name: string): readonly string[] =>
  consoleCommands(page(name)).map((command) => {
    const [, call, code] = /^(.*?)\s*# refused: ([a-z-]+)$/.exec(command) ?? [];
    return call === undefined ? command : `refused ${code} ${call}`;
  });
