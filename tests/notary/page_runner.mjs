// Runs the script of the page without a document, and answers calls of it: an object of JSON a line, bytes as base64.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import vm from 'node:vm';

vm.runInThisContext(/<script>([^]*?)<\/script>/.exec(readFileSync(process.argv[2], 'utf8'))[1], { filename: 'page.html' });
const page = globalThis.gridseal;

const bytes = text => new Uint8Array(Buffer.from(text, 'base64'));
const parsed = value => page.parseJson(JSON.stringify(value));
const schemaOf = ({ table, columns, key, disclosable }) =>
  page.makeSchema(table, columns.map(([name, type]) => page.makeColumn(name, type)), key, disclosable);
const cell = ({ type, value }) => {
  const column = page.makeColumn('c', type);
  return page.hex(page.encodeCell(column, page.readValue(column, parsed(value))));
};
const checkpoint = ({ origin, size, root }) => ({ origin, size: BigInt(size), root: page.unhex(root) });
/** A value of JSON, with the order of fields and the types of numbers. */
const plain = value => value instanceof Map ? { object: [...value].map(([name, inner]) => [name, plain(inner)]) }
  : Array.isArray(value) ? value.map(plain) : typeof value === 'bigint' ? { integer: String(value) } : value;
const answered = call => {
  try {
    return { found: call() };
  } catch (error) {
    return error instanceof page.Wrong || error.link ? { refused: error.message, link: error.link } : { crashed: error.stack };
  }
};

const CALLS = {
  judge: ({ file, contract, block }) => {
    const trust = contract ? { contract: page.trustedContract(contract), block: page.trustedHash(block) } : null;
    const { outcome, link, reason, blocks } = page.judge(bytes(file), trust);
    return { outcome, link, reason, blocks: blocks.map(({ number, hash }) => [String(number), page.hex(hash)]) };
  },
  trusted: ({ block }) => page.hex(page.trustedHash(block)),
  parse: ({ file }) => plain(page.parseJson(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(file)))),
  blake3: ({ data }) => page.hex(page.blake3(bytes(data))),
  deriveKey: ({ context, data }) => page.hex(page.deriveKey(context, bytes(data))),
  keccak256: ({ data }) => page.hex(page.keccak256(bytes(data))),
  cells: ({ cells }) => cells.map(one => answered(() => cell(one))),
  schema: ({ schema }) => page.hex(schemaOf(schema).id),
  leaf: ({ schema, row, salts }) => {
    const made = schemaOf(schema);
    return page.hex(page.leafOf(made, { row: page.readRow(made, parsed(row)), salts: salts.map(page.unhex) }));
  },
  cellHashes: ({ schema, row, salts }) => {
    const made = schemaOf(schema), values = page.readRow(made, parsed(row));
    return made.columns.map((column, place) =>
      page.hex(page.cellHash(made, page.unhex(salts[place]), column, values.get(column.name))));
  },
  root: ({ leaf, index, size, path }) =>
    page.hex(page.rootOfPath(page.unhex(leaf), BigInt(index), BigInt(size), path.map(page.unhex))),
  seal: ({ schema, seal }) =>
    page.hex(page.sealHash(schemaOf(schema), { ...seal, rows: BigInt(seal.rows), root: page.unhex(seal.root) })),
  checkpoint: given => page.hex(page.checkpointHash(checkpoint(given))),
  origin: ({ origin }) => page.hex(page.originId(origin)),
  rlp: ({ data }) => data.map(page.unhex).map(one => [
    answered(() => page.itemsOf(one).map(page.hex)), answered(() => page.hex(page.stringOf(one))),
    answered(() => String(page.numberOf(one, 8))),
  ]),
  trie: ({ root, key, nodes }) => page.hex(page.valueAt(page.unhex(root), page.unhex(key), nodes.map(page.unhex))),
  evm: ({ anchor, checkpoint: given }) => {
    const block = page.checkEvm(page.anchorOf(page.parseJson(anchor)), checkpoint(given));
    return { number: String(block.number), hash: page.hex(block.hash), timestamp: String(block.timestamp) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...given } = JSON.parse(line);
  process.stdout.write(JSON.stringify(answered(() => CALLS[call](given))) + '\n');
}
