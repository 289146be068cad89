import { MODES } from './code-table.ts';
import { integerLength } from './integer.ts';

const NEAR = 4;
const SAME = 3;
const SELF = 0;
const HERE = 1;

/** How an address is told. */
export interface Told {
  readonly mode: number;
  /** A byte for the modes of the same cache, else an integer. */
  readonly value: number;
}

/** The addresses that COPY instructions used last: RFC 3284, section 5.3. Maker and reader keep the same. */
export class AddressCache {
  readonly #near = new Float64Array(NEAR);
  readonly #same = new Float64Array(SAME * 256);
  #next = 0;

  /** Whether a mode tells an address by one byte. */
  static isSame = (mode: number): boolean => mode >= 2 + NEAR && mode < MODES;

  /** The shortest way to tell an address; `here` is the place in the window, after its source. */
  tell(address: number, here: number): Told {
    const told = this.#shortest(address, here);
    this.#remember(address);
    return told;
  }

  /** The address that was told, wherever it is: the caller checks it. */
  find(mode: number, value: number, here: number): number {
    const address = this.#found(mode, value, here);
    this.#remember(address);
    return address;
  }

  #shortest(address: number, here: number): Told {
    const slot = address % (SAME * 256);
    if (this.#same[slot] === address) return { mode: 2 + NEAR + Math.floor(slot / 256), value: slot % 256 };
    let best: Told = { mode: SELF, value: address };
    if (here - address < best.value) best = { mode: HERE, value: here - address };
    for (let i = 0; i < NEAR; i++) {
      const value = address - (this.#near[i] as number);
      if (value >= 0 && integerLength(value) < integerLength(best.value)) best = { mode: 2 + i, value };
    }
    return best;
  }

  #found(mode: number, value: number, here: number): number {
    if (mode === SELF) return value;
    if (mode === HERE) return here - value;
    if (mode < 2 + NEAR) return (this.#near[mode - 2] as number) + value;
    return this.#same[(mode - 2 - NEAR) * 256 + value] as number;
  }

  #remember(address: number): void {
    this.#near[this.#next] = address;
    this.#next = (this.#next + 1) % NEAR;
    if (address >= 0) this.#same[address % (SAME * 256)] = address;
  }
}
