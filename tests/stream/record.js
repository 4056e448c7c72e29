// Runs the programs of node_traces.jsonl in Node and writes their traces back: what scenario.py must reproduce.
//   node tests/stream/record.js            re-record the traces of all programs
//   node tests/stream/record.js FILE       append the programs of FILE (JSON lines {"id", "program"}), recorded
'use strict';
const fs = require('fs');
const net = require('net');
const path = require('path');
const stream = require('stream');

const VAGUE = ['ERR_INVALID_ARG_TYPE', 'ERR_UNKNOWN_ENCODING'];
let log = () => {};

function shown(value) {
  if (value === undefined || value === null) return null;
  if (Buffer.isBuffer(value)) return `b:${value.toString('hex')}`;
  if (typeof value === 'string') {
    return `s:${value.replace(/[\ud800-\udfff]/g, (unit) => `<${unit.charCodeAt(0).toString(16)}>`)}`;
  }
  if (value instanceof Error) return `E:${value.code || ''}:${VAGUE.includes(value.code) ? '' : value.message}`;
  if (typeof value === 'function') return 'fn';
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value.numberInScenario !== undefined) return `#${value.numberInScenario}`;
  if (typeof value === 'object' && 'hasUnpiped' in value) return 'info';
  return value;
}

function state(s) {
  const groups = [];
  if (s._readableState) {
    const flowing = s.readableFlowing === null ? '' : String(s.readableFlowing);
    groups.push([flowing, s.readableLength, +s.readableEnded, +s.readable, +s.isPaused(), +s.readableDidRead,
                 +s.readableAborted]);
  }
  if (s._writableState) {
    groups.push([s.writableLength, +s.writableNeedDrain, s.writableCorked, +s.writableEnded, +s.writableFinished,
                 +s.writable, +(s.writableAborted || 0)]);
  }
  groups.push([+s.destroyed, +s.closed, +!!s.errored]);
  return groups.map((group) => group.join(',')).join(' ');
}

function chunkOf(spec) {
  if (spec === null) return null;
  if (spec.b !== undefined) return Buffer.from(spec.b, 'hex');
  if (spec.s !== undefined) return spec.s;
  return spec.o !== undefined ? spec.o : 42;
}

function later(when, fn) {
  if (when === 'tick') process.nextTick(fn);
  else if (when === 'micro') queueMicrotask(fn);
  else setImmediate(fn);
}

class Scenario {
  constructor(program) {
    this.program = program;
    this.streams = [];
    this.known = {};
    this.controllers = {};
    this.budget = 400;
    this.errors = 0;
    program.streams.forEach((spec, number) => {
      const s = this.make(spec, number);
      s.numberInScenario = number;
      this.streams.push(s);
      const emit = s.emit;
      s.emit = (event, ...args) => {
        if (typeof event !== 'symbol') log(number, 'ev', event, args.map(shown), state(s));
        return emit.call(s, event, ...args);
      };
    });
  }

  make(spec, number) {
    const options = { ...spec.options };
    const names = Object.keys(spec).filter((name) => name !== 'kind' && name !== 'options');
    const scripts = Object.fromEntries(names.map((name) => [name, [...(spec[name] || [])]]));
    const boom = () => new Error(`boom${++this.errors}`);
    const answer = ([when, what], callback) => {
      const fire = () => {
        log(number, 'fire');
        if (what === 'ok') callback();
        else if (what === 'null') callback(null);
        else if (what === 'err') callback(boom());
        else if (what === 'double') { callback(); callback(); }
        else if (what === 'val') callback(null, Buffer.from('zz'));
      };
      const guarded = () => { try { fire(); } catch (error) { log('top-throw', shown(error)); } };
      if (when === 'sync') fire();
      else if (when === 'throw') throw boom();
      else if (when !== 'never') later(when, guarded);
    };
    const hook = (name, callback) => {
      const mode = scripts[name].shift() || ['sync', name === 'transform' ? 'val' : 'ok'];
      if (mode[2]) this.do(mode[2]);
      answer(mode, callback);
    };
    const hooks = {
      read: (size) => { log(number, '_read', size); this.do(scripts.read.shift() || []); },
      write: (chunk, encoding, callback) => {
        log(number, '_write', shown(chunk), encoding === undefined ? null : encoding, state(this.streams[number]));
        hook('write', callback);
      },
      writev: (chunks, callback) => {
        log(number, '_writev', chunks.map((one) => [shown(one.chunk), one.encoding]), !!chunks.allBuffers);
        hook('writev', callback);
      },
      transform: (chunk, encoding, callback) => {
        log(number, '_transform', shown(chunk), encoding === undefined ? null : encoding);
        hook('transform', callback);
      },
      destroy: (error, callback) => {
        log(number, '_destroy', shown(error));
        hook('destroy', (failure) => callback(failure || error));
      },
    };
    for (const name of names) {
      options[name] = hooks[name] || ((callback) => { log(number, `_${name}`); hook(name, callback); });
    }
    if (spec.kind === 'OtherSide') return this.otherSide;
    if (spec.kind === 'DuplexPair') {
      const [one, other] = stream.duplexPair(options);
      this.otherSide = other;
      return one;
    }
    return new (spec.kind === 'Socket' ? net.Socket : stream[spec.kind])(options);
  }

