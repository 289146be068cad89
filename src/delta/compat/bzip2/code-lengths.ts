/** What libbz2 writes at most; a reader takes up to 20. */
const LONGEST = 17;

/** The lengths of a prefix code by Huffman, none above 17: rare symbols are counted as less rare until that holds. */
export function codeLengths(counts: ArrayLike<number>): Uint8Array {
  let weights = Float64Array.from(counts, (count) => Math.max(1, count));
  for (;;) {
    const lengths = huffman(weights);
    if (lengths.every((length) => length <= LONGEST)) return lengths;
    weights = weights.map((weight) => 1 + Math.floor(weight / 2));
  }
}

function huffman(weights: Float64Array): Uint8Array {
  const count = weights.length;
  const leaves = Array.from(weights, (_, symbol) => symbol).sort(
    (a, b) => (weights[a] as number) - (weights[b] as number) || a - b,
  );
  // Nodes after the leaves come to be in rising order, so the two lightest are at the heads of two queues.
  const weight = new Float64Array(2 * count - 1);
  weight.set(leaves.map((symbol) => weights[symbol] as number));
  const parent = new Int32Array(2 * count - 1);
  let [leaf, inner] = [0, count];
  for (let made = count; made < parent.length; made++) {
    for (let child = 0; child < 2; child++) {
      const takesLeaf =
        leaf < count && (inner >= made || (weight[leaf] as number) <= (weight[inner] as number));
      const lightest = takesLeaf ? leaf++ : inner++;
      weight[made] = (weight[made] as number) + (weight[lightest] as number);
      parent[lightest] = made;
    }
  }
  const depth = new Uint8Array(parent.length);
  for (let node = parent.length - 2; node >= 0; node--)
    depth[node] = (depth[parent[node] as number] as number) + 1;
  const lengths = new Uint8Array(count);
  leaves.forEach((symbol, index) => {
    lengths[symbol] = depth[index] as number;
  });
  return lengths;
}

/** The codes of given lengths: shorter ones first, then by symbol. */
export function codesOf(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let next = 0;
  for (let length = 1; length <= LONGEST; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) codes[symbol] = next++;
    next *= 2;
  }
  return codes;
}
