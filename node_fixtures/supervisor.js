'use strict';
// The supervisor: hands each role to a fresh Node process, in a container or beside the harness.
//
//   node supervisor.js DIR POOL
//
// DIR is shared with the harness. `DIR/lease.sock` is the harness's: the supervisor connects there at once, says hello,
// and when that connection ends, for whatever reason, it kills its children and ends. So no container and no process
// outlives a harness, not even one that was killed with SIGKILL. `DIR/roles.sock` is the supervisor's:
//
//   one connection = one role
//   →  first line: the command, a JSON object, passed on unparsed but for its deadline
//   →  further lines: replies to `kernel?` records, passed on to the role's descriptor 0
//   ←  the role's record lines, as the role wrote them
//   ←  last line: {"kind":"terminated","args":[exit code, signal],"label":stderr,"state":{"stdout":…}},
//      or {"kind":"fault","label":text} when there was no role to speak of
//   closing the connection kills the role.
//
// Each role gets a process of its own that has never run anything else. Starting Node takes tens of milliseconds, so
// POOL of them wait ready: `node stage.js`, everything loaded, blocked in a synchronous read of descriptor 0.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const DIR = process.argv[2];
const POOL = Number(process.argv[3] || 2);
const STAGE = path.join(__dirname, 'stage.js');
const KILL_AFTER_MS = 1000; // how long after its own deadline a role that does not end is killed
const TAIL = 16384; // how much of a role's stdout and stderr is kept

const ENV = {
  PATH: process.env.PATH || '/usr/local/bin:/usr/bin:/bin',
  CONFORMANCE_TRACE_FD: '3',
};

const children = new Set(); // every Node process, warm or running
const warm = []; // those that have no role yet
let shutting = false;

class Tail {
  constructor(stream) {
    this.text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      this.text = (this.text + chunk).slice(-TAIL);
    });
    stream.on('error', () => {});
  }
}

function spawnStage() {
  const child = spawn(process.execPath, [STAGE], {
    cwd: '/',
    env: ENV,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  child.trace = child.stdio[3];
  child.taken = false;
  child.failure = null;
  children.add(child);
  child.out = new Tail(child.stdout);
  child.err = new Tail(child.stderr);
  child.stdin.on('error', () => {}); // EPIPE: the role ended without reading a reply
  child.trace.on('error', () => {});
  child.on('error', (error) => {
    child.failure = error;
    children.delete(child);
  });
  child.on('exit', () => children.delete(child));
  return child;
}

function isAlive(child) {
  return child.failure === null && child.exitCode === null && child.signalCode === null;
}

function take() {
  let child = warm.shift();
  while (child !== undefined && !isAlive(child)) child = warm.shift();
  if (child === undefined) child = spawnStage();
  child.taken = true;
  return child;
}

function fill() {
  while (!shutting && warm.length < POOL) {
    const child = spawnStage();
    if (!isAlive(child)) return; // cannot be started: the next role says why
    warm.push(child);
    child.on('exit', () => {
      // Gone while it waited: forget it, and let the next role start (and report) a new one instead of spinning here.
      const index = warm.indexOf(child);
      if (index >= 0) warm.splice(index, 1);
    });
  }
}

function runRole(connection, command, rest) {
  let deadline;
  try {
    deadline = Number(JSON.parse(command.toString('utf8')).deadline_ms) || 10000;
  } catch (error) {
    fault(connection, `the command is not JSON: ${error.message}`);
    return;
  }

  const child = take();
  let spoke = false; // whether the role has written anything
  let wanted = true; // whether the harness still listens
  let overdue = false;

  const timer = setTimeout(() => {
    overdue = true;
    child.kill('SIGKILL');
  }, deadline + KILL_AFTER_MS);

  connection.on('close', () => {
    wanted = false;
    child.trace.unpipe(connection);
    child.trace.resume();
    child.kill('SIGKILL');
  });
  connection.on('data', (chunk) => child.stdin.write(chunk));
  child.trace.once('data', () => {
    spoke = true;
  });
  child.trace.pipe(connection, { end: false });
  child.stdin.write(command);
  if (rest.length > 0) child.stdin.write(rest);

  const finish = () => {
    clearTimeout(timer);
    if (!wanted) return;
    if (child.failure !== null) {
      fault(connection, `cannot start ${process.execPath}: ${child.failure.message}`);
    } else if (!spoke && !overdue) {
      const how = child.signalCode || `exit code ${child.exitCode}`;
      fault(connection, `the Node process ended before its first record (${how}): ${child.err.text.trim()}`);
    } else {
      const lines = [''];
      if (overdue) {
        lines.push(JSON.stringify({ kind: 'hung', object: null, label: 'killed', args: [deadline], state: null }));
      }
      lines.push(
        JSON.stringify({
          kind: 'terminated',
          object: null,
          label: child.err.text,
          args: [child.exitCode, child.signalCode],
          state: { stdout: child.out.text },
        }),
        ''
      );
      connection.end(lines.join('\n'));
    }
  };
  child.once('close', finish); // after the last byte of every pipe
  if (child.failure !== null) finish();
  else child.once('error', finish);
  setImmediate(fill);
}

function fault(connection, text) {
  connection.end(`\n${JSON.stringify({ kind: 'fault', label: text })}\n`);
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
  fs.rmSync(path.join(DIR, 'roles.sock'), { force: true });
  process.exit(0);
}

const server = net.createServer(onConnection);
server.on('error', (error) => {
  process.stderr.write(`supervisor: ${error.message}\n`);
  process.exit(1);
});
server.listen({ path: path.join(DIR, 'roles.sock'), backlog: 511 }, () => {
  fill();
  const lease = net.connect(path.join(DIR, 'lease.sock'));
  lease.on('connect', () => {
    lease.write(`${JSON.stringify({ pid: process.pid, versions: process.versions, arch: process.arch })}\n`);
  });
  lease.on('error', () => {});
  lease.on('close', shutDown);
  lease.resume();
});
process.on('SIGTERM', shutDown);
process.on('SIGINT', shutDown);
