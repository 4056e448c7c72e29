'use strict';
// The JavaScript side of a role: the stage `t` and the trace. conformance/play/stage.py is its twin; change both or neither.
//
// Other runtimes than Node run it too. It asks for what is under test only when the case does: what a runtime lacks is then
// thrown in the case, or stands in the trace as null or `$throw`, and is a difference like any other.
//
// It is one file with what it stands on, which conformance/language/export.py makes, and runs in two ways. Supervised
// (`node stage.js`): block in a synchronous read of descriptor 0 until the command comes, write records to descriptor 3.
// Exported (`$CASE` is defined above this text by `python -m conformance export`): run every role of the case as a child
// process, or the one named on the command line. Records are written synchronously, so that tracing
// owns no handle and adds no turn to the event loop.

const events = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const stream = require('node:stream');
const vm = require('node:vm');

const exported = typeof $CASE === 'undefined' ? null : $CASE;
const STATE = typeof $STATE === 'undefined' ? require('./state.json') : $STATE;
const $ = typeof $SUBSET === 'undefined' ? require('./subset.js') : $SUBSET;

const HEAD = 48; // how much of a long value the trace shows
const LONGEST = 512; // UTF-8 bytes of a string that stands in the trace in full
const DEADLINE_MS = 10000;

// --- values -----------------------------------------------------------------------------------------------------

// Loaded when the first bytes are to be told of: half of all roles end without, and it takes a fifth of the start.
const sha256 = () => load('crypto').createHash('sha256');
const digest = (bytes) => sha256().update(bytes).digest('hex').slice(0, 16);

const ERROR_KEYS = [
  'code', 'errno', 'syscall', 'address', 'port', 'localAddress', 'localPort', 'hostname', 'host', 'info', 'errors', 'cause',
];

const names = new Map(); // watched object → its name

const modules = {}; // those under test that the case has asked for
const load = (name) => (modules[name] ??= require(`node:${name}`));

function encode(value, depth = 0) {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : { $num: String(value) };
    case 'bigint':
      return { $num: String(value) };
    case 'string':
      return encodeString(value);
    case 'symbol':
      return { $symbol: value.description };
    case 'function':
      return { $function: true };
  }
  if (value === null) return null;
  if (names.has(value)) return { $ref: names.get(value) };
  if (depth > 8) return { $ref: '<deep>' };
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return { $bytes: bytes.length, digest: digest(bytes), head: bytes.subarray(0, HEAD).toString('latin1') };
  }
  if (Array.isArray(value)) return value.map((item) => encode(item, depth + 1));
  if (value instanceof Error) {
    const error = { $error: value.name, message: encodeString(value.message) };
    for (const key of ERROR_KEYS) if (value[key] !== undefined) error[key] = encode(value[key], depth + 1);
    return error;
  }
  if ($.isPlain(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item, depth + 1)]));
  }
  if (!(value instanceof events.EventEmitter) && typeof value.toJSON === 'function') return encode(value.toJSON(), depth + 1);
  return { $ref: `<${value.constructor.name}>` };
}

function encodeString(text) {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= LONGEST) return text;
  return { $string: bytes.length, digest: digest(bytes), head: [...text.slice(0, 2 * HEAD)].slice(0, HEAD).join('') };
}

function kindOf(object) {
  const { net, dgram } = modules;
  if (net && object instanceof net.Socket) return 'net.Socket';
  if (net && object instanceof net.Server) return 'net.Server';
  if (dgram && object instanceof dgram.Socket) return 'dgram.Socket';
  if (object instanceof stream.Readable || object instanceof stream.Writable) return 'stream';
  return null;
}

function stateOf(object, which) {
  const kind = kindOf(object);
  if (kind === null) return null;
  const state = {};
  for (const item of STATE[kind][which]) {
    const name = item.replace('()', '');
    try {
      state[name] = encode(item === name ? object[name] : object[name]?.());
    } catch (error) {
      state[name] = { $throw: encode(error) };
    }
  }
  return state;
}

// --- trace ------------------------------------------------------------------------------------------------------

let traceFd = Number(process.env.CONFORMANCE_TRACE_FD || 1);
let supervised = false;
let silent = false;

function writeAll(fd, text) {
  let rest = Buffer.from(text, 'utf8');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // a full pipe: wait a millisecond
    }
  }
}

function record(kind, { object = null, label = null, args = [], state = null, ...more }) {
  if (!silent) writeAll(traceFd, `${JSON.stringify({ kind, object, label, args, state, ...more })}\n`);
}

let pendingInput = Buffer.alloc(0);

// One line from descriptor 0, without its end; null at the end of the input.
function readLine() {
  for (;;) {
    const end = pendingInput.indexOf(0x0a);
    if (end >= 0) {
      const line = pendingInput.subarray(0, end).toString('utf8');
      pendingInput = pendingInput.subarray(end + 1);
      return line;
    }
    const chunk = Buffer.alloc(65536);
    let count = 0;
    try {
      count = fs.readSync(0, chunk);
    } catch (error) {
      if (error.code === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        continue;
      }
      if (error.code !== 'EOF') throw error;
    }
    if (count === 0) return null;
    pendingInput = Buffer.concat([pendingInput, chunk.subarray(0, count)]);
  }
}

