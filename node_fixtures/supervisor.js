'use strict';
// The supervisor: hands each role to a fresh process of a runtime, in a container or beside the harness.
//
//   node supervisor.js DIR
//
// Node runs the supervisor; `launch.json` beside it says what runs the roles (`Launch` in
// conformance/play/subjects/supervised.py). DIR is shared with the harness and has nothing in it but two sockets. `DIR/lease.sock` is the harness's: the supervisor connects there at once, says hello,
// and when that connection ends, for whatever reason, it kills its children and ends. So no container and no process
// outlives a harness, not even one that was killed with SIGKILL. `DIR/roles.sock` is the supervisor's:
//
//   one connection = one role
//   →  first line: the command, a JSON object, passed on unparsed but for its deadline
//   →  further lines: replies to `kernel?` records, passed on to the role's descriptor 0
//   ←  the role's record lines, as the role wrote them
//   ←  last line: {"kind":"terminated","args":[exit code, signal],"label":stderr,"state":{"stdout":…}},
//      or {"kind":"fault","label":text,"stderr":…} when there was no role to speak of
//   closing the connection kills the role.
//
// With a role ends whatever it has started. The supervisor inherits the orphans of its roles, as the first process of a
// container and as a reaper of orphans beside the harness (conformance/play/subjects/confine.py).
//
// Each role gets a process of its own that has never run anything else. Starting one takes tens of milliseconds, so
// `pool` of them wait ready from the first role on (a run whose reference is kept may have none): `node stage.js`, everything
// loaded, blocked in a synchronous read of descriptor 0. No more than that are started at once, and a role's deadline begins
// when a ready process takes it: on a machine with more to do than it has cores, roles queue up here instead of timing out.
//
// A process says that it is ready with an empty line on its trace. Where the pinned Node ends before it has said anything,
// that is a fault of the machine; of any other runtime it is how the role ended, and the trace says so.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const DIR = process.argv[2];
const LAUNCH = JSON.parse(fs.readFileSync(path.join(__dirname, 'launch.json'), 'utf8'));
const END_WITHIN_MS = 2000; // how long a killed process may take to end
const KILL_AFTER_MS = 1000; // how long after its own deadline a role that does not end is killed
const HEAD = 4096; // how much of a role's stdout and stderr is kept: so much from the beginning
const TAIL = 12288; // and so much from the end

const ENV = {
  PATH: process.env.PATH || '/usr/local/bin:/usr/bin:/bin',
  ...LAUNCH.environment,
  CONFORMANCE_TRACE_FD: String(LAUNCH.trace_fd),
};

const MARK = 'CONFORMANCE_PROCESS'; // in the environment of a role's process and of all that it starts

const children = new Set(); // every process that was started for a role
const loading = new Set(); // those that are not ready yet
const ready = []; // those that block in their read
const queue = []; // roles that wait for a process: functions of the process, or of null and why there is none
let shutting = false;
let spawned = 0;
let proven = LAUNCH.trusted; // whether a process has ever become ready
let hopeless = null; // why no further process is started: the first ones never became ready

// What a stream has said: all of it, or of much the beginning and the end. The beginning has the reason where a runtime
// that aborts prints its stacks afterwards.
class Said {
  constructor(stream = null) {
    this.head = '';
    this.tail = '';
    if (stream === null) return;
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => this.add(chunk));
    stream.on('error', () => {});
  }

  add(text) {
    const room = HEAD - this.head.length;
    this.head += text.slice(0, room);
    this.tail = (this.tail + text.slice(room)).slice(-TAIL);
  }

  get text() {
    return this.tail.length < TAIL ? this.head + this.tail : `${this.head}\n…\n${this.tail}`;
  }
}