  do(ops) {
    for (const op of ops) {
      if (this.budget-- <= 0) return;
      try {
        const result = this.op(...op);
        if (result !== undefined) log('ret', op[0], op[1], shown(result));
      } catch (error) {
        log('throw', op[0], shown(error));
      }
    }
  }

  callback(number, label) {
    if (label === null || label === undefined) return undefined;
    this.known[`C${label}`] ||= (...args) => log(number, 'cb', label, args.map(shown), state(this.streams[number]));
    return this.known[`C${label}`];
  }

  op(name, number, ...a) {
    const s = this.streams[number];
    const given = (...args) => args.filter((one) => one !== null && one !== undefined);
    const logged = (...head) => (...args) => log(...head, args.map(shown));
    switch (name) {
      case 'push': return s.push(chunkOf(a[0]), ...given(a[1]));
      case 'unshift': return s.unshift(chunkOf(a[0]), ...given(a[1]));
      case 'read': return a[0] === null ? s.read() : s.read(a[0]);
      case 'pause': s.pause(); return;
      case 'resume': s.resume(); return;
      case 'write': return s.write(chunkOf(a[0]), ...given(a[1], this.callback(number, a[2])));
      case 'end': s.end(...(a[0] ? [chunkOf(a[0])] : []), ...given(a[1], this.callback(number, a[2]))); return;
      case 'cork': s.cork(); return;
      case 'uncork': s.uncork(); return;
      case 'destroy': s.destroy(a[0] ? new Error(a[0]) : undefined, this.callback(number, a[1])); return;
      case 'setEncoding': s.setEncoding(a[0]); return;
      case 'setDefaultEncoding': s.setDefaultEncoding(a[0]); return;
      case 'on':
      case 'once': {
        let left = 2;
        const listener = () => { log(number, 'lis', a[2]); if (left) { left--; this.do(a[1]); } };
        this.known[`L${a[2]}`] = listener;
        s[name](a[0], listener);
        return;
      }
      case 'off': if (this.known[`L${a[1]}`]) s.removeListener(a[0], this.known[`L${a[1]}`]); return;
      case 'offAll': s.removeAllListeners(...given(a[0])); return;
      case 'tick':
      case 'micro':
      case 'imm': later(name, () => { log(name, a[1]); this.do(a[0]); }); return;
      case 'pipe': s.pipe(this.streams[a[0]], a[1] === false ? { end: false } : undefined); return;
      case 'unpipe': s.unpipe(a[0] === null || a[0] === undefined ? undefined : this.streams[a[0]]); return;
      case 'snap':
        log(number, 'snap', state(s), s._readableState ? s.readableBuffer.filter((one) => one !== null).map(shown) : 0,
            s._writableState ? s.writableBuffer.filter(Boolean).map((one) => [shown(one.chunk), one.encoding]) : 0,
            s.eventNames().filter((one) => typeof one === 'string').sort().map((one) => [one, s.listenerCount(one)]),
            [s.readableHighWaterMark, s.readableEncoding, s.readableObjectMode, s.writableHighWaterMark,
             s.writableObjectMode, s.allowHalfOpen, s.errored].map(shown));
        return;
      case 'emitErr': s.emit('error', new Error('manual')); return;
      case 'set': s[a[0]] = a[1]; return;
      case 'call': return s[a[0]]();
      case 'undestroy': s._undestroy(); return;
      case 'finished': this.known[`F${a[1]}`] = stream.finished(s, a[0], logged(number, 'finished', a[1])); return;
      case 'unfinished': if (this.known[`F${a[0]}`]) this.known[`F${a[0]}`](); return;
      case 'pfinished':
        stream.promises.finished(s, a[0]).then((value) => log(number, 'pf', a[1], shown(value)),
                                               (error) => log(number, 'pffail', a[1], shown(error)));
        return;
      case 'pipeline': {
        const label = a.pop();
        stream.pipeline(s, ...a.map((other) => this.streams[other]), logged('pipeline', label));
        return;
      }
      case 'ppipeline': {
        const label = a.pop();
        stream.promises.pipeline(s, ...a.map((other) => this.streams[other]))
          .then((value) => log('pp', label, shown(value)), (error) => log('ppfail', label, shown(error)));
        return;
      }
      case 'line': {
        const made = a[0].map(([kind, what], index) => this.part(index, kind, what, a[2]));
        if (a[1] === null) {
          const last = stream.pipeline(...made, logged('line', a[2]));
          return this.streams.includes(last) ? last : last.constructor.name;
        }
        const options = 'end' in a[1] ? { end: a[1].end } : {};
        if ('signal' in a[1]) options.signal = (this.controllers[number] ||= new AbortController()).signal;
        stream.promises.pipeline(...made, options)
          .then((value) => log('line-ok', a[2], shown(value)), (error) => log('line-fail', a[2], shown(error)));
        return;
      }
      case 'signal':
        this.controllers[number] = new AbortController();
        stream.addAbortSignal(this.controllers[number].signal, s);
        return;
      case 'abort': this.controllers[number]?.abort(); return;
      case 'iter': this.iterate(number, s, ...a); return;
      case 'dispose':
        s[Symbol.asyncDispose]().then(() => log(number, 'disposed', a[0]),
                                      (error) => log(number, 'dispose-fail', a[0], shown(error)));
        return;
      case 'preds':
        return [stream.isReadable(s), stream.isWritable(s), stream.isErrored(s), stream.isDisturbed(s),
                stream.isDestroyed(s)];
      default: throw new Error(`no op ${name}`);
    }
  }