// --- the stage --------------------------------------------------------------------------------------------------

const active = () => process.getActiveResourcesInfo().sort();

// The same for a record that must be written whatever the runtime lacks.
function activeOrThrown() {
  try {
    return active();
  } catch (error) {
    return { $throw: encode(error) };
  }
}

function nameOf(object) {
  return names.get(object) ?? (object === null || object === undefined ? null : `<${object.constructor.name}>`);
}

// The descriptor of a net or dgram object, or null. dgram keeps its handle behind a symbol.
function descriptorOf(object) {
  let handle = object._handle;
  if (kindOf(object) === 'dgram.Socket') {
    const symbol = Object.getOwnPropertySymbols(object).find((key) => key.description === 'state symbol');
    handle = object[symbol]?.handle;
  }
  return handle && handle.fd >= 0 ? handle.fd : null;
}

const immediates = new Set();

const stage = {
  get net() {
    return load('net');
  },
  get dgram() {
    return load('dgram');
  },
  get dns() {
    return load('dns');
  },
  stream,
  events,
  // Name an object and record every event it emits from now on, internal ones too.
  watch(name, object) {
    if (names.has(object)) throw new Error(`already watched as ${names.get(object)}`);
    if ([...names.values()].includes(name)) throw new Error(`another object is watched as ${name}`);
    names.set(object, name);
    if (typeof object.emit !== 'function') return object;
    const emit = object.emit;
    let total = null;
    let bytes = 0;
    object.emit = function (event, ...args) {
      if (typeof event === 'string') {
        const more = {};
        if (event === 'data' && (typeof args[0] === 'string' || ArrayBuffer.isView(args[0]))) {
          const chunk = Buffer.from(args[0]);
          bytes += chunk.length;
          more.stream = { bytes, digest: (total ??= sha256()).update(chunk).copy().digest('hex').slice(0, 16) };
        }
        record('event', {
          object: name, label: event, args: args.map((arg) => encode(arg)), state: stateOf(object, 'event'), ...more,
        });
      }
      return Reflect.apply(emit, this, [event, ...args]);
    };
    return object;
  },
  // Replace a method on an object, or on a class for all its objects. `name` is Python's; `fn(self, original, ...args)` is
  // called in its place.
  override(target, name, fn) {
    const holder = typeof target === 'function' ? target.prototype : target;
    const key = name.replace(/(?<=[^_])_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
    const original = holder[key];
    holder[key] = function (...args) {
      return fn(this, (...given) => Reflect.apply(original, this, given), ...args);
    };
    return target;
  },
  // A subclass whose methods are called like those of `override`.
  subclass(base, methods) {
    const kind = { [base.name]: class extends base {} }[base.name];
    for (const [name, fn] of Object.entries(methods)) stage.override(kind, name, fn);
    return kind;
  },
  // All public state of an object, addresses included.
  snapshot(object) {
    record('snapshot', { object: nameOf(object), state: stateOf(object, 'snapshot') });
    return object;
  },
  // The kernel's view of the socket behind an object. Only the harness can see it; without one the state is null.
  kernel(object) {
    const fd = descriptorOf(object);
    let state = null;
    if (supervised && fd !== null) {
      record('kernel?', { object: nameOf(object), args: [{ fd, inode: fs.fstatSync(fd).ino, pid: process.pid }] });
      const reply = readLine();
      state = reply === null ? null : JSON.parse(reply);
    }
    record('kernel', { object: nameOf(object), state });
    return object;
  },
  note(label, value) {
    record('note', { label, args: [encode(value)] });
  },
  // A function that records its arguments under `label` and then calls `fn` with them.
  callback(label, fn = null) {
    return (...args) => {
      record('callback', { label, args: args.map((arg) => encode(arg)) });
      return fn === null ? undefined : fn(...args);
    };
  },
  // Call `fn` now; record what it returns or throws. Returns the value, or null where it threw.
  attempt(label, fn) {
    let value;
    try {
      value = fn();
    } catch (error) {
      record('throw', { label, args: [encode(error)] });
      return null;
    }
    record('attempt', { label, args: [encode(value)] });
    return value;
  },
  publish(values) {
    record('publish', { args: [values] });
  },
  nextTick: (fn) => void process.nextTick(fn),
  microtask: (fn) => queueMicrotask(fn),
  immediate(fn) {
    const immediate = setImmediate(fn);
    immediates.add(immediate);
    return immediate;
  },
  timeout: (ms, fn) => setTimeout(fn, ms),
  interval: (ms, fn) => setInterval(fn, ms),
  clear: (timer) => (immediates.has(timer) ? clearImmediate(timer) : clearTimeout(timer)),
  block: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  onUncaught: (fn) => void process.on('uncaughtException', (error) => fn(error)),
  onWarning: (fn) => void process.on('warning', (warning) => fn(warning)),
  onBeforeExit: (fn) => void process.on('beforeExit', (code) => fn(code)),
  asyncDispose: (object) => object[Symbol.asyncDispose](),
  path: (name) => path.join(pathDir, name),
  fileMode: (name) => {
    const found = fs.lstatSync(name, { throwIfNoEntry: false });
    return found ? `${found.isSocket() ? 'socket' : 'other'} ${(found.mode & 0o777).toString(8)}` : null;
  },
  chmod: (name, mode) => fs.chmodSync(name, mode),
  mkdir: (name) => fs.mkdirSync(name),
  remove: (name) => fs.unlinkSync(name),
  error: (message) => new Error(message),
  get abortSignal() {
    return AbortSignal;
  },
  abortController: () => new AbortController(),
  spawn: (promise) => void promise,
  active,
  exit: (code = 0) => process.exit(code),
};

// --- running one role -------------------------------------------------------------------------------------------

let pathDir = os.tmpdir();

function runRole(program, values, deadlineMs) {
  // A socket's destroy() looks at process.stderr, pipe() at process.stdout, and looking opens a handle where that is a
  // pipe. Open both now, and unreferenced, so that they are never among the active resources.
  for (const standard of [process.stdout, process.stderr]) standard._handle?.unref?.();
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    record('uncaught', { label: origin, args: [encode(error)] });
  });
  process.on('exit', (code) => record('exit', { args: [code], state: { active: activeOrThrown() } }));
  setTimeout(() => {
    record('hung', { args: [deadlineMs], state: { active: activeOrThrown() } });
    silent = true;
    process.exit(99);
  }, deadlineMs).unref();
  program(stage, values);
}

