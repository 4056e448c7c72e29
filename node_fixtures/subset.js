'use strict';
// What Python means where JavaScript means something else: the helpers that a transpiled case calls as `$`.
//
// conformance/language/transpile.py emits a call of one of these wherever an operator or built-in of the subset would give another
// answer in plain JavaScript. Bytes are Buffers, None is null (undefined counts as None too), dicts are plain objects.

const isNone = (x) => x === null || x === undefined;
const isBytes = (x) => x instanceof Uint8Array;
const isPlain = (x) => {
  if (typeof x !== 'object' || x === null) return false;
  const proto = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
};

function truthy(x) {
  if (isBytes(x) || Array.isArray(x)) return x.length > 0;
  if (isPlain(x)) return Object.keys(x).length > 0;
  return Number.isNaN(x) || Boolean(x);
}

function eq(a, b) {
  if (isNone(a) || isNone(b)) return isNone(a) && isNone(b);
  if (isBytes(a) && isBytes(b)) return Buffer.compare(a, b) === 0;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => eq(x, b[i]));
  if (isPlain(a) && isPlain(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && eq(a[key], b[key]));
  }
  if (typeof a === 'boolean') a = Number(a);
  if (typeof b === 'boolean') b = Number(b);
  return a === b;
}

function add(a, b) {
  if (isBytes(a) && isBytes(b)) return Buffer.concat([a, b]);
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  const [left, right] = [numeric(a), numeric(b)];
  if (left !== null && right !== null) return left + right;
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  throw new TypeError(`unsupported operands for +: ${typeof a} and ${typeof b}`);
}

function extend(list, more) {
  for (const item of more) list.push(item);
  return null;
}

function iadd(a, b) {
  if (!Array.isArray(a)) return add(a, b);
  extend(a, b);
  return a;
}

function mul(a, b) {
  const [left, right] = [numeric(a), numeric(b)];
  if (left !== null && right !== null) return left * right;
  const [sequence, count] = left === null ? [a, right] : [b, left];
  const times = Math.max(0, count);
  if (isBytes(sequence)) return sequence.length === 0 ? Buffer.alloc(0) : Buffer.alloc(sequence.length * times, sequence);
  if (Array.isArray(sequence)) return [].concat(...new Array(times).fill(sequence));
  return sequence.repeat(times);
}

const numeric = (x) => (typeof x === 'number' ? x : typeof x === 'boolean' ? Number(x) : null);

function mod(a, b) {
  if (typeof a !== 'number' || typeof b !== 'number') throw new TypeError('% is for numbers');
  return ((a % b) + b) % b;
}

// Below, at or above 0 as a stands before, with or after b.
function compare(a, b) {
  if (isBytes(a) && isBytes(b)) return Buffer.compare(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    const at = a.findIndex((item, i) => i >= b.length || !eq(item, b[i]));
    if (at < 0) return a.length - b.length;
    return at < b.length ? compare(a[at], b[at]) : 1;
  }
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  const [left, right] = [numeric(a), numeric(b)];
  if (left === null || right === null) throw new TypeError(`no order between ${typeof a} and ${typeof b}`);
  return left - right;
}

// The members of a sequence as Python counts them: code points of a string, keys of a dict.
function members(x) {
  if (typeof x === 'string') return [...x];
  if (isPlain(x)) return Object.keys(x);
  return x;
}

const len = (x) => members(x).length;
const iter = (x) => members(x);

function index(x, key) {
  if (typeof key !== 'number') {
    if (!Object.hasOwn(x, key)) throw new Error(`no key ${key}`);
    return x[key];
  }
  const items = typeof x === 'string' ? [...x] : x;
  const at = key < 0 ? items.length + key : key;
  if (at < 0 || at >= items.length) throw new RangeError('index out of range');
  return items[at];
}

function setindex(x, key, value) {
  if (typeof key !== 'number') {
    x[key] = value;
    return;
  }
  const at = key < 0 ? x.length + key : key;
  if (at < 0 || at >= x.length) throw new RangeError('assignment index out of range');
  x[at] = value;
}

function slice(x, from, to) {
  const [start, end] = [from ?? undefined, to ?? undefined];
  if (typeof x === 'string') return [...x].slice(start, end).join('');
  if (isBytes(x)) return Buffer.from(Buffer.from(x.buffer, x.byteOffset, x.byteLength).subarray(start, end));
  return x.slice(start, end);
}

// `key` is how a literal item is spelt as a key of a dict.
function has(x, item, key = item) {
  if (typeof x === 'string') return x.includes(item);
  if (isBytes(x)) return Buffer.from(x.buffer, x.byteOffset, x.byteLength).includes(item);
  if (isPlain(x)) return Object.hasOwn(x, key);
  return x.some((member) => eq(member, item));
}

function str(x) {
  if (isNone(x)) return 'None';
  if (typeof x === 'boolean') return x ? 'True' : 'False';
  if (x instanceof Error) return x.message;
  if (typeof x === 'string' || typeof x === 'number') return String(x);
  throw new TypeError('only strings, numbers, booleans, None and errors have the same text on both sides');
}

function join(separator, items) {
  if (typeof separator === 'string') return items.join(separator);
  return Buffer.concat(items.flatMap((item, i) => (i === 0 ? [item] : [separator, item])));
}

function pop(list, at = -1) {
  const item = index(list, at);
  list.splice(at, 1);
  return item;
}

const startswith = (x, prefix) => (typeof x === 'string' ? x.startsWith(prefix) : eq(slice(x, 0, prefix.length), prefix));
const endswith = (x, suffix) =>
  typeof x === 'string' ? x.endsWith(suffix) : x.length >= suffix.length && eq(slice(x, x.length - suffix.length), suffix);
const decode = (x, encoding = 'utf-8') => Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString(encoding);

function bytes(x) {
  if (x === undefined) return Buffer.alloc(0);
  if (typeof x === 'number') return Buffer.alloc(x);
  return Buffer.from(x);
}

function getattr(x, name, fallback) {
  const value = x[name];
  return value === undefined ? fallback : value;
}

function int(x) {
  const number = typeof x === 'string' ? Number(x.trim() || 'NaN') : Number(x);
  if (Number.isNaN(number)) throw new TypeError(`no integer: ${x}`);
  return Math.trunc(number);
}

function float(x) {
  const words = { nan: NaN, inf: Infinity, '-inf': -Infinity };
  return typeof x === 'string' && Object.hasOwn(words, x) ? words[x] : Number(x);
}

const list = (x) => [...members(x)];
const sorted = (x) => list(x).sort(compare);
const least = (items) => sorted(items.length === 1 ? items[0] : items)[0];
const most = (items) => sorted(items.length === 1 ? items[0] : items).at(-1);
const range = (start, stop, step = 1) => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
};

module.exports = {
  isNone, isPlain, truthy, eq, add, iadd, extend, pop, mul, mod, len, iter, index, setindex, slice, has, str, join, startswith,
  endswith, decode, bytes, getattr, int, float, compare, list, sorted, range,
  min: (...items) => least(items),
  max: (...items) => most(items),
  latin1: (text) => Buffer.from(text, 'latin1'),
  encode: (text, encoding = 'utf-8') => Buffer.from(text, encoding),
  hex: (x) => decode(x, 'hex'),
  append: (list, item) => { list.push(item); return null; },
  and: (a, b) => (truthy(a) ? b() : a),
  or: (a, b) => (truthy(a) ? a : b()),
  // Python's errno is positive, Node's negative; a case that reads it sees Python's.
  errno: (x) => (typeof x.errno === 'number' ? Math.abs(x.errno) : x.errno),
};