  part(index, kind, what, label) {
    const note = (...record) => log('part', label, index, ...record);
    const chunks = ['one', 'two', 'three'].map((text) => Buffer.from(text));
    const soon = () => new Promise((resolve) => { setImmediate(resolve); });
    const functions = {
      * source() {
        for (const chunk of chunks.slice(0, 2)) { note('gives', shown(chunk)); yield chunk; }
        if (what === 'throw') throw new Error('source');
      },
      async* async() {
        for (const chunk of chunks) {
          note('gives', shown(chunk));
          yield chunk;
          if (what === 'slow') await soon();
          else if (what === 'throw') throw new Error('async source');
        }
        note('source over');
      },
      async* stage(flow, { signal }) {
        note('begins', signal.aborted);
        if (what === 'none') return;
        if (what === 'early') yield Buffer.from('early');
        for await (const chunk of flow) {
          note('gets', shown(chunk));
          if (what === 'throw') throw new Error('stage');
          if (what === 'slow') await soon();
          yield chunk;
          if (what === 'one') break;
          if (what === 'pair') yield Buffer.from('again');
        }
        note('ends', signal.aborted);
        if (what === 'tail') yield Buffer.from('tail');
      },
      async sink(flow, { signal }) {
        note('begins', signal.aborted);
        if (what === 'ignore') return 'ignored';
        let count = 0;
        for await (const chunk of flow) {
          note('gets', shown(chunk));
          count++;
          if (what === 'throw') throw new Error('sink');
          if (what === 'slow') await soon();
          if (what === 'one') break;
        }
        note('ends', signal.aborted);
        return what === 'nothing' ? undefined : count;
      },
    };
    if (kind === 's') return this.streams[what];
    if (kind === 'list') return chunks.slice(0, what);
    return what === 'value' ? () => 5 : functions[kind];
  }

  async iterate(number, s, most, keep, label) {
    let taken = 0;
    try {
      for await (const chunk of keep ? s.iterator({ destroyOnReturn: false }) : s) {
        log(number, 'iter', label, shown(chunk), state(s));
        if (++taken === most) break;
      }
      log(number, 'iter-end', label, state(s));
    } catch (error) {
      log(number, 'iter-throw', label, shown(error));
    }
  }
}

function run(program, done) {
  const trace = [];
  log = (...record) => trace.push(record);
  process.emitWarning = () => {};
  const scenario = new Scenario(program);
  scenario.do(program.ops);
  let turns = 0;
  setImmediate(function turn() {
    if (++turns < 25) { setImmediate(turn); return; }
    scenario.budget = 0;
    done(trace);
  });
}

process.on('uncaughtException', (error) => log('uncaught', shown(error)));
const file = path.join(__dirname, 'node_traces.jsonl');
const linesOf = (name) => fs.readFileSync(name, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const extra = process.argv[2];
const records = linesOf(extra || file);
const lines = extra && fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
(function next(index) {
  if (index === records.length) { fs.writeFileSync(file, `${lines.join('\n')}\n`); return; }
  const { id, program } = records[index];
  const copy = JSON.stringify(program);
  run(program, (trace) => {
    lines.push(`{"id":${JSON.stringify(id)},"program":${copy},"node":${JSON.stringify(trace)}}`);
    setImmediate(() => next(index + 1));
  });
})(0);