function spawnProcess() {
  spawned += 1;
  const mark = `${MARK}=${spawned}`;
  const [program, ...args] = LAUNCH.command;
  const child = spawn(program, args, {
    cwd: LAUNCH.directory,
    detached: true, // a session of its own, by which its descendants are known
    env: { ...ENV, [MARK]: spawned },
    stdio: LAUNCH.trace_fd === 3 ? ['pipe', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe'],
  });
  child.once('exit', () => endOrphans(child.pid, mark)); // they may hold the pipes, and 'close' waits for those
  child.trace = child.stdio[LAUNCH.trace_fd];
  child.late = false; // whether it was killed since it did not become ready
  children.add(child);
  loading.add(child);
  child.out = new Said(child.stdout === child.trace ? null : child.stdout);
  child.err = new Said(child.stderr);
  child.stdin.on('error', () => {}); // EPIPE: the role ended without reading a reply
  child.trace.on('error', () => {});
  const slow = setTimeout(() => {
    child.late = true;
    child.kill('SIGKILL');
  }, LAUNCH.ready_within_ms);
  // The empty line, when everything is loaded and it is about to block. What is more than that belongs to the role.
  child.trace.once('data', (chunk) => {
    clearTimeout(slow);
    child.trace.pause();
    if (chunk[0] !== 0x0a || chunk.length > 1) child.trace.unshift(chunk);
    proven = true;
    loading.delete(child);
    ready.push(child);
    serve();
  });
  child.once('error', (error) => {
    children.delete(child);
    unready(child, (connection) => fault(connection, `cannot start ${program}: ${error.message}`, ''));
  });
  child.once('close', (code, signal) => {
    clearTimeout(slow);
    children.delete(child);
    const why = (connection) => endEarly(connection, child, code, signal, 'its role');
    if (child.late && !proven) hopeless = why;
    unready(child, why);
  });
}

// Kill what a process that has ended leaves running: its children have become the supervisor's. Theirs do so in turn,
// once they are dead.
function endOrphans(session, mark) {
  killAll(() => adopted().filter((pid) => isOf(pid, session, mark)));
}

// Kill what `pids()` tells until nothing is left. It is asked once more than it seems to need: while processes end, the
// kernel's list of them may leave one out.
function killAll(pids) {
  const until = performance.now() + END_WITHIN_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < until; ) {
    const left = pids();
    quiet = left.length === 0 ? quiet + 1 : 0;
    for (const pid of left) kill(pid);
    if (left.length > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

// The children of this process that it has not made.
function adopted() {
  const own = new Set([...children].map((child) => child.pid));
  return living().filter((pid) => !own.has(pid));
}

// The children of this process that have not ended; none where the kernel does not list them.
function living() {
  try {
    const all = fs.readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').trim();
    return all === '' ? [] : all.split(' ').map(Number).filter((pid) => !hasEnded(stat(pid)));
  } catch {
    return [];
  }
}

// Whether all threads of a process have ended. Its first is a zombie before that, while the children are still its own.
function hasEnded(stat) {
  const [state, threads] = [stat[0], Number(stat[17])];
  return state === 'Z' && !(threads > 1);
}

// What the kernel tells of a process from its state on: parent, group, session, ... A zombie's state where there is none.
function stat(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
  } catch {
    return ['Z'];
  }
}

// Whether a process descends from that session: it is in it, or has the environment it was given.
function isOf(pid, session, mark) {
  try {
    if (Number(stat(pid)[3]) === session) return true;
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark);
  } catch {
    return false;
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

// A process that ended without ever having a role. The next role in the queue learns why; without one nothing is started in
// its place, so that a stage that cannot be loaded does not make the supervisor spin.
function unready(child, why) {
  const index = ready.indexOf(child);
  if (index >= 0) ready.splice(index, 1);
  else if (!loading.delete(child)) return; // it had a role
  for (const role of queue.splice(0, hopeless === null ? 1 : queue.length)) role(null, why);
  if (queue.length > 0) setImmediate(fill);
}

function fill() {
  while (!shutting && hopeless === null && loading.size + ready.length < LAUNCH.pool) spawnProcess();
}

function serve() {
  while (queue.length > 0 && ready.length > 0) queue.shift()(ready.shift());
  if (queue.length > 0 || ready.length + loading.size < LAUNCH.pool) setImmediate(fill);
}

function runRole(connection, command, rest) {
  let deadline;
  try {
    deadline = Number(JSON.parse(command.toString('utf8')).deadline_ms) || 10000;
  } catch (error) {
    fault(connection, `the command is not JSON: ${error.message}`, '');
    return;
  }

  let wanted = true; // whether the harness still listens
  connection.on('close', () => {
    wanted = false;
  });
  const replies = [rest];
  const early = (chunk) => replies.push(chunk);
  connection.on('data', early);

  if (hopeless !== null) {
    hopeless(connection);
    return;
  }
  queue.push((child, why) => {
    if (!wanted) {
      if (child) ready.unshift(child);
    } else if (child === null) {
      why(connection);
    } else {
      connection.removeListener('data', early);
      playRole(connection, child, Buffer.concat([command, ...replies]), deadline);
    }
  });
  serve();
}

// Pass a role's trace on. Where it is its stdout too, a line that no record can be is what the runtime prints there, such
// as what Deno says of an exception that nobody caught.
function passOn(child, connection) {
  if (child.trace !== child.stdout) {
    child.trace.pipe(connection, { end: false });
    return;
  }
  let line = '';
  const take = () => {
    if (line.startsWith('{')) connection.write(line, 'latin1');
    else child.out.add(Buffer.from(line, 'latin1').toString('utf8'));
    line = '';
  };
  child.trace.on('data', (chunk) => {
    const [first, ...others] = chunk.toString('latin1').split(/(?<=\n)/);
    line += first;
    for (const next of others) {
      take();
      line = next;
    }
    if (line.endsWith('\n')) take();
  });
  child.trace.once('end', take);
  child.trace.resume();
}

function playRole(connection, child, input, deadline) {
  let spoke = false; // whether the role has written anything
  let wanted = true;
  let overdue = false;

  const timer = setTimeout(() => {
    overdue = true;
    child.kill('SIGKILL');
  }, deadline + KILL_AFTER_MS);

  connection.on('close', () => {
    wanted = false;
    child.trace.unpipe(connection);
    child.trace.removeAllListeners('data');
    child.trace.resume();
    child.kill('SIGKILL');
  });
  connection.on('data', (chunk) => child.stdin.write(chunk));
  child.trace.once('data', () => {
    spoke = true;
  });
  passOn(child, connection);
  child.stdin.write(input);

  // After the last byte of every pipe.
  child.once('close', (code, signal) => {
    clearTimeout(timer);
    if (!wanted) return;
    if (overdue) end(connection, child, code, signal, { label: 'killed', args: [deadline] });
    else if (spoke) end(connection, child, code, signal);
    else endEarly(connection, child, code, signal, 'its first record');
  });
}

// The last lines of a role: that it hung, if it had to be killed, and how its process ended.
function end(connection, child, code, signal, hung = null) {
  const state = { stdout: child.out.text };
  const lines = ['']; // ends a line that a killed role did not
  if (hung !== null) lines.push(JSON.stringify({ kind: 'hung', object: null, state: null, ...hung }));
  lines.push(JSON.stringify({ kind: 'terminated', object: null, label: child.err.text, args: [code, signal], state }), '');
  connection.end(lines.join('\n'));
}

// The same where the process has not said anything before `what`.
function endEarly(connection, child, code, signal, what) {
  if (LAUNCH.trusted) {
    fault(connection, `the process ended before ${what} (${signal || `exit code ${code}`})`, child.err.text);
  } else {
    const late = { label: 'not ready', args: [LAUNCH.ready_within_ms] };
    end(connection, child, code, signal, child.late ? late : null);
  }
}

function fault(connection, text, stderr) {
  connection.end(`\n${JSON.stringify({ kind: 'fault', label: text, stderr })}\n`);
}

function onConnection(connection) {
  let received = Buffer.alloc(0);
  connection.on('error', () => {}); // the harness let go in the middle of a line; 'close' follows
  connection.on('data', function onCommand(chunk) {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf(0x0a) + 1;
    if (end === 0) return;
    connection.removeListener('data', onCommand);
    runRole(connection, received.subarray(0, end), received.subarray(end));
  });
}

function shutDown() {
  if (shutting) return;
  shutting = true;
  for (const child of children) child.kill('SIGKILL');
  killAll(living); // with the roles dead, what they have started is here
  fs.rmSync(path.join(DIR, 'roles.sock'), { force: true });
  process.exit(0);
}

const server = net.createServer(onConnection);
server.on('error', (error) => {
  process.stderr.write(`supervisor: ${error.message}\n`);
  process.exit(1);
});
server.listen({ path: path.join(DIR, 'roles.sock'), backlog: 511 }, () => {
  const lease = net.connect(path.join(DIR, 'lease.sock'));
  // Which kernel and which network: a container must share both with the roles outside it.
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const network = fs.readlinkSync('/proc/self/ns/net');
  lease.on('connect', () => {
    const { pid, versions, arch } = process;
    lease.write(`${JSON.stringify({ pid, versions, arch, boot, network })}\n`);
  });
  lease.on('error', () => {});
  lease.on('close', shutDown);
  lease.resume();
});
process.on('SIGTERM', shutDown);
process.on('SIGINT', shutDown);