function main() {
  supervised = true;
  writeAll(traceFd, '\n'); // the supervisor's sign that everything is loaded
  const line = readLine();
  if (line === null) return; // nobody needed this warm process
  const command = JSON.parse(line);
  pathDir = command.path_dir ?? pathDir;
  process.chdir(pathDir); // a relative path of a unix socket lies there too
  const program = vm.runInThisContext(`(($) => ${command.program}\n)`, { filename: `${command.role}.js` })($);
  runRole(program, command.values ?? {}, command.deadline_ms ?? DEADLINE_MS);
}

// --- exported programs ------------------------------------------------------------------------------------------

// `node x.js` runs all roles and tags their records, `node x.js ROLE name=value…` runs one in this process.
function mainExported() {
  const roles = Object.keys(exported.roles);
  const [wanted, ...assignments] = process.argv.slice(2);
  pathDir = process.env.CONFORMANCE_DIR || fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  if (!process.env.CONFORMANCE_DIR) process.on('exit', () => fs.rmSync(pathDir, { recursive: true, force: true }));
  if (wanted !== undefined) {
    if (!roles.includes(wanted)) return usage(`no role ${JSON.stringify(wanted)}`);
    const values = {};
    for (const assignment of assignments) {
      const at = assignment.indexOf('=');
      if (at < 0) return usage(`${JSON.stringify(assignment)} is not name=value`);
      values[assignment.slice(0, at)] = parseValue(assignment.slice(at + 1));
    }
    const missing = exported.roles[wanted].needs.filter((need) => !(need in values));
    if (missing.length > 0) return usage(`role ${wanted} needs ${missing.join(', ')}`);
    return runRole(exported.roles[wanted].program, values, exported.deadlineMs ?? DEADLINE_MS);
  }
  if (exported.rawRoles.length > 0) return usage(`role ${exported.rawRoles[0]} is a plain socket that the harness plays`);
  if (roles.length === 1) return runRole(exported.roles[roles[0]].program, {}, exported.deadlineMs ?? DEADLINE_MS);
  runAll(roles);
}

function usage(problem) {
  const roles = Object.entries(exported.roles).map(([role, { needs }]) => [role, ...needs.map((need) => `${need}=…`)].join(' '));
  process.stderr.write(`${problem}\nusage: node ${path.basename(__filename)} [${roles.join(' | ')}]\n`);
  process.exitCode = 2;
}

function parseValue(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function runAll(roles) {
  const { spawn } = require('node:child_process');
  const waiting = new Set(roles);
  const values = {};
  let running = 0;
  const startReady = () => {
    for (const role of waiting) {
      const { needs } = exported.roles[role];
      if (!needs.every((need) => need in values)) continue;
      waiting.delete(role);
      start(role, needs.map((need) => `${need}=${JSON.stringify(values[need])}`));
    }
  };
  const start = (role, assignments) => {
    running += 1;
    const child = spawn(process.execPath, [__filename, role, ...assignments], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, CONFORMANCE_DIR: pathDir, CONFORMANCE_TRACE_FD: '1' },
    });
    require('node:readline').createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      process.stdout.write(`${JSON.stringify({ role, ...entry })}\n`);
      if (entry.kind === 'publish') Object.assign(values, entry.args[0]);
      startReady();
    });
    child.on('close', (code) => {
      running -= 1;
      process.exitCode ||= code ?? 1;
      if (running === 0 && waiting.size > 0) {
        process.stderr.write(`never started: ${[...waiting].join(', ')}\n`);
        process.exitCode ||= 1;
      }
    });
  };
  startReady();
}

module.exports = { encode, stage };
if (exported) mainExported();
else if (require.main === module) main();
